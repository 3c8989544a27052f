/** The operation tables of the contract, for the command line. */
import type { Operation } from '@tulou/contract';
import { operations as tables } from '@tulou/contract/operations/index';
import { summaryIn } from '@tulou/contract/operations/zh';
import { inLanguage, type Text } from '../language/say.ts';
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

/** The summary in the language of the user. */
export const summaryOf =
  (operation: Operation): Text =>
  (language) =>
    summaryIn(operation, language);

/** The first clause of the summary: `Delete an API`. */
export const titleOf =
  (operation: Operation): Text =>
  (language) =>
    inLanguage(summaryOf(operation), language)
      .split(/[:;,.(：；，。（]/)[0]
      ?.trim() ?? '';

/** Whether it changes something. */
export const isWrite = (operation: Operation): boolean => operation.method !== 'GET';

/** Whether it removes something for good. */
export const isDestructive = (operation: Operation): boolean => operation.method === 'DELETE';

/** The schema of one item, if the answer contains a list of them. */
export function itemSchemaOf(output: Schema): Schema | undefined {
  return propertiesOf(output)['items']?.items;
}

/** Whether the answer is one page of several. */
export function isPaged(operation: Operation): boolean {
  const output = operation.output === undefined ? {} : schemaOf(operation.output, 'output');
  return itemSchemaOf(output) !== undefined && 'next' in propertiesOf(output) && 'cursor' in operation.query.shape;
}

/**
 * The path of a call, with each parameter encoded. If a parameter is missing, the result names it instead. A value that is
 * a path step in a URL (`..`) counts as missing.
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
