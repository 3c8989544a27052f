import type { Work } from '../../store/job.ts';
import { deleteRows } from './purge.ts';

/** So long a slug leads to nobody after its tenant is gone: callers that still have it must not reach another tenant. */
const slugQuarantineDays = 90;

/** Removes the tombstone of a tenant, with what may have come in for it after it was purged; its slug is free again. */
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
