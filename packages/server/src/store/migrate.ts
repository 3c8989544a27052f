/**
 * Brings a database to the schema of this program: the files of `migrations/`, in order, each in a transaction of its
 * own. Two programs that start at once do not meet: the row in `schema_migrations` is written first, and its primary key
 * lets one through and makes the other wait (no advisory lock: not every PostgreSQL-compatible database has them).
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type postgres from 'postgres';
import { sha256 } from '../kernel/hash.ts';
import type { Log } from '../kernel/log.ts';
import { OperatorError } from '../kernel/operator-error.ts';
import type { Pool } from './pool.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly hash: string;
}

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly hash: string;
}

/** The migrations of this program. */
export function ownMigrations(): Promise<readonly Migration[]> {
  return readMigrations(join(import.meta.dirname, 'migrations'));
}

/** Reads `NNNN_name.sql` files, in order. Two with one number, or another file, is a defect. */
export async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const files = (await readdir(directory)).toSorted();
  const migrations = await Promise.all(files.map((file) => readMigration(directory, file)));
  const repeated = migrations.find((migration, index) => migrations[index - 1]?.number === migration.number);
  if (repeated !== undefined) throw new TypeError(`two migrations have the number of ${repeated.name}`);
  return migrations;
}

async function readMigration(directory: string, file: string): Promise<Migration> {
  const match = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(file);
  if (match === null) throw new TypeError(`${file} is not named as a migration, NNNN_name.sql`);
  const sql = await readFile(join(directory, file), 'utf8');
  return { number: Number(match[1]), name: file.slice(0, -4), sql, hash: sha256(sql) };
}

/** Applies what is missing and returns its names. Throws an OperatorError where this program cannot serve the database. */
export async function migrate(pool: Pool, migrations: readonly Migration[], log: Log): Promise<readonly string[]> {
  await requireServer(pool);
  await retrying(() => pool.unsafe(makeTable));
  const applied = await readApplied(pool);
  judge(applied, migrations);
  const done: string[] = [];
  for (const migration of migrations.slice(applied.length)) {
    if (!(await retrying(() => apply(pool, migration)))) continue;
    done.push(migration.name);
    log.info({ migration: migration.name }, 'migration applied');
  }
  return done;
}

/** The server's version and the names of the migrations that are missing. Throws as `migrate` would, changes nothing. */
export async function inspect(
  pool: Pool,
  migrations: readonly Migration[],
): Promise<{ version: string; pending: readonly string[] }> {
  const version = await requireServer(pool);
  const [table] = await pool`select where to_regclass('schema_migrations') is not null`;
  const applied = table === undefined ? [] : await readApplied(pool);
  judge(applied, migrations);
  return { version, pending: migrations.slice(applied.length).map(({ name }) => name) };
}

function readApplied(pool: Pool): Promise<readonly Applied[]> {
  return pool<Applied[]>`select number, name, hash from schema_migrations order by number`;
}

/** The record of what was applied. */
export const makeTable = `
  create table if not exists schema_migrations (
    number integer primary key,
    name text not null,
    hash text not null,
    applied_at timestamptz not null default now()
  )`;

/** True: applied; false: it already was. */
async function apply(pool: Pool, migration: Migration): Promise<boolean> {
  return pool.begin((transaction) => applyIn(transaction, migration));
}

/** The same inside a transaction of the caller's. */
export async function applyIn(
  transaction: postgres.TransactionSql<{ bigint: number }>,
  { number, name, sql, hash }: Migration,
): Promise<boolean> {
  const [row] = await transaction`
    insert into schema_migrations (number, name, hash) values (${number}, ${name}, ${hash})
    on conflict do nothing returning number`;
  if (row === undefined) return false;
  await transaction.unsafe(sql);
  return true;
}

/** Whether this program may serve a database with these migrations; throws where not. */
export function judge(applied: readonly Applied[], own: readonly Migration[]): void {
  const known = new Map(own.map((migration) => [migration.number, migration]));
  const last = own.at(-1)?.number ?? 0;
  for (const { number, name, hash } of applied) {
    const migration = known.get(number);
    if (migration === undefined && number > last) throw newer(name);
    if (migration?.hash !== hash) throw changed(name);
  }
  const newest = applied.at(-1)?.number ?? 0;
  const skipped = own.find(({ number }) => number < newest && !applied.some((one) => one.number === number));
  if (skipped !== undefined) throw changed(skipped.name);
}

function newer(name: string): OperatorError {
  return new OperatorError(
    'database_newer',
    `The database was written by a newer Tulou: this one does not know the migration ${name}.`,
    {
      remedy:
        'Start that newer version (`npm install` in its checkout), or restore a backup from before the upgrade. Nothing was changed.',
    },
  );
}

function changed(name: string): OperatorError {
  return new OperatorError(
    'migration_changed',
    `The migration ${name} is not the one that this database was made with.`,
    {
      remedy:
        'Migrations are never edited once they are released: start the Tulou that this database belongs to. Nothing was changed.',
    },
  );
}

/** Throws where the server or the role is not enough; returns the server's version. */
async function requireServer(pool: Pool): Promise<string> {
  const [row] = await pool<{ version: number; shown: string; may_create: boolean }[]>`
    select current_setting('server_version_num')::int as version, current_setting('server_version') as shown,
      has_schema_privilege('public', 'create') as may_create`;
  if (row !== undefined && row.version < 150_000) {
    throw new OperatorError('postgres_too_old', `The database is PostgreSQL ${row.shown}; Tulou needs 15 or later.`, {
      remedy:
        'Upgrade it, point TULOU_DATABASE_URL at a newer one, or leave that variable out to use the PostgreSQL that Tulou brings.',
    });
  }
  if (row?.may_create !== true) {
    throw new OperatorError('database_rights', 'The database role may not create tables in the schema `public`.', {
      remedy: 'Make it the owner of the database: `alter database … owner to …`.',
    });
  }
  return row.shown;
}

/** Once more where another program did the same at the same moment; the catalogue then says so in one of these ways. */
async function retrying<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 5 || !isRace(error)) throw error;
    }
  }
}

function isRace(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  if (code === 'XX000') return message?.includes('concurrently updated') === true;
  return (
    code === '40001' ||
    code === '40P01' ||
    code === '42P07' ||
    code === '42710' ||
    (code === '23505' && message?.includes('pg_') === true)
  );
}
