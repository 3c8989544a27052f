/** Writes one entry at the end of a tenant's chain, in the transaction of what it tells of. */
import type { Id } from '@tulou/contract';
import { must } from '../../kernel/assert.ts';
import type { SystemTx, TenantTx } from '../../store/store.ts';
import { chainHash, imageOf, type ChainRow } from './chain.ts';

export interface AuditFact {
  readonly id: Id<'audit'>;
  readonly at: Date;
  readonly actor: string;
  readonly operation: string;
  readonly target: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly reason: string | null;
  readonly address: string;
  readonly requestId: string;
}

/** Appends. Locks the head of the chain until the transaction ends, so call it last. */
export async function appendAudit(tx: TenantTx | SystemTx, tenantUuid: string, fact: AuditFact): Promise<void> {
  const [head] = await tx.sql<{ seq: number; hash: string }[]>`
    select seq, hash from audit_heads where tenant_id = ${tenantUuid} for update`;
  const { seq, hash: previous } = must(head, 'a tenant has a head of its audit chain');
  const row: ChainRow = { ...fact, seq: seq + 1, before: imageOf(fact.before), after: imageOf(fact.after) };
  const hash = chainHash(previous, row);
  await Promise.all([
    tx.sql`
      insert into audit
        (tenant_id, seq, id, at, actor, operation, target, before, after, reason, address, request_id, hash)
      values (
        ${tenantUuid}, ${row.seq}, ${row.id}, ${row.at}, ${row.actor}, ${row.operation}, ${row.target},
        ${row.before}, ${row.after}, ${row.reason}, ${row.address}, ${row.requestId}, ${hash}
      )`,
    tx.sql`update audit_heads set seq = ${row.seq}, hash = ${hash} where tenant_id = ${tenantUuid}`,
  ]);
}
