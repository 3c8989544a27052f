/** The purge of a deleted tenant after its grace period. Only a tombstone in the directory remains. */
import type { Store, SystemTx } from '../../store/store.ts';
import { tablesNamingTenants, tenantTables } from '../../store/tenant-tables.ts';
import type { Purge, WorkGround } from '../../operations/plane.ts';
import { forgetObjects } from '../../snapshot/forget.ts';
import type { Work } from '../../store/job.ts';

const rowsAtOnce = 5000;

/** Purges one tenant whose grace period is over. After an interruption it begins again, because every step can be repeated. */
export const purgeTenants: Work<WorkGround> = async ({ store, clock, log, purges }, mark) => {
  const now = new Date(clock.now());
  const due = await store.system('tenants whose grace is over', async ({ sql }) => {
    return sql<{ tenant_id: string }[]>`
      select tenant_id from tenants where delete_at <= ${now} and purged_at is null order by delete_at limit 2`;
  });
  const [first] = due;
  if (first === undefined) return { mark, more: false };
  await store.system('others lose what they had with a purged tenant', (tx) =>
    leaveOthers(tx, first.tenant_id, purges()),
  );
  await deleteRows(store, first.tenant_id);
  await store.system(
    'a purged tenant leaves a tombstone',
    ({ sql }) => sql`
    update tenants set purged_at = ${now}, name = '', updated_at = ${now} where tenant_id = ${first.tenant_id}`,
  );
  log.info({ tenant: first.tenant_id }, 'tenant purged');
  return { mark, more: due.length > 1 };
};

/** Deletes all rows of a tenant in all tenant tables, in batches. Rows that refer to other rows are deleted first. */
export async function deleteRows(store: Store, tenantUuid: string): Promise<void> {
  const tables = await store.system('which tables hold rows of tenants', tenantTables);
  for (const { name, primaryKey } of tables.toReversed()) {
    if (name === 'tenants') continue;
    for (let count = rowsAtOnce; count === rowsAtOnce;) {
      count = await store.system('rows of a purged tenant', async ({ sql }) => {
        const key = sql([...primaryKey]);
        const { count: deleted } = await sql`
          delete from ${sql(name)} where tenant_id = ${tenantUuid}
            and (${key}) in (select ${key} from ${sql(name)} where tenant_id = ${tenantUuid} limit ${rowsAtOnce})`;
        return deleted;
      });
    }
  }
}

/** Ends the relations of the tenant to others: relations that planes keep, host names, catalog entries and snapshot objects. */
async function leaveOthers(tx: SystemTx, tenantUuid: string, purges: readonly Purge[]): Promise<void> {
  for (const purge of purges) await purge(tx, tenantUuid);
  for (const name of await tablesNamingTenants(tx)) {
    if (name !== 'snapshot_objects') await tx.sql`delete from ${tx.sql(name)} where tenant = ${tenantUuid}`;
  }
  forgetObjects(tx, tenantUuid);
}
