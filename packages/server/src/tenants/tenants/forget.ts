import type { Work } from '../../store/job.ts';
import { deleteRows } from './purge.ts';

/** A slug stays reserved for this time after the purge of its tenant, so that its old callers do not reach another tenant. */
const slugQuarantineDays = 90;

/** Deletes the tombstone of a tenant, and rows that arrived for it after the purge. Its slug becomes available again. */
export const forgetTenants: Work = async ({ store, clock }, mark) => {
  const before = new Date(clock.now() - slugQuarantineDays * 86_400_000);
  const due = await store.system('tombstones that have served', async ({ sql }) => {
    return sql<{ tenant_id: string }[]>`select tenant_id from tenants where purged_at <= ${before} limit 100`;
  });
  for (const { tenant_id: tenantUuid } of due) {
    await deleteRows(store, tenantUuid);
    await store.system('a tombstone is removed', ({ sql }) => sql`delete from tenants where tenant_id = ${tenantUuid}`);
  }
  return { mark, more: due.length === 100 };
};
