/** The embedded PostgreSQL: made on first use, started, bootstrapped. */
import { execFile } from 'node:child_process';
import { chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import { OperatorError } from '../../kernel/operator-error.ts';
import { openPool } from '../pool.ts';
import { findNativePackage, usableNative } from './native.ts';
import { findPlaces, type Places } from './places.ts';
import { startPostmaster, type Running } from './postmaster.ts';

const run = promisify(execFile);

export interface ClusterOptions {
  /** Tulou's data directory, with symbolic links resolved; it must exist. */
  readonly dir: string;
  /** Where the files go when the database's user cannot enter `dir`. */
  readonly fallback: string;
  readonly connectionsMax: number;
  /** False only for tests, whose data has no use after a power cut. */
  readonly durable: boolean;
}

export interface Cluster {
  /** For the program: the owner of its tables, no superuser. Stays the same over restarts. */
  readonly url: string;
  /** The superuser, for what only it may do. */
  readonly superuserUrl: string;
  /** Starts the server, once at a time; on first use makes its files, the program's role and its database. */
  start(): Promise<Running>;
}

const superuser = 'postgres';
const owner = 'tulou';
/** The version of the data directories that this program makes and reads. */
const majorVersion = '18';

/** Finds the programs and the places, and makes what is missing of them; starts nothing yet. */
export async function openCluster(options: ClusterOptions, clock: Clock, log: Log): Promise<Cluster> {
  const found = await findNativePackage();
  const places = await findPlaces(options.dir, options.fallback, log);
  const native = await usableNative(found, places.root, places.user);
  const superuserUrl = socketUrl(superuser, 'postgres', places.sockets);
  return {
    url: socketUrl(owner, owner, places.sockets),
    superuserUrl,
    async start() {
      await makeData(native, places, options.durable);
      await admitOnly(places, userInfo().username);
      const running = await startPostmaster({ native, places, settings: settings(options, places) }, clock, log);
      try {
        await bootstrap(superuserUrl);
      } catch (error) {
        await running.stop();
        throw error;
      }
      return running;
    },
  };
}

/** A directory as libpq takes it: `host` in the query, because a URL's own host cannot hold a path. */
function socketUrl(role: string, database: string, directory: string): string {
  return `postgres://${role}@localhost/${database}?host=${encodeURIComponent(directory)}`;
}

/** initdb into a name of its own first: data under its final name is whole, whenever the power went. */
async function makeData(native: string, places: Places, durable: boolean): Promise<void> {
  const version = await readFile(join(places.data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version !== undefined) return requireVersion(version.trim(), places.data);
  const unfinished = `${places.data}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await initdb(
    native,
    places,
    [
      ['-D', unfinished],
      ['-U', superuser, '--auth=peer', '--encoding=UTF8', '--locale=C'],
      ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
      durable ? [] : ['--no-sync'],
    ].flat(),
  );
  await rename(unfinished, places.data);
}

async function initdb(native: string, { user }: Places, args: readonly string[]): Promise<void> {
  const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
  try {
    await run(join(native, 'bin', 'initdb'), args, { cwd: '/', env, ...identity });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    const lines = (stderr ?? String(error)).trim().split('\n').slice(-10);
    const full = lines.some((line) => line.includes('No space left on device'));
    throw new OperatorError(full ? 'disk_full' : 'postgres_cannot_start', 'The database could not be made.', {
      remedy: full
        ? 'The disk is full: free at least 200 MB and start again.'
        : 'What initdb said is above. Mend it and start again; nothing is left behind.',
      evidence: lines,
    });
  }
}

function requireVersion(version: string, data: string): void {
  if (version === majorVersion) return;
  throw new OperatorError(
    'postgres_version',
    `${data} was made by PostgreSQL ${version}; this Tulou brings PostgreSQL ${majorVersion}.`,
    {
      remedy: `Start the Tulou that made it, or serve the data by a PostgreSQL ${version} of your own and set TULOU_DATABASE_URL.`,
    },
  );
}

/**
 * The users that may connect: only this process's own user, as the kernel reports the socket's peer. There is no password
 * that could leak or be lost, and no TCP. Written at each start, as the user may be another one now.
 */
async function admitOnly({ data, user }: Places, name: string): Promise<void> {
  const quoted = `"${name.replaceAll('"', '""')}"`;
  const files = {
    'pg_hba.conf': 'local all all peer map=tulou\n',
    'pg_ident.conf': `tulou ${quoted} ${superuser}\ntulou ${quoted} ${owner}\n`,
  };
  for (const [file, text] of Object.entries(files)) {
    const path = join(data, file);
    if ((await readFile(path, 'utf8').catch(() => '')) === text) continue;
    await writeFile(`${path}.new`, text, { mode: 0o600, flush: true });
    if (user !== undefined) await chown(`${path}.new`, user.uid >>> 0, user.gid >>> 0);
    await rename(`${path}.new`, path);
  }
}

/** For a small machine that PostgreSQL shares with the gateway. On the command line, so that a moved directory still starts. */
function settings({ connectionsMax, durable }: ClusterOptions, { sockets }: Places): Record<string, string | number> {
  const safety = durable
    ? { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }
    : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  return {
    ...safety,
    listen_addresses: '',
    unix_socket_directories: `"${sockets.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    port: 5432,
    max_connections: connectionsMax,
    shared_buffers: '64MB',
    max_wal_size: '512MB',
    checkpoint_timeout: '15min',
    max_parallel_workers_per_gather: 0,
    jit: 'off',
    io_method: 'sync',
    max_logical_replication_workers: 0,
    // For a hot physical backup; nothing is replicated.
    wal_level: 'replica',
    max_wal_senders: 2,
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    idle_in_transaction_session_timeout: '60s',
    // Its log is ours: no statement and no value of a row may come into it.
    log_destination: 'stderr',
    logging_collector: 'off',
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_checkpoints: 'off',
    log_line_prefix: '',
  };
}

/** CREATEROLE is for the first migration, which makes the roles that cannot pass row-level security. */
async function bootstrap(superuserUrl: string): Promise<void> {
  const pool = openPool({ url: superuserUrl, connectionsMax: 1 });
  try {
    const [role] = await pool`select from pg_roles where rolname = ${owner}`;
    if (role === undefined)
      await pool.unsafe(`create role ${owner} login createrole noinherit nosuperuser nobypassrls`);
    const [database] = await pool`select from pg_database where datname = ${owner}`;
    if (database === undefined) await pool.unsafe(`create database ${owner} owner ${owner}`);
  } finally {
    await pool.end({ timeout: 5 });
  }
}
