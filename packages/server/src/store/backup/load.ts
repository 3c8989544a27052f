/** Writes the frames of a backup into a database: its schema, then its rows, all in one transaction. */
import type { Writable } from 'node:stream';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { Log } from '../../kernel/log.ts';
import { OperatorError } from '../../kernel/operator-error.ts';
import { applyIn, judge, makeTable, migrate, ownMigrations, type Migration } from '../migrate.ts';
import { openOwnerPool } from '../owner.ts';
import { explain } from '../prepare.ts';
import { readFrames, type Header, type Sequence } from './format.ts';
import { copyTarget, findTables, quoted, transferSettings, type FoundTable, type Session } from './tables.ts';

export interface LoadOptions {
  readonly url: string;
  readonly path: string;
  readonly header: Header;
  /** Remove what is in the database first. */
  readonly replace: boolean;
  readonly log: Log;
  readonly onTable: (name: string, rows: number) => void;
}

/**
 * Loads a backup that has been verified, then brings the schema to this program's. Where anything fails, the database is as
 * it was. Gateways know numbers that this database has not reached: it gets a new epoch, and they read all of it again.
 */
export async function load(options: LoadOptions): Promise<void> {
  const own = await ownMigrations();
  judgeBackup(options, own);
  const pool = await openOwnerPool(options.url);
  try {
    await pool.begin(async (sql) => {
      await sql.unsafe(`${transferSettings}; set local lock_timeout = '10s'`);
      await makeEmpty(sql, options.replace);
      await makeSchema(sql, options.header, own);
      await fill(sql, options);
      await sql`update snapshot_head set epoch = gen_random_uuid()`;
    });
    await migrate(pool, own, options.log);
    await pool.unsafe('analyze');
  } catch (error) {
    throw explain(options.url, error);
  } finally {
    await pool.end({ timeout: 5 });
  }
}

/** Throws where this program could not serve what the backup holds. */
export function judgeBackup({ path, header }: Pick<LoadOptions, 'path' | 'header'>, own: readonly Migration[]): void {
  try {
    judge(header.migrations, own);
  } catch (error) {
    if (!(error instanceof OperatorError) || error.code !== 'database_newer') throw error;
    throw new OperatorError('backup_newer', `${path} was written by a newer Tulou (${header.tulou}).`, {
      remedy: 'Restore it with that version. Nothing was changed.',
      cause: error,
    });
  }
}

/** The tables that a restore would remove, by name; none if the database is empty. */
export async function findContents(url: string): Promise<{ tables: readonly string[]; sessions: number }> {
  const pool = await openOwnerPool(url);
  try {
    const tables = await pool<{ name: string }[]>`
      select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname`;
    const [others] = await pool<[{ count: number }]>`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and application_name = 'tulou' and pid <> pg_backend_pid()`;
    return { tables: tables.map(({ name }) => name), sessions: others.count };
  } catch (error) {
    throw explain(url, error);
  } finally {
    await pool.end({ timeout: 5 });
  }
}

async function makeEmpty(sql: Session, replace: boolean): Promise<void> {
  const tables = await sql<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`;
  if (tables.length === 0) return;
  if (!replace) throw new TypeError('the database is not empty');
  await sql.unsafe(`drop table ${tables.map(({ name }) => quoted(name)).join(', ')} cascade`);
}

async function makeSchema(sql: Session, header: Header, own: readonly Migration[]): Promise<void> {
  await sql.unsafe(makeTable);
  const wanted = new Set(header.migrations.map(({ number }) => number));
  for (const migration of own) if (wanted.has(migration.number)) await applyIn(sql, migration);
}

async function fill(sql: Session, { path, header, log, onTable }: LoadOptions): Promise<void> {
  const tables = await findTables(sql);
  requireSame(path, tables, header);
  const byName = new Map(tables.map((table) => [table.name, table]));
  // Migrations have put rows of their own into some of them.
  await sql.unsafe(`truncate ${tables.map(({ name }) => quoted(name)).join(', ')}`);
  let current: { table: FoundTable; into: Writable } | undefined;
  for await (const frame of readFrames(path)) {
    if (frame.kind === 'T') {
      const table = byName.get(frame.table.name);
      if (table === undefined)
        log.warn({ table: frame.table.name }, 'the backup has a table that is not of Tulou; it is left out');
      current = table && (await beginTable(sql, table, frame.table.columns));
    }
    if (frame.kind === 'D' && current !== undefined) await write(current.into, frame.rows);
    if (frame.kind === 'E' && current !== undefined) {
      await endTable(sql, current);
      onTable(current.table.name, frame.rows);
    }
    if (frame.kind === 'S') await place(sql, frame.sequence);
  }
}

/** Every table of these migrations is in the backup, with exactly its columns. */
function requireSame(path: string, tables: readonly FoundTable[], header: Header): void {
  const columnsOf = (columns: readonly string[]): string => columns.toSorted().join();
  const kept = new Map(header.tables.map(({ name, columns }) => [name, columnsOf(columns)]));
  const other = tables.find(({ name, columns }) => kept.get(name) !== columnsOf(columns));
  if (other === undefined) return;
  throw new OperatorError(
    'backup_foreign',
    `${path} has another table ${other.name} than its version of Tulou makes.`,
    {
      remedy: 'The schema was changed by hand before the backup: change it back there, and make another backup.',
    },
  );
}

async function beginTable(
  sql: Session,
  table: FoundTable,
  columns: readonly string[],
): Promise<{ table: FoundTable; into: Writable }> {
  // PostgreSQL rejects COPY into a table if row-level security applies to the role, and forced, it applies to the owner too.
  if (table.forced) await sql.unsafe(`alter table ${quoted(table.name)} no force row level security`);
  const into = await sql
    .unsafe(`copy ${copyTarget({ name: table.name, columns: [...columns] })} from stdin`)
    .writable();
  into.on('error', () => undefined);
  return { table, into };
}

async function write(into: Writable, rows: Buffer): Promise<void> {
  if (into.errored !== null) throw into.errored;
  if (!into.write(rows)) await once(into, 'drain');
}

async function endTable(sql: Session, { table, into }: { table: FoundTable; into: Writable }): Promise<void> {
  into.end();
  await finished(into);
  if (table.forced) await sql.unsafe(`alter table ${quoted(table.name)} force row level security`);
}

async function place(sql: Session, { name, value, called }: Sequence): Promise<void> {
  await sql`select setval(${quoted(name)}::regclass, ${value}::bigint, ${called})`;
}
