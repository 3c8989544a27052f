/** The base of the tests: a real PostgreSQL, and a new, migrated database in it for each caller. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/kernel/clock.ts';
import { openLog } from '../src/kernel/log.ts';
import { sha256 } from '../src/kernel/hash.ts';
import { openCluster } from '../src/store/embedded/cluster.ts';
import { migrate, ownMigrations } from '../src/store/migrate.ts';
import { openPool, type Pool } from '../src/store/pool.ts';
import { openStore, type Store } from '../src/store/store.ts';

export interface TestDatabase {
  /** URL of the role that owns the tables and is no superuser, as the program would receive it. */
  readonly url: string;
  readonly superuserUrl: string;
  readonly store: Store;
  /** Drops the database; the last one to close also ends a PostgreSQL that was started for it. */
  close(): Promise<void>;
}

export interface TestServer {
  readonly superuserUrl: string;
  stop(): Promise<void>;
}

const log = openLog('test', 'error');
/** The role that owns each test's database, as `tulou up` makes one. */
const owner = 'tulou';

/** A PostgreSQL 18 on a Unix socket in a temporary directory, without fsync, because its data is not needed later. */
export async function startTestServer(): Promise<TestServer> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'tulou-test-')));
  const remove = (): Promise<void> => rm(dir, { recursive: true, force: true });
  try {
    // As root, PostgreSQL runs as another user, who needs access.
    await chmod(dir, 0o711);
    const options = { dir, fallback: dir, connectionsMax: 300, durable: false };
    const cluster = await openCluster(options, systemClock, log);
    const running = await cluster.start();
    return { superuserUrl: cluster.superuserUrl, stop: () => running.stop().then(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A fresh database with all migrations, in the server of the run (TULOU_TEST_DATABASE_URL) or one of this process. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const server = await borrowServer();
  const name = `test_${randomBytes(8).toString('hex')}`;
  try {
    await inMaintenance(server.superuserUrl, async (pool) => {
      const template = await ensureTemplate(pool, server.superuserUrl);
      await pool.unsafe(`create database ${name} template ${template} owner ${owner}`);
    });
  } catch (error) {
    await server.stop();
    throw error;
  }
  const url = urlOf(server.superuserUrl, name, owner);
  const store = openStore({ url, connectionsMax: 10 }, systemClock);
  return {
    url,
    superuserUrl: urlOf(server.superuserUrl, name),
    store,
    async close() {
      await store.close();
      await inMaintenance(server.superuserUrl, (pool) => pool.unsafe(`drop database ${name} with (force)`));
      await server.stop();
    },
  };
}

/** The same server by another database, and by another role where one is given. */
function urlOf(superuserUrl: string, database: string, role?: string): string {
  const url = new URL(superuserUrl);
  url.pathname = `/${database}`;
  if (role !== undefined) url.username = role;
  return url.href;
}

let own: Promise<TestServer> | undefined;
let borrowers = 0;

/** The server of the run, or one of this process that is stopped when its last user has released it. */
async function borrowServer(): Promise<TestServer> {
  const shared = process.env['TULOU_TEST_DATABASE_URL'];
  if (shared !== undefined && shared !== '') return { superuserUrl: shared, stop: () => Promise.resolve() };
  borrowers += 1;
  const server = await (own ??= startTestServer());
  return {
    superuserUrl: server.superuserUrl,
    async stop() {
      borrowers -= 1;
      if (borrowers > 0) return;
      own = undefined;
      await server.stop();
    },
  };
}

/** Test files run concurrently. One makes the template, named after the migrations' content, and the others wait for it. */
async function ensureTemplate(pool: Pool, superuserUrl: string): Promise<string> {
  const migrations = await ownMigrations();
  const hash = Buffer.from(sha256(migrations.map((migration) => migration.hash).join()))
    .toString('hex')
    .slice(0, 16);
  const name = `template_${hash}`;
  await pool.reserve().then(async (session) => {
    try {
      await session`select pg_advisory_lock(1)`;
      const [made] = await session`select from pg_database where datname = ${name}`;
      if (made !== undefined) return;
      await makeOwner(session, decodeURIComponent(new URL(superuserUrl).password));
      const unfinished = `${name}_new`;
      await session.unsafe(`drop database if exists ${unfinished} with (force)`);
      await session.unsafe(`create database ${unfinished} owner ${owner}`);
      await migrateAll(urlOf(superuserUrl, unfinished, owner), migrations);
      await session.unsafe(`alter database ${unfinished} rename to ${name}`);
    } finally {
      await session`select pg_advisory_unlock(1)`;
      session.release();
    }
  });
  return name;
}

/** A shared server that is not ours may lack the role. It is no superuser: row-level security holds for it. */
async function makeOwner(session: Pool, password: string): Promise<void> {
  const [role] = await session`select from pg_roles where rolname = ${owner}`;
  if (role !== undefined) return;
  const quoted = password.replaceAll("'", "''");
  await session.unsafe(`create role ${owner} login createrole noinherit nobypassrls password '${quoted}'`);
}

async function migrateAll(url: string, migrations: Awaited<ReturnType<typeof ownMigrations>>): Promise<void> {
  const pool = openPool({ url, connectionsMax: 1 });
  try {
    await migrate(pool, migrations, log);
  } finally {
    await pool.end({ timeout: 5 });
  }
}

async function inMaintenance<T>(superuserUrl: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = openPool({ url: superuserUrl, connectionsMax: 1 });
  try {
    return await work(pool);
  } finally {
    await pool.end({ timeout: 5 });
  }
}
