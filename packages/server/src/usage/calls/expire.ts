import { limits } from '@tulou/contract';
import type { Work } from '../../store/job.ts';
import type { SystemTx } from '../../store/store.ts';

const rowsAtOnce = 20_000;
const tenantsAtOnce = 50;

/** Removes records past their retention, and the oldest of tenants that have more than their share. */
export const expireCalls: Work = ({ store, clock }, mark) =>
  store.system('records of calls beyond their retention', async (tx) => {
    const oldest = new Date(clock.now() - limits.callHours * 3_600_000);
    const { count } = await tx.sql`
      delete from calls
      where (tenant_id, id) in (select tenant_id, id from calls where at < ${oldest} limit ${rowsAtOnce})`;
    await tx.sql`delete from calls_left_out where at < ${oldest}`;
    const trimmed = await trim(tx);
    return { mark, more: count >= rowsAtOnce || trimmed >= tenantsAtOnce };
  });

async function trim({ sql }: SystemTx): Promise<number> {
  const crowded = await sql<{ tenant: string }[]>`
    select tenant_id as tenant from calls group by tenant_id having count(*) > ${limits.callsPerTenantMax}
    limit ${tenantsAtOnce}`;
  for (const { tenant } of crowded) {
    await sql`
      delete from calls where tenant_id = ${tenant} and (batch, id) <= (
        select batch, id from calls where tenant_id = ${tenant}
        order by batch desc, id desc offset ${limits.callsPerTenantMax} limit 1)`;
  }
  return crowded.length;
}
