/** A bounded set of connections, and transactions on them. */
import { Problem } from '@tulou/contract';
import { assert } from '../kernel/assert.ts';
import type { Clock } from '../kernel/clock.ts';
import { openConnection, type Connection } from './connection.ts';
import type { Sql, Timeouts } from './pool.ts';
import { openShares } from './shares.ts';

export interface Sessions {
  /**
   * Runs `work` between `begin` and a commit; an error of it, or the loss of the connection, undoes everything. `begin` is
   * sent without waiting for its answer, so that it shares a round trip with the first query. With `share`, it takes a
   * place in that share of the connections first.
   */
  transaction<T>(begin: string, work: (sql: Sql) => Promise<T>, share?: string): Promise<T>;
  /** Waits for running transactions, then closes. */
  close(): Promise<void>;
}

export interface SessionsOptions {
  readonly url: string;
  readonly connectionsMax: number;
  readonly timeouts?: Timeouts;
}

/** How long a transaction waits for a free connection before it is refused as `unavailable`. */
const waitMs = 10_000;
const waitingMax = 10_000;

/** Opens no connection yet; each is opened when a transaction needs it, and kept. */
export function openSessions(options: SessionsOptions, clock: Clock): Sessions {
  const connections = new Connections(options, clock);
  const shares = openShares(options.connectionsMax, waitMs, clock);
  const run = async <T>(begin: string, work: (sql: Sql) => Promise<T>): Promise<T> => {
    const connection = await connections.acquire();
    try {
      return await runIn(connection, begin, work);
    } finally {
      connections.release(connection);
    }
  };
  return {
    transaction: (begin, work, share) =>
      share === undefined ? run(begin, work) : shares.within(share, () => run(begin, work)),
    close: () => connections.close(),
  };
}

/** Which connections are free, and who waits for one. */
class Connections {
  readonly #options: SessionsOptions;
  readonly #clock: Clock;
  readonly #idle: Connection[] = [];
  readonly #waiting = new Set<(connection: Connection) => void>();
  #open = 0;
  #closing: PromiseWithResolvers<void> | undefined;

  constructor(options: SessionsOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  async acquire(): Promise<Connection> {
    if (this.#closing !== undefined || this.#waiting.size >= waitingMax) throw new Problem('unavailable');
    const free = this.#idle.pop();
    if (free !== undefined) return free;
    return this.#open < this.#options.connectionsMax ? this.#connect() : this.#wait();
  }

  /** The next in line gets it; where it is lost, a new one. */
  release(connection: Connection): void {
    if (connection.isLost()) this.#drop(connection);
    else if (!this.#handOver(connection)) this.#idle.push(connection);
    if (this.#closing !== undefined) this.#dropIdle();
  }

  async close(): Promise<void> {
    this.#closing ??= Promise.withResolvers<void>();
    this.#dropIdle();
    if (this.#open > 0) await this.#closing.promise;
  }

  #connect(): Connection {
    this.#open += 1;
    const connection = openConnection(this.#options, () => {
      const at = this.#idle.indexOf(connection);
      // One that is in use is dropped when it is released.
      if (at === -1) return;
      this.#idle.splice(at, 1);
      this.#drop(connection);
    });
    return connection;
  }

  #wait(): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const take = (connection: Connection): void => {
        timer.cancel();
        resolve(connection);
      };
      const timer = this.#clock.after(waitMs, () => {
        this.#waiting.delete(take);
        const cause = new Error('no connection to PostgreSQL became free in time');
        reject(new Problem('unavailable', { cause }));
      });
      this.#waiting.add(take);
    });
  }

  /** False: no caller waits. */
  #handOver(connection: Connection): boolean {
    const [next] = this.#waiting;
    if (next === undefined) return false;
    this.#waiting.delete(next);
    next(connection);
    return true;
  }

  #drop(connection: Connection): void {
    this.#open -= 1;
    void connection.close();
    if (this.#waiting.size > 0 && this.#open < this.#options.connectionsMax) this.#handOver(this.#connect());
    if (this.#open === 0) this.#closing?.resolve();
  }

  #dropIdle(): void {
    for (const connection of this.#idle.splice(0)) this.#drop(connection);
  }
}

async function runIn<T>(connection: Connection, begin: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const { sql, lost, firstError, revoke } = connection.lend();
  try {
    const begun = sql.unsafe(begin).execute();
    const [result] = await Promise.race([Promise.all([work(sql), begun]), lost]);
    const { command } = await Promise.race([sql.unsafe('commit').execute(), lost]);
    // PostgreSQL answers so, and without an error, where a query had failed and the work went on regardless.
    assert(command === 'COMMIT', 'a transaction in which a query failed must throw');
    return result;
  } catch (error) {
    revoke();
    await rollBack(connection);
    throw isConsequence(error) ? (firstError() ?? error) : error;
  } finally {
    revoke();
  }
}

/**
 * `in_failed_sql_transaction`: of two queries that were sent together, the second fails because the first did, and its error
 * can reach the caller first.
 */
function isConsequence(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === '25P02';
}

/** After everything that was already sent. Where the connection is lost, PostgreSQL has rolled back itself. */
async function rollBack(connection: Connection): Promise<void> {
  if (connection.isLost()) return;
  const { sql, lost, revoke } = connection.lend();
  await Promise.race([sql.unsafe('rollback').execute(), lost]).catch(() => undefined);
  revoke();
}
