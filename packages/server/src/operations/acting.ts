/** Operations of the control API, done for users who have signed in at a page of the platform. */
import { Problem, type Operation, type Output } from '@tulou/contract';
import type { z } from 'zod';
import { must } from '../kernel/assert.ts';
import type { HttpRequest } from '../http/message.ts';
import type { Compiled } from './compiled.ts';
import { carryOut, identifyPerson, type DispatchDeps } from './dispatch.ts';

/** A user who has signed in, and the request in which they act. */
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
 * Does an operation with the user's role in the tenant that it names, audited like every other. Throws `Problem`:
 * `not_found` also where they are no member.
 */
export type Act = <O extends Operation>(actor: Actor, operation: O, wish: Wish<O>) => Promise<Output<O>>;

/** `table` is asked for at each call: pages are opened before all planes have given their operations. */
export function openActing(table: () => ReadonlyMap<string, Compiled>, deps: DispatchDeps): Act {
  return async (actor, operation, wish) => {
    const one = must(table().get(operation.id), `${operation.id} is in the table`);
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
    addField: () => undefined,
    body: () => Promise.resolve(Buffer.from(JSON.stringify(wish.body ?? {}))),
    gone: never,
    draining: never,
  };
}
