/** How often a tenant may deploy: each revision costs hosts a download, an unpacking and a start. */
import { limits } from '@tulou/contract';
import { Refusal } from '../../http/refusal.ts';
import type { TenantTx } from '../../store/store.ts';

const hourMs = 3_600_000;

/** Throws `too_many_requests` where the tenant has made its revisions of an hour, with the time until the next one. */
export async function holdDeploys({ sql, tenantUuid }: TenantTx, nowMs: number): Promise<void> {
  const [row] = await sql<{ made: number; first: Date | null }[]>`
    select count(*)::int as made, min(created_at) as first from revisions
    where tenant_id = ${tenantUuid} and created_at > ${new Date(nowMs - hourMs)}`;
  if (row === undefined || row.first === null || row.made < limits.revisionsPerHourMax) return;
  const waitMs = row.first.getTime() + hourMs - nowMs;
  throw new Refusal('too_many_requests', waitMs, `at most ${limits.revisionsPerHourMax} revisions of a tenant an hour`);
}
