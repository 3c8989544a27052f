/** What is left of a deleted tenant when its grace is over: a tombstone in the directory, and nothing else. */
import type { Store, SystemTx } from '../../store/store.ts';
import { tablesNamingTenants, tenantTables } from '../../store/tenant-tables.ts';
import type { AllJobsDeps, EndInstalled, Work } from '../../store/job.ts';

const rowsAtOnce = 5000;

/** Purges one tenant whose grace is over. Broken off, it begins again: every step may be done twice. */
export const purgeTenants: Work<AllJobsDeps> = async ({ store, clock, log, endInstalled }, mark) => {
  const now = new Date(clock.now());
  const due = await store.system('tenants whose grace is over', async ({ sql }) => {
    return sql<{ tenant_id: string }[]>`
      select tenant_id from tenants where delete_at <= ${now} and purged_at is null order by delete_at limit 2`;
  });
  const [first] = due;
  if (first === undefined) return { mark, more: false };
  await store.system('others lose what they had with a purged tenant', (tx) =>
    leaveOthers(tx, first.tenant_id, now, endInstalled),
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

/** Deletes all rows of a tenant in all tenant tables, those that refer to others first, some thousand at a time. */
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

/** Takes the tenant out of the catalog, the host names and the snapshot, and ends what others had with it: subscriptions, installations. */
async function leaveOthers(tx: SystemTx, tenantUuid: string, now: Date, endInstalled: EndInstalled): Promise<void> {
  const { sql } = tx;
  const ended = await sql<{ id: string }[]>`
    update subscriptions set state = 'ended', updated_at = ${now} where provider = ${tenantUuid} and state <> 'ended' returning id`;
  await sql`
    update subscribers set state = 'ended', updated_at = ${now} where developer = ${tenantUuid} and state <> 'ended'`;
  const revoked = await sql<{ id: string }[]>`
    update installations set state = 'revoked', updated_at = ${now}
    where developer = ${tenantUuid} and state <> 'revoked' returning id`;
  await endInstalled(tx, tenantUuid);
  for (const name of await tablesNamingTenants(tx)) {
    if (name !== 'snapshot_objects') await sql`delete from ${sql(name)} where tenant = ${tenantUuid}`;
  }
  // Every writer of configuration waits for the head of the snapshot: last.
  tx.beforeCommit(async () => {
    await sql`
      with head as (update snapshot_head set seq = seq + 1 returning seq)
      update snapshot_objects set object = null, seq = head.seq from head
      where object is not null
        and (tenant = ${tenantUuid} or kind = 'subscription' and key = any(${ended.map(({ id }) => id)})
          or kind = 'installation' and key = any(${revoked.map(({ id }) => id)}))`;
  });
}
