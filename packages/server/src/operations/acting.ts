/** Operations done for people who have signed in at a page of the platform, the way that they are done for tokens. */
import { Problem, type Operation, type Output } from '@tulou/contract';
import type { z } from 'zod';
import { must } from '../kernel/assert.ts';
import type { HttpRequest } from '../http/message.ts';
import { carryOut, compileBinding, identifyPerson } from './dispatch.ts';
import type { ControlDeps } from './handler.ts';
import { bindings } from '../control/operations.ts';

export interface Actor {
  readonly user: string;
  readonly address: string;
  readonly requestId: string;
}

export interface Wish<O extends Operation> {
  readonly params: z.input<O['params']>;
  readonly query?: z.input<O['query']>;
  readonly body?: O['body'] extends z.ZodType ? z.input<O['body']> : never;
}

/**
 * The person's role in the tenant of the path is what counts, as for a token of theirs. Throws `Problem`: `not_found` where
 * they are no member.
 */
export function openActing(
  deps: ControlDeps,
): <O extends Operation>(actor: Actor, operation: O, wish: Wish<O>) => Promise<Output<O>> {
  const compiled = new Map(bindings.map((binding) => [binding.operation.id, compileBinding(binding, bindings)]));
  return async (actor, operation, wish) => {
    const one = must(compiled.get(operation.id), `${operation.id} is in the table`);
    const request = requestOf(operation, actor, wish);
    const params = wish.params as Readonly<Record<string, string>>;
    const identified = await identifyPerson(operation, actor.user, params, deps);
    const { body } = await carryOut(one, request, params, identified, deps);
    if (body !== undefined && typeof body !== 'string') throw new Problem('internal');
    return (body === undefined ? undefined : JSON.parse(body)) as Output<typeof operation>;
  };
}

function requestOf(operation: Operation, { address, requestId }: Actor, wish: Wish<Operation>): HttpRequest {
  const query = Object.entries(wish.query ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
  const never = new AbortController().signal;
  return {
    method: operation.method,
    path: operation.path,
    query: new URLSearchParams(query),
    requestId,
    address,
    header: () => undefined,
    body: () => Promise.resolve(Buffer.from(JSON.stringify(wish.body ?? {}))),
    gone: never,
    draining: never,
  };
}
