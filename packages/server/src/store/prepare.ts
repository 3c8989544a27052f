/** A database, reached and brought to this program's schema: what every role that needs one starts with. */
import type { Log } from '../kernel/log.ts';
import { OperatorError } from '../kernel/operator-error.ts';
import { inspect, migrate, ownMigrations } from './migrate.ts';
import { openPool } from './pool.ts';

/** Brings the database to this program's schema. Throws an OperatorError where it cannot be reached or served. */
export async function prepare(url: string, log: Log): Promise<void> {
  const pool = openPool({ url, connectionsMax: 1 });
  try {
    await migrate(pool, await ownMigrations(), log);
  } catch (error) {
    throw explain(url, error);
  } finally {
    await pool.end({ timeout: 5 });
  }
}

/** What an outside database is, without changing it: its version, and the migrations that it lacks. */
export async function probe(url: string): Promise<{ version: string; pending: readonly string[] }> {
  const pool = openPool({ url, connectionsMax: 1 });
  try {
    return await inspect(pool, await ownMigrations());
  } catch (error) {
    throw explain(url, error);
  } finally {
    await pool.end({ timeout: 0 });
  }
}

/** What the codes of Node and PostgreSQL mean for whoever has set TULOU_DATABASE_URL. */
const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'there is no such socket',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name cannot be resolved now',
  ETIMEDOUT: 'it does not answer',
  ECONNRESET: 'it closed the connection',
  CONNECT_TIMEOUT: 'it does not answer',
  '28P01': 'the password is wrong',
  '28000': 'the role may not connect',
  '3D000': 'the database does not exist',
  '57P03': 'it is starting or stopping',
  '53300': 'it has no connection left',
};

/** The error of a database that cannot be used, in words for an operator; any other error as it is. */
export function explain(url: string, error: unknown): unknown {
  const { code } = error as { code?: string };
  const reason = reasons[code ?? ''];
  if (reason === undefined) return error;
  const { host, pathname, searchParams } = new URL(url);
  const where = searchParams.get('host') ?? host;
  return new OperatorError(
    'database_unreachable',
    `The database ${pathname.slice(1)} at ${where} cannot be used: ${reason}.`,
    {
      remedy:
        'Check TULOU_DATABASE_URL and that PostgreSQL runs, or leave the variable out to use the PostgreSQL that Tulou brings.',
      cause: error,
    },
  );
}
