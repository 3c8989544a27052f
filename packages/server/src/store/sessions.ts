/** A bounded set of connections, and transactions on them. */
import { Problem } from '@tulou/contract';
import { assert } from '../kernel/assert.ts';
import type { Clock } from '../kernel/clock.ts';
import { openConnection, type Connection } from './connection.ts';
import type { Sql } from './pool.ts';

export interface Sessions {
  /**
   * Runs `work` between `begin` and a commit; an error of it, or the loss of the connection, undoes everything. `begin` is
   * sent without waiting for its answer, so that it shares a round trip with the first query.
   */
  transaction<T>(begin: string, work: (sql: Sql) => Promise<T>): Promise<T>;
  /** Waits for running transactions, then closes. */
  close(): Promise<void>;
}

export interface SessionsOptions {
  readonly url: string;
  readonly connectionsMax: number;
}

/** How long a transaction waits for a free connection before it is refused as `unavailable`. */
const waitMs = 10_000;
const waitingMax = 10_000;

export function openSessions({ url, connectionsMax }: SessionsOptions, clock: Clock): Sessions {
  const idle: Connection[] = [];
  const waiting = new Set<(connection: Connection) => void>();
  let open = 0;
  let closing: PromiseWithResolvers<void> | undefined;

  const connect = (): Connection => {
    open += 1;
    const connection = openConnection(url, () => {
      const at = idle.indexOf(connection);
      if (at !== -1) idle.splice(at, 1);
      if (at !== -1) gone(connection);
    });
    return connection;
  };

  const acquire = async (): Promise<Connection> => {
    if (closing !== undefined || waiting.size >= waitingMax) throw new Problem('unavailable');
    const free = idle.pop();
    if (free !== undefined) return free;
    if (open < connectionsMax) return connect();
    return new Promise((resolve, reject) => {
      const take = (connection: Connection): void => {
        timer.cancel();
        resolve(connection);
      };
      const timer = clock.after(waitMs, () => {
        waiting.delete(take);
        reject(new Problem('unavailable', { cause: new Error('no connection to PostgreSQL became free in time') }));
      });
      waiting.add(take);
    });
  };

  /** The next in line gets the connection; a new one instead of a lost one. */
  const release = (connection: Connection): void => {
    if (connection.isLost()) gone(connection);
    else if (!handOver(connection)) idle.push(connection);
    if (closing !== undefined) endIdle();
  };

  const gone = (connection: Connection): void => {
    open -= 1;
    void connection.close();
    if (waiting.size > 0 && open < connectionsMax) handOver(connect());
    if (open === 0) closing?.resolve();
  };

  const handOver = (connection: Connection): boolean => {
    const [next] = waiting;
    if (next === undefined) return false;
    waiting.delete(next);
    next(connection);
    return true;
  };

  const endIdle = (): void => {
    for (const connection of idle.splice(0)) gone(connection);
  };

  return {
    async transaction(begin, work) {
      const connection = await acquire();
      try {
        return await runIn(connection, begin, work);
      } finally {
        release(connection);
      }
    },
    async close() {
      closing ??= Promise.withResolvers<void>();
      endIdle();
      if (open > 0) await closing.promise;
    },
  };
}

async function runIn<T>(connection: Connection, begin: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const { sql, revoke } = connection.lend();
  try {
    const begun = sql.unsafe(begin).execute();
    const [result] = await Promise.race([Promise.all([work(sql), begun]), connection.lost]);
    const { command } = await Promise.race([sql.unsafe('commit').execute(), connection.lost]);
    // PostgreSQL answers so, and without an error, where a query had failed and the work went on regardless.
    assert(command === 'COMMIT', 'a transaction in which a query failed must throw');
    return result;
  } catch (error) {
    revoke();
    await rollBack(connection);
    throw error;
  } finally {
    revoke();
  }
}

/** After everything that was already sent. Where the connection is lost, PostgreSQL has rolled back itself. */
async function rollBack(connection: Connection): Promise<void> {
  if (connection.isLost()) return;
  const { sql, revoke } = connection.lend();
  await Promise.race([sql.unsafe('rollback').execute(), connection.lost]).catch(() => undefined);
  revoke();
}
