/** The events that identity's pages record in tenants' audit trails. */
import type { TenantTx } from '../store/store.ts';

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
export type Audit = (tx: TenantTx, tenantUuid: string, fact: Fact) => Promise<void>;
