/** A database, reached and brought to this program's schema: what every role that needs one starts with. */
import { sleep, type Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { OperatorError } from '../kernel/operator-error.ts';
import { inspect, migrate, ownMigrations } from './migrate.ts';
import { openOwnerPool } from './owner.ts';
import type { Pool } from './pool.ts';

/**
 * Brings the database to this program's schema. Throws an OperatorError where it cannot be reached or served. With a clock, it
 * waits for a server that recovers, restarts or has no connection left: an end would only be followed by another start.
 */
export async function prepare(url: string, log: Log, clock?: Clock): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += waitMs) {
    try {
      return await prepareOnce(url, log);
    } catch (error) {
      const { code } = causeOf(error);
      if (clock === undefined || waitedMs >= waitMsMax || !passing.has(code ?? '')) throw error;
      if (waitedMs === 0) log.warn({ code }, `waiting for the database: ${reasons[code ?? '']?.[0] ?? ''}`);
      await sleep(clock, waitMs);
    }
  }
}

const waitMs = 500;
/** Recovery reads the log of changes since the last checkpoint, which takes minutes at most. */
const waitMsMax = 5 * 60_000;
const passing = new Set(['57P01', '57P02', '57P03', '53300', '53400']);

const causeOf = (error: unknown): { code?: string } =>
  (error instanceof OperatorError ? (error.cause ?? {}) : error) as { code?: string };

async function prepareOnce(url: string, log: Log): Promise<void> {
  const pool = await ownerPool(url);
  try {
    await migrate(pool, await ownMigrations(), log);
  } catch (error) {
    throw explain(url, error);
  } finally {
    await pool.end({ timeout: 5 });
  }
}

/** Reads the state of an outside database, without changing it: its version, and the migrations that it lacks. */
export async function probe(url: string): Promise<{ version: string; pending: readonly string[] }> {
  const pool = await ownerPool(url);
  try {
    return await inspect(pool, await ownMigrations());
  } catch (error) {
    throw explain(url, error);
  } finally {
    await pool.end({ timeout: 0 });
  }
}

async function ownerPool(url: string): Promise<Pool> {
  try {
    return await openOwnerPool(url);
  } catch (error) {
    throw explain(url, error);
  }
}

const checkUrl =
  'Check TULOU_DATABASE_URL and that PostgreSQL runs, or leave the variable out to use the PostgreSQL that Tulou brings.';

/** The meaning of the codes of Node and PostgreSQL for an operator, and the remedy if it is not to check the URL. */
const reasons: Readonly<Record<string, readonly [reason: string, remedy?: string]>> = {
  ECONNREFUSED: ['nothing listens there'],
  ENOENT: ['there is no such socket'],
  ENOTFOUND: ['its host name is not known'],
  EAI_AGAIN: ['its host name cannot be resolved now'],
  ETIMEDOUT: ['it does not answer'],
  ECONNRESET: ['it closed the connection'],
  EHOSTUNREACH: ['there is no route to its host'],
  ENETUNREACH: ['there is no route to its host'],
  CONNECT_TIMEOUT: ['it does not answer'],
  CONNECTION_CLOSED: ['it closed the connection'],
  EMFILE: [
    'this process has no file descriptor left',
    'Raise the limit: `ulimit -n 4096`, or `LimitNOFILE=` in its unit.',
  ],
  '28P01': ['the password is wrong'],
  '28000': ['the role may not connect'],
  '3D000': ['the database does not exist'],
  '57P01': ['it is being stopped', 'Start it again, or wait until its restart has ended.'],
  '57P02': ['it is recovering from a crash', 'Wait until its recovery has ended; its log says how far it is.'],
  '57P03': ['it is starting or stopping', 'Wait until its start or recovery has ended; its log says how far it is.'],
  '53300': [
    'it has no connection left',
    'Raise `max_connections` there, or lower TULOU_DATABASE_CONNECTIONS of the roles that use it.',
  ],
  '53400': ['it is at a limit of its configuration', 'Its log names the limit.'],
  '53100': ['its disk is full', 'Free some space on the disk of PostgreSQL; nothing was lost.'],
  '53200': ['its memory is full', 'Give the machine of PostgreSQL more memory, or PostgreSQL less to use.'],
  '58030': ['it cannot read or write its files', 'Look at the log of PostgreSQL and at its disk.'],
  '25006': ['it is read-only', 'Point TULOU_DATABASE_URL at the primary: a standby cannot serve control or worker.'],
};

/** The error of a database that cannot be used, in words for an operator; any other error as it is. */
export function explain(url: string, error: unknown): unknown {
  const { code = '', message = '' } = error as { code?: string; message?: string };
  const { host, pathname, searchParams, username } = new URL(url);
  if (code === '42501' || code === 'P0001') return rightsMissing(decodeURIComponent(username), message, error);
  const [reason, remedy = checkUrl] = reasons[code] ?? [];
  if (reason === undefined) return error;
  const where = searchParams.get('host') ?? host;
  return new OperatorError(
    'database_unreachable',
    `The database ${pathname.slice(1)} at ${where} cannot be used: ${reason}.`,
    { remedy, cause: error },
  );
}

function rightsMissing(role: string, message: string, cause: unknown): OperatorError {
  return new OperatorError('database_rights', `The database role ${role} lacks a right that Tulou needs.`, {
    remedy: [
      'As an administrator of the server, in this database:',
      '`create role tulou_tenant nologin; create role tulou_system nologin;`',
      `\`grant tulou_tenant, tulou_system to "${role}" with inherit false, set true;\` (before PostgreSQL 16 without \`with …\`);`,
      `\`alter database … owner to "${role}";\`. A role that exists already needs only the grant.`,
    ].join(' '),
    evidence: [message],
    cause,
  });
}
