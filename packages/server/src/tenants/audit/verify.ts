import type { audit } from '@tulou/contract/operations/audit';
import { must } from '../../kernel/assert.ts';
import type { TenantTx } from '../../store/store.ts';
import type { Handler } from '../../operations/handler.ts';
import { chainHash, chainStart } from '../../operations/audit/chain.ts';
import type { AuditRow } from '../../operations/audit/entry.ts';

const rowsAtOnce = 1000;

/** Recomputes the chain from its start, in one snapshot of the database, and compares it with its head. */
export const verifyAudit: Handler<typeof audit.verify> = (scope, _input, { store }) =>
  store.tenant(scope, async (tx) => {
    await tx.sql`set transaction isolation level repeatable read`;
    const [row] = await tx.sql<{ seq: number; hash: string }[]>`
      select seq, hash from audit_heads where tenant_id = ${scope.tenantUuid}`;
    const head = must(row, 'a tenant has a head of its audit chain');
    const { brokenAt, last, hash } = await follow(tx);
    const ends = last === head.seq && hash === head.hash;
    const broken = brokenAt ?? (ends ? null : Math.min(last, head.seq) + (last === head.seq ? 0 : 1));
    return { holds: broken === null, entries: last, broken_at: broken, head: head.hash };
  });

/** Follows the chain to its end, or to the first entry that does not fit. */
async function follow(tx: TenantTx): Promise<{ brokenAt: number | undefined; last: number; hash: string }> {
  let hash = chainStart(tx.tenantUuid);
  let last = 0;
  const rows = tx.sql<AuditRow[]>`
    select * from audit where tenant_id = ${tx.tenantUuid} order by seq`.cursor(rowsAtOnce);
  for await (const batch of rows) {
    for (const { request_id: requestId, ...row } of batch) {
      hash = chainHash(hash, row.seq, { ...row, requestId });
      if (row.seq !== last + 1 || row.hash !== hash) return { brokenAt: last + 1, last, hash };
      last = row.seq;
    }
  }
  return { brokenAt: undefined, last, hash };
}
