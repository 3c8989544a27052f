/** The operation tables of the contract, as the command line sees them. */
import type { Operation } from '@tulou/contract';
import { operations as tables } from '@tulou/contract/operations/index';
import { propertiesOf, schemaOf, type Schema } from '../schema.ts';

/** Every operation, in the order of the tables. */
export const allOperations: readonly Operation[] = Object.values(tables).flatMap((table) =>
  Object.values<Operation>(table),
);

export const nounOf = (operation: Operation): string => operation.id.split('.')[0] ?? '';
export const verbOf = (operation: Operation): string => operation.id.split('.')[1] ?? '';

/** The names in the path's braces, in order. */
export const paramsOf = (operation: Operation): string[] =>
  [...operation.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');

/** Whether it changes something. */
export const isWrite = (operation: Operation): boolean => operation.method !== 'GET';

/** Whether what it removes does not come back by the opposite command. */
export const isDestructive = (operation: Operation): boolean => operation.method === 'DELETE';

/** The schema of one item where the answer is a page of them or holds a list of them. */
export function itemSchemaOf(output: Schema): Schema | undefined {
  return propertiesOf(output)['items']?.items;
}

/** Whether the answers come in pages that `next` chains. */
export function isPaged(operation: Operation): boolean {
  const output = operation.output === undefined ? {} : schemaOf(operation.output, 'output');
  return itemSchemaOf(output) !== undefined && 'next' in propertiesOf(output) && 'cursor' in operation.query.shape;
}

/**
 * The path of a call, each parameter encoded. Where a parameter is missing, the result names it instead. A value that a
 * URL would read as a step (`..`) is none.
 */
export function pathOf(
  operation: Operation,
  params: ReadonlyMap<string, string>,
): { path: string } | { wrong: string } {
  const wrong = paramsOf(operation).find((name) => /^\.{0,2}$/.test(params.get(name) ?? ''));
  if (wrong !== undefined) return { wrong };
  return {
    path: operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params.get(name) ?? '')),
  };
}

/** Whether the answer is a file; a document is printed. */
export const isFile = (operation: Operation): boolean =>
  operation.stream !== undefined && operation.stream !== 'application/json';

/** Whether the answer is a document, printed as it was sent. */
export const isDocument = (operation: Operation): boolean => operation.stream === 'application/json';
