/**
 * One connection to PostgreSQL, for one transaction after the other. It is a postgres.js of one connection that is thrown
 * away when that one breaks, because postgres.js itself would go on with the rest of a broken transaction on a new
 * connection, outside of any transaction; and what it has reserved it loses (both seen with 3.4.9; test/store/sessions.test.ts).
 */
import type { Pool, Sql, Timeouts } from './pool.ts';
import { openPool } from './pool.ts';

export interface Connection {
  /** True from the moment it breaks. */
  readonly isLost: () => boolean;
  /** The handle of one transaction; one at a time. */
  lend(): Loan;
  close(): Promise<void>;
}

export interface Loan {
  readonly sql: Sql;
  /**
   * Rejects when the connection breaks; a listener is optional. One for each transaction: what races against a promise that
   * lives as long as the connection is kept as long (1.3 kB a transaction, measured).
   */
  readonly lost: Promise<never>;
  /** The error of the first query that failed; undefined while none has. */
  readonly firstError: () => unknown;
  /** From now on `sql` refuses, so that work that was not waited for meets no other's. */
  revoke(): void;
}

/** The error of work on a connection that broke; `code` as postgres.js has it. */
class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
  readonly code = 'CONNECTION_CLOSED';
}

/** Opens it on first use. `onLost` is called at most once, also when nothing was running. */
export function openConnection(
  { url, timeouts }: { readonly url: string; readonly timeouts?: Timeouts },
  onLost: () => void,
): Connection {
  let isLost = false;
  let current: PromiseWithResolvers<never> | undefined;
  const breakCurrent = (): void => current?.reject(new ConnectionLostError('the connection to PostgreSQL was lost'));
  const pool = openPool({
    url,
    connectionsMax: 1,
    ...(timeouts === undefined ? {} : { timeouts }),
    onClose: () => {
      if (isLost) return;
      isLost = true;
      refuseReconnect(pool);
      breakCurrent();
      onLost();
    },
  });
  return {
    isLost: () => isLost,
    lend() {
      current = Promise.withResolvers<never>();
      current.promise.catch(() => undefined);
      if (isLost) breakCurrent();
      return { ...lend(pool), lost: current.promise };
    },
    close: () => pool.end({ timeout: 5 }),
  };
}

/** postgres.js opens a new connection for what is still queued in it, after telling `onclose`: this makes that fail. */
function refuseReconnect(pool: Pool): void {
  const options: { socket?: () => never } = pool.options as object;
  options.socket = () => {
    throw new ConnectionLostError('the connection to PostgreSQL was lost');
  };
}

/** The handler that postgres.js keeps in a query: called when the query is to run, which is later than when it was written. */
interface Runnable {
  reject: (error: unknown) => void;
  handler: ((query: { reject(error: Error): void }) => void) & { debug?: unknown };
}

function lend(pool: Pool): Omit<Loan, 'lost'> {
  let revoked = false;
  let firstError: unknown;
  const refuse = (): Error => new ConnectionLostError('a query came after its transaction had ended');
  const guard = <T>(made: T): T => {
    if (!isRunnable(made)) return made;
    const run = made.handler;
    const guarded: Runnable['handler'] = (query) => (revoked ? query.reject(refuse()) : run(query));
    guarded.debug = run.debug;
    made.handler = guarded;
    const reject = made.reject;
    made.reject = (error) => {
      firstError ??= error;
      reject(error);
    };
    return made;
  };
  const sql = new Proxy(pool, {
    apply: (target, self, args) => guard<unknown>(Reflect.apply(target, self, args)),
    get: (target, name) =>
      name === 'unsafe'
        ? (...args: Parameters<Pool['unsafe']>) => guard(target.unsafe(...args))
        : (Reflect.get(target, name) as unknown),
  });
  return { sql: sql as unknown as Sql, firstError: () => firstError, revoke: () => void (revoked = true) };
}

function isRunnable(made: unknown): made is Runnable {
  return made instanceof Promise && 'handler' in made;
}
