/** From the arguments of an operation's command to the call: parameters, query, body. */
import type { Operation } from '@tulou/contract';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import type { Call } from '../client.ts';
import { flagOf, type Arguments } from '../command.ts';
import { readText } from '../contexts.ts';
import { Failure, usageFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { say, type Text } from '../language/say.ts';
import { schemaOf, shapeOf } from '../schema.ts';
import { fieldsOf, flagName, setPath, valueOfFlag, type Field } from './fields.ts';
import { isWrite, paramsOf, pathOf } from './registry.ts';

export const operationHelp = (operation: Operation): Text => say`See "tulou ${commandOf(operation)} --help".`;

const commandOf = (operation: Operation): string => operation.id.replace('.', ' ');

/** Builds the call. Throws `usage` for a missing or invalid argument. */
export async function callOf(operation: Operation, args: Arguments, io: Io): Promise<Call> {
  const path = callPath(operation, args);
  const query = queryOf(operation, args);
  const body = await bodyOf(operation, args, io);
  const ifMatch = flagOf(args, 'if-match');
  const key = flagOf(args, 'idempotency-key');
  return {
    method: operation.method,
    path,
    query,
    ...(body === undefined ? {} : { body }),
    ...(ifMatch === undefined ? {} : { ifMatch: quoted(ifMatch) }),
    ...(key === undefined || !isWrite(operation) ? {} : { idempotencyKey: key }),
  };
}

/** An entity tag is a quoted text (RFC 9110 §8.8.3); shells remove the quotes. */
const quoted = (tag: string): string => (tag === '*' || tag.includes('"') ? tag : `"${tag}"`);

/** Parameters given as options are fixed. Positional arguments fill the others, in the order of the path. */
export function pathParams(operation: Operation, args: Arguments): Map<string, string> {
  const params = new Map<string, string>();
  const places = [...args.positionals];
  for (const name of paramsOf(operation)) {
    const value = flagOf(args, flagName(name)) ?? places.shift();
    if (value !== undefined) params.set(name, value);
  }
  if (places.length === 0) return params;
  throw usageFailure(
    say`"${String(places[0])}" is one argument too many: every path parameter is given.`,
    operationHelp(operation),
  );
}

function callPath(operation: Operation, args: Arguments): string {
  const result = pathOf(operation, pathParams(operation, args));
  if ('path' in result) return result.path;
  const names = paramsOf(operation)
    .map((name) => `<${name}>`)
    .join(' ');
  throw usageFailure(
    say`Missing argument: ${result.wrong}. "tulou ${commandOf(operation)}" takes ${names}.`,
    say`Give the arguments in this order, or as options such as --${flagName(result.wrong)}. ${operationHelp(operation)}`,
  );
}

function queryOf(operation: Operation, args: Arguments): URLSearchParams {
  const query = new URLSearchParams();
  for (const field of fieldsOf(schemaOf(operation.query, 'input'))) {
    const value = given(field, args);
    if (value !== undefined) query.set(field.field, Array.isArray(value) ? value.join(',') : String(value));
  }
  return query;
}

function given(field: Field, args: Arguments): unknown {
  const name = flagName(field.field);
  if (field.shape.kind === 'boolean') return args.switches.get(name);
  const texts = args.flags.get(name);
  return texts === undefined ? undefined : valueOfFlag(field, texts);
}

/** `--file`, then options, then `--set`: later ones override. */
async function bodyOf(operation: Operation, args: Arguments, io: Io): Promise<unknown> {
  if (operation.body === undefined) return undefined;
  const schema = schemaOf(operation.body, 'input');
  const body = await bodyFile(args, io);
  const params = paramsOf(operation);
  for (const field of fieldsOf(schema).filter((one) => !params.includes(one.field))) {
    const value = isDocument(field) ? await documentOf(field, args, io) : given(field, args);
    if (value !== undefined) body[field.field] = value;
  }
  for (const assignment of args.flags.get('set') ?? []) setPath(body, assignment, schema);
  const missing = fieldsOf(schema).filter((field) => field.required && !(field.field in body));
  if (missing.length === 0) return body;
  const flags = missing.map((field) => `--${flagName(field.field)}`).join(', ');
  throw usageFailure(say`Missing options: ${flags}.`, operationHelp(operation));
}

async function bodyFile(args: Arguments, io: Io): Promise<Record<string, unknown>> {
  const path = flagOf(args, 'file');
  if (path === undefined) return {};
  const text = await textOf(path, io);
  const value = parsed(text, path);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new Failure(say`${path} does not contain an object`, {
    exit: 'data',
    help: 'The file must be YAML or JSON with the fields of the body.',
  });
}

function parsed(text: string, path: string): unknown {
  try {
    return parse(text, { logLevel: 'error' }) as unknown;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Failure(say`${path} is neither YAML nor JSON`, { exit: 'data', detail });
  }
}

/** Whether the field takes a whole document, as text or as an object: its option names a file. */
export function isDocument(field: Field): boolean {
  const kinds = field.shape.alternatives.map((one) => shapeOf(one).kind);
  return kinds.includes('string') && kinds.includes('object');
}

async function documentOf(field: Field, args: Arguments, io: Io): Promise<string | null | undefined> {
  const value = flagOf(args, flagName(field.field));
  if (value === undefined) return undefined;
  return value === 'null' && field.shape.nullable ? null : textOf(value.replace(/^@/, ''), io);
}

/** The text of a file; `-` is the standard input. */
const textOf = (path: string, io: Io): Promise<string> =>
  path === '-' ? io.stdin.text() : readText(resolve(io.cwd, path), io);
