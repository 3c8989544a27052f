/** The connections to PostgreSQL. Only files of `store/` hold one; others get a transaction (`tenant.ts`, `system.ts`). */
import postgres from 'postgres';

export type Pool = postgres.Sql<{ bigint: number }>;
/** A tagged template that runs on one transaction's connection; its values are parameters, never text. */
export type Sql = postgres.ReservedSql<{ bigint: number }>;

/** A piece of a query, made by the same template: `sql`…`` without `await`. */
export type Fragment = postgres.PendingQuery<postgres.Row[]>;

export interface PoolOptions {
  readonly url: string;
  readonly connectionsMax: number;
  /** Called for each connection that has ended, for any reason. Given: none is ended for its age or for being idle. */
  readonly onClose?: () => void;
  /** Called for announcements on the channels that a connection listens to. */
  readonly onNotify?: (channel: string) => void;
  /** The time-outs that PostgreSQL itself enforces; 0 or absent: none. */
  readonly timeouts?: Timeouts;
  /** The role of every session, where it is not the one that logs in. */
  readonly role?: string;
}

/** How long PostgreSQL lets a session work or wait. */
export interface Timeouts {
  /** One statement, from its arrival to its last row. A cursor is one statement. */
  readonly statementMs: number;
  /** The wait for one lock of a row or table. */
  readonly lockMs: number;
  /** A transaction that sends nothing. */
  readonly idleInTransactionMs: number;
}

/** Opens a pool; connects on first use. Numbers beyond 2^53 in a bigint column are refused, not rounded. */
export function openPool({ url, connectionsMax, onClose, onNotify, timeouts, role }: PoolOptions): Pool {
  const { plain, directory } = splitSocket(url);
  return postgres(plain, {
    ...(directory === undefined ? {} : { host: directory }),
    connection: {
      application_name: 'tulou',
      ...(role === undefined ? {} : { role }),
      ...(timeouts === undefined ? {} : sessionSettings(timeouts)),
    },
    max: connectionsMax,
    ...(onClose === undefined ? { idle_timeout: 60 } : { onclose: onClose, max_lifetime: null }),
    ...(onNotify === undefined ? {} : { onnotify: onNotify }),
    // Seconds until a broken one is opened again; who waits for it sets the pace.
    backoff: () => 0.1,
    connect_timeout: 10,
    onnotice: () => undefined,
    types: {
      bigint: {
        to: 20,
        from: [20],
        serialize: (value: number) => String(value),
        parse: (text: string) => {
          const value = Number(text);
          if (!Number.isSafeInteger(value)) throw new RangeError(`bigint out of range: ${text}`);
          return value;
        },
      },
    },
  });
}

/** As parameters of the session: a transaction pays nothing for them. */
function sessionSettings({ statementMs, lockMs, idleInTransactionMs }: Timeouts): Record<string, number> {
  return {
    statement_timeout: statementMs,
    lock_timeout: lockMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
  };
}

/** libpq's form of a Unix socket, `postgres://user@localhost/db?host=/dir`, which postgres.js takes only as an option. */
function splitSocket(url: string): { plain: string; directory: string | undefined } {
  const parsed = new URL(url);
  const directory = parsed.searchParams.get('host');
  if (directory === null || !directory.startsWith('/')) return { plain: url, directory: undefined };
  parsed.searchParams.delete('host');
  return { plain: parsed.href, directory };
}
