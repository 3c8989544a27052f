/**
 * Which tables hold rows of tenants, asked of PostgreSQL's own catalogue: a table that a later migration adds is exported
 * and purged with the others, with no line written for it.
 */
import type { SystemTx, TenantTx } from './store.ts';

export interface TenantTable {
  readonly name: string;
  /** Without those that begin with `secret_`: they never leave the database. */
  readonly columns: readonly string[];
  readonly primaryKey: readonly string[];
  /** Tables that this one refers to. */
  readonly parents: readonly string[];
}

/**
 * All tables with a `tenant_id` that this transaction may read, those that others refer to first. The directory itself is
 * among them.
 */
export async function tenantTables(tx: TenantTx | SystemTx): Promise<readonly TenantTable[]> {
  const tables = await tx.sql<{ name: string; columns: string[]; primary_key: string[]; parents: string[] }[]>`
    select c.relname as name,
      array(
        select a.attname::text from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname not like 'secret\\_%'
        order by a.attnum
      ) as columns,
      array(
        select a.attname::text from pg_index i
          cross join lateral unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
          join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
        where i.indrelid = c.oid and i.indisprimary
        order by k.place
      ) as primary_key,
      array(
        select f.confrelid::regclass::text from pg_constraint f
        where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid
      ) as parents
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and has_table_privilege(c.oid, 'select')
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
    order by c.relname`;
  return parentsFirst(tables.map(({ primary_key: primaryKey, ...rest }) => ({ ...rest, primaryKey })));
}

/**
 * Tables whose rows never leave with a tenant's export: sessions, keys, and how people sign in. A tenant's transaction may read
 * them, because the identity server works in one.
 */
export const keptByIdentity: ReadonlySet<string> = new Set([
  'identity_artifacts',
  'signing_keys',
  'address_proofs',
  'sign_ins',
  'passkeys',
  'authenticators',
  'recovery_codes',
]);

/** Reference tables that say in a column `tenant` whose a row is. */
export async function tablesNamingTenants(tx: SystemTx): Promise<readonly string[]> {
  const tables = await tx.sql<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attname = 'tenant' and not a.attisdropped
      and a.atttypid = 'uuid'::regtype
    order by c.relname`;
  return tables.map(({ name }) => name);
}

function parentsFirst(tables: readonly TenantTable[]): readonly TenantTable[] {
  const sorted = new Map<string, TenantTable>();
  const byName = new Map(tables.map((table) => [table.name, table]));
  const place = (table: TenantTable): void => {
    for (const parent of table.parents) {
      const found = byName.get(parent);
      if (found !== undefined && !sorted.has(parent)) place(found);
    }
    sorted.set(table.name, table);
  };
  for (const table of tables) if (!sorted.has(table.name)) place(table);
  return [...sorted.values()];
}
