/** What identity's pages need from whoever keeps tenants' objects: to do there what a person decides, as that person. */
import type { Operation, Output } from '@tulou/contract';
import type { z } from 'zod';
import type { SystemTx } from '../store/store.ts';

/** A person who has signed in here, at a page of ours. */
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
 * Does an operation of the control API with the person's role in the tenant that it names, audited like every other. Throws
 * `Problem`: `not_found` also where they are no member.
 */
export type Act = <O extends Operation>(actor: Actor, operation: O, wish: Wish<O>) => Promise<Output<O>>;

export interface Fact {
  /** A member's id, or the person's where they are none. */
  readonly actor: string;
  readonly operation: string;
  readonly target: string;
  readonly before: object | null;
  readonly after: object | null;
  readonly address: string;
  readonly requestId: string;
}

/** Writes what happened to a tenant at a page of ours into its audit trail, with the transaction. Call it last. */
export type Audit = (tx: SystemTx, tenantUuid: string, fact: Fact) => Promise<void>;
