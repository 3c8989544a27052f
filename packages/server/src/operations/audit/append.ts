/** Writes one entry at the end of a tenant's chain, in the transaction of the change that it records. */
import type { Id } from '@tulou/contract';
import { assert } from '../../kernel/assert.ts';
import type { SystemTx, TenantTx } from '../../store/store.ts';
import { canonicalFact, chainStart, imageOf, type ChainFact } from './chain.ts';

export interface AuditFact extends Omit<ChainFact, 'before' | 'after'> {
  readonly id: Id<'audit'>;
  readonly before: unknown;
  readonly after: unknown;
}

/**
 * Appends. Locks the head of the chain until the transaction ends, so call it last. PostgreSQL computes the hash (as
 * `chainHash` does): what it needs of the head is known only under the lock, and one statement is one round trip.
 */
export async function appendAudit(tx: TenantTx | SystemTx, tenantUuid: string, fact: AuditFact): Promise<void> {
  const row: ChainFact = { ...fact, before: imageOf(fact.before), after: imageOf(fact.after) };
  const { count } = await tx.sql`
    with head as (
      update audit_heads
      set seq = seq + 1,
        hash = translate(rtrim(encode(
          sha256(convert_to(hash || (seq + 1)::text || ${canonicalFact(row)}::text, 'UTF8')), 'base64'), '='), '+/', '-_')
      where tenant_id = ${tenantUuid}
      returning seq, hash
    )
    insert into audit
      (tenant_id, seq, id, at, actor, operation, target, before, after, reason, address, request_id, hash)
    select ${tenantUuid}, head.seq, ${row.id}, ${row.at}, ${row.actor}, ${row.operation}, ${row.target},
      ${row.before}, ${row.after}, ${row.reason}, ${row.address}, ${row.requestId}, head.hash
    from head`;
  assert(count === 1, 'a tenant has a head of its audit chain');
}

/** Begins the chain of a new tenant. */
export async function beginAudit({ sql }: SystemTx, tenantUuid: string): Promise<void> {
  await sql`insert into audit_heads (tenant_id, seq, hash) values (${tenantUuid}, 0, ${chainStart(tenantUuid)})`;
}
