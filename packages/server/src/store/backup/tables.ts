/** The content of a backup, read from PostgreSQL's own catalogue: a table of a later migration is in it too. */
import type postgres from 'postgres';
import type { BackupTable, Sequence } from './format.ts';

export type Session = postgres.TransactionSql<{ bigint: number }>;

export interface FoundTable extends BackupTable {
  /** Row-level security holds for its owner too. */
  readonly forced: boolean;
  /** The role that sees all of its rows; null: the owner. */
  readonly reader: 'tulou_system' | null;
}

/** All tables of the schema but the record of migrations, those that others refer to first. */
export async function findTables(sql: Session): Promise<readonly FoundTable[]> {
  const tables = await sql<(FoundTable & { parents: string[] })[]>`
    select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced,
      case when has_table_privilege('tulou_system', c.oid, 'select') then 'tulou_system' end as reader,
      array(
        select a.attname::text from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        order by a.attnum
      ) as columns,
      array(
        select f.confrelid::regclass::text from pg_constraint f
        where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid
      ) as parents
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> 'schema_migrations'
    order by c.relname`;
  const unread = tables.find(({ forced, reader }) => forced && reader === null);
  if (unread !== undefined) throw new TypeError(`no role sees the rows of ${unread.name}: a backup would lack them`);
  return parentsFirst(tables);
}

function parentsFirst(tables: readonly (FoundTable & { readonly parents: readonly string[] })[]): FoundTable[] {
  const byName = new Map(tables.map((table) => [table.name, table]));
  const sorted = new Map<string, FoundTable>();
  const begun = new Set<string>();
  const place = (name: string): void => {
    const found = byName.get(name);
    if (found === undefined || begun.has(name)) return;
    begun.add(name);
    const { parents, ...table } = found;
    parents.forEach(place);
    sorted.set(name, table);
  };
  for (const { name } of tables) place(name);
  return [...sorted.values()];
}

/** Every sequence of the schema, with where it is. */
export async function findSequences(sql: Session): Promise<readonly Sequence[]> {
  const names = await sql<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S' order by relname`;
  return Promise.all(
    names.map(async ({ name }) => {
      const [row] = await sql<[Omit<Sequence, 'name'>]>`
        select last_value::text as value, is_called as called from ${sql(name)}`;
      return { name, ...row };
    }),
  );
}

/** A name as an identifier of SQL. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A table and its columns as COPY takes them. */
export const copyTarget = ({ name, columns }: BackupTable): string =>
  `${quoted(name)} (${columns.map(quoted).join(', ')})`;

/** So that text means the same when it is read; and nothing ends a long transfer but its own end. */
export const transferSettings = `
  set local datestyle = 'ISO, YMD'; set local timezone = 'UTC'; set local intervalstyle = 'postgres';
  set local bytea_output = 'hex'; set local extra_float_digits = 1; set local statement_timeout = 0;
  set local idle_in_transaction_session_timeout = 0`;
