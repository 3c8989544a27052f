/** Helpers for tests of whole databases: an empty one, and a digest of the whole content of a database. */
import { openPool } from '../../src/store/pool.ts';
import { openTestDatabase, type TestDatabase } from '../harness.ts';

/** A database without any table. */
export async function openEmptyDatabase(): Promise<TestDatabase> {
  const database = await openTestDatabase();
  const pool = openPool({ url: database.superuserUrl, connectionsMax: 1 });
  await pool.unsafe('drop schema public cascade; create schema public authorization pg_database_owner');
  await pool.end();
  return database;
}

/** By the name of the table: how many rows, and a digest of them. Without what a restore or a start changes. */
export async function contentsOf(superuserUrl: string): Promise<Record<string, string>> {
  const pool = openPool({ url: superuserUrl, connectionsMax: 1 });
  try {
    await pool.unsafe(`set timezone = 'UTC'`);
    const tables = await pool<{ name: string }[]>`
      select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'r' and relname not in ('snapshot_head', 'worker_jobs')`;
    const contents: Record<string, string> = {};
    for (const { name } of tables) {
      const [row] = await pool.unsafe<[{ found: string }]>(
        `select count(*) || ' ' || coalesce(md5(string_agg(t::text, e'\\n' order by t::text)), '') as found from "${name}" t`,
      );
      contents[name] = name === 'schema_migrations' ? '' : row.found;
    }
    return contents;
  } finally {
    await pool.end();
  }
}
