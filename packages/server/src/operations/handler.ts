/**
 * A handler of the control API. It takes the principal or scope, the parsed input, its dependencies and the call, and
 * returns the output. A write does its work inside `call.commit`, and what it returns proves so: the effect, its audit row
 * and the answer kept for its Idempotency-Key are one transaction.
 */
import type { Readable } from 'node:stream';
import type { Body, Operation, Output, Params, Query } from '@tulou/contract';
import type { AllowedClass } from '../http/address-guard.ts';
import { assert } from '../kernel/assert.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import type { Store, SystemTx, TenantTx } from '../store/store.ts';
import type { Principal } from '../tenancy/principal.ts';
import type { TenantScope } from '../tenancy/scope.ts';

/** The dependencies of every handler. The handlers of a plane may ask for more, which the plane gives them (`bind`). */
export interface Deps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly platformUrl: string;
  readonly gatewayUrl: string;
  /** Classes of addresses, beside public ones, that the platform may connect to for a tenant. */
  readonly upstreamAllow: readonly AllowedClass[];
  /** Host names and mail domains count without proof of ownership. */
  readonly unprovenHosts: boolean;
}

export interface Input<O extends Operation> {
  readonly params: Params<O>;
  readonly query: Query<O>;
  readonly body: Body<O>;
}

/** The result of a write. `before` and `after` go through the output schema of `<noun>.get`, so that no secret gets into the audit. */
export interface Written<T> {
  readonly output: T;
  /** Id of the object that was written. */
  readonly target: string;
  readonly before: object | null;
  readonly after: object | null;
}

/** A write of the platform also says whose audit trail it belongs to; null: no tenant's, and the log has it. */
export interface PlatformWritten<T> extends Written<T> {
  readonly tenantUuid: string | null;
}

declare const committed: unique symbol;
/** The output of a write whose transaction has been committed. Only `call.commit` makes one. */
export interface Committed<T> {
  readonly output: T;
  readonly [committed]: true;
}

interface AnyCall {
  readonly requestId: string;
  /** Address of the caller's socket. */
  readonly address: string;
  /** The media types that the caller accepts, as it says them; empty where it says nothing. */
  readonly accept: string;
  /**
   * Holds the object, as read and locked in this transaction, against `If-Match`; throws `precondition_failed`. Every
   * handler of PATCH, PUT and DELETE calls it before it writes.
   */
  expect(current: object): void;
}

export interface ReadCall extends AnyCall {
  readonly commit?: never;
}

export interface TenantCall extends AnyCall {
  /** Runs the write in one transaction of the tenant. Called at most once. */
  commit<T>(work: (tx: TenantTx) => Promise<Written<T>>): Promise<Committed<T>>;
}

export interface PlatformCall extends AnyCall {
  /** Runs the write in one transaction of the platform. Called at most once. */
  commit<T>(work: (tx: SystemTx) => Promise<PlatformWritten<T>>): Promise<Committed<T>>;
}

type IsTenant<O extends Operation> = O['path'] extends `/tenants/{tenant}${string}` ? true : false;
type Actor<O extends Operation> = IsTenant<O> extends true ? TenantScope : Principal;
type CallOf<O extends Operation> = O['method'] extends 'GET'
  ? ReadCall
  : IsTenant<O> extends true
    ? TenantCall
    : PlatformCall;
type Result<O extends Operation> = O['output'] extends undefined
  ? O['method'] extends 'GET'
    ? Readable | Verbatim
    : Committed<undefined>
  : O['method'] extends 'GET'
    ? Output<O>
    : Committed<Output<O>>;

/** A text that is answered as it is, with its own media type. */
export class Verbatim {
  readonly type: string;
  readonly text: string;

  constructor(type: string, text: string) {
    this.type = type;
    this.text = text;
  }
}

/** The handler of an operation: its first argument is the tenant's scope, or the caller where no tenant is in the path. */
export type Handler<O extends Operation, D = Deps> = (
  actor: Actor<O>,
  input: Input<O>,
  deps: D,
  call: CallOf<O>,
) => Promise<Result<O>>;

interface AnyInput {
  readonly params: object;
  readonly query: object;
  readonly body: unknown;
}

/** A line of a plane's table of operations. */
export interface Binding<D = Deps> {
  readonly operation: Operation;
  readonly handler: (
    actor: TenantScope | Principal,
    input: AnyInput,
    deps: D,
    call: TenantCall | PlatformCall,
  ) => Promise<unknown>;
}

/** A line with its dependencies: what the dispatcher calls. */
export interface Bound {
  readonly operation: Operation;
  readonly handler: (
    actor: TenantScope | Principal,
    input: AnyInput,
    call: TenantCall | PlatformCall,
  ) => Promise<unknown>;
}

/** Binds an operation of the contract to its handler. */
export function on<O extends Operation, D = Deps>(operation: O, handler: Handler<O, D>): Binding<D> {
  assert(
    (operation.output === undefined) === (operation.stream !== undefined || operation.status === 204),
    `${operation.id}: an output, a stream or 204`,
  );
  // The types of the pair are checked above; the dispatcher, which goes over all lines alike, parses before it calls.
  return { operation, handler: handler as unknown as Binding<D>['handler'] };
}

/** Gives a plane's table its dependencies. Where a table of one noun is locked, the operations of others find connections. */
export function bind<D extends { readonly store: Store }>(deps: D, bindings: readonly Binding<D>[]): readonly Bound[] {
  return bindings.map(({ operation, handler }) => {
    const own = { ...deps, store: deps.store.share(nounOf(operation)) };
    return { operation, handler: (actor, input, call) => handler(actor, input, own, call) };
  });
}

/** The noun of an operation: `plans` of `plans.update`. */
export const nounOf = ({ id }: Operation): string => id.split('.')[0] ?? '';

/** Whether an operation is a tenant's: its path names one. */
export const isTenantOperation = (operation: Operation): boolean =>
  /^\/tenants\/\{tenant\}(?:\/|$)/.test(operation.path);

/** Whether an operation changes something. */
export const isWrite = (operation: Operation): boolean => operation.method !== 'GET';
