/** From a handler's output to the answer. */
import { Readable } from 'node:stream';
import type { Operation } from '@tulou/contract';
import { assert, must } from '../kernel/assert.ts';
import type { HttpAnswer } from '../http/message.ts';
import type { Compiled } from './compiled.ts';
import { etagOf } from './etag.ts';
import { Verbatim } from './handler.ts';
import type { KeptAnswer } from './idempotency.ts';

type PathParams = Readonly<Record<string, string>>;

/** Everything an operation answers goes through its schema: a field that the contract does not name is not sent. */
export function render(compiled: Compiled, params: PathParams, output: unknown): KeptAnswer {
  const { operation, resource } = compiled;
  if (operation.output === undefined) return { status: operation.status, headers: {}, body: undefined };
  const value = operation.output.parse(output);
  return {
    status: operation.status,
    headers: {
      'content-type': 'application/json',
      ...tagOf(compiled, value),
      ...(operation.status === 201 ? { location: locationOf(resource, params, value) } : {}),
    },
    body: JSON.stringify(value),
  };
}

/** The tag of the object as `<noun>.get` shows it: a write may answer with more than that. */
function tagOf({ operation, resource }: Compiled, value: unknown): Readonly<Record<string, string>> {
  if (resource.output === undefined) return {};
  if (operation.output === resource.output) return { etag: etagOf(resource.output, value) };
  const noun = operation.method === 'GET' ? undefined : resource.output.safeParse(value);
  return noun?.success === true ? { etag: etagOf(resource.output, noun.data) } : {};
}

/** The answer of a read, which may be a stream. */
export function renderRead(compiled: Compiled, params: PathParams, output: unknown): HttpAnswer {
  const { operation } = compiled;
  if (operation.stream === undefined) return toAnswer(render(compiled, params, output));
  if (output instanceof Verbatim)
    return { status: operation.status, headers: { 'content-type': output.type }, body: output.text };
  assert(output instanceof Readable, `${operation.id} answers with a stream`);
  return { status: operation.status, headers: { 'content-type': operation.stream }, body: output };
}

export function toAnswer({ body, ...head }: KeptAnswer): HttpAnswer {
  return body === undefined ? head : { ...head, body };
}

/** Where the new object is read: the path of `<noun>.get`, with the object's id last. */
function locationOf(resource: Operation, params: PathParams, value: unknown): string {
  const { id } = value as { id?: unknown };
  assert(typeof id === 'string', `${resource.id}: what is created has an id`);
  const names = [...resource.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  const last = names.at(-1);
  const path = resource.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(name === last ? id : must(params[name], `${resource.id} needs ${name}`)),
  );
  return `/api/v1${path}`;
}
