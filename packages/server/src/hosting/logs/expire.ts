import { limits } from '@tulou/contract';
import type { Work } from '../../store/job.ts';
import type { SystemTx } from '../../store/store.ts';

const rowsAtOnce = 20_000;
const tenantsAtOnce = 50;

/** Removes lines past their retention, and the oldest lines of tenants that have more than their share. */
export const expireLogs: Work = ({ store, clock }, mark) =>
  store.system('lines of services beyond their retention', async (tx) => {
    const oldest = new Date(clock.now() - limits.logHours * 3_600_000);
    const { count } = await tx.sql`
      delete from service_logs
      where (tenant_id, service_id, batch, n) in (
        select tenant_id, service_id, batch, n from service_logs where at < ${oldest} limit ${rowsAtOnce})`;
    const trimmed = await trim(tx);
    return { mark, more: count >= rowsAtOnce || trimmed >= tenantsAtOnce };
  });

async function trim({ sql }: SystemTx): Promise<number> {
  const crowded = await sql<{ tenant: string }[]>`
    select tenant_id as tenant from service_logs group by tenant_id having count(*) > ${limits.logLinesPerTenantMax}
    limit ${tenantsAtOnce}`;
  for (const { tenant } of crowded) {
    await sql`
      delete from service_logs where tenant_id = ${tenant} and batch <= (
        select batch from service_logs where tenant_id = ${tenant}
        order by batch desc offset ${limits.logLinesPerTenantMax} limit 1)`;
  }
  return crowded.length;
}
