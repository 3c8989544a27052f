/** The database of an installation, for a command that works on it once. */
import { realpath } from 'node:fs/promises';
import type { Config } from '../config.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { OperatorError } from '../kernel/operator-error.ts';
import { openCluster } from '../store/embedded/cluster.ts';
import { openDataDirectory } from './data-directory.ts';
import { holderOf } from './lock.ts';

interface Deps {
  readonly clock: Clock;
  readonly log: Log;
}

/** Where files go that the database's user could not reach in the data directory. */
export const fallback = '/var/lib/tulou';

/**
 * Runs the work on the outside database, or on the embedded one: that of a running platform, or one that is started for it.
 */
export async function onDatabase<T>(config: Config, deps: Deps, work: (url: string) => Promise<T>): Promise<T> {
  if (config.databaseUrl !== undefined) return work(config.databaseUrl);
  const path = await realpath(config.data).catch(() => undefined);
  if (path === undefined) throw nothingThere(config.data);
  const running = await holderOf(path);
  if (running === undefined) return onOwnDatabase(config, deps, work);
  if (running.databaseUrl !== undefined) return work(running.databaseUrl);
  throw new OperatorError('database_unknown', `The platform on ${path} is starting, or uses an outside database.`, {
    remedy: 'Wait until it is ready, or set TULOU_DATABASE_URL as it has it.',
  });
}

/** The same for a platform that is stopped: the data directory is this process's until the work has ended. */
export async function onOwnDatabase<T>(config: Config, deps: Deps, work: (url: string) => Promise<T>): Promise<T> {
  const directory = await openDataDirectory(config.data, false, deps.clock);
  try {
    const options = { dir: directory.path, fallback, connectionsMax: 20, durable: true };
    const cluster = await openCluster(options, deps.clock, deps.log);
    const running = await cluster.start();
    try {
      await directory.confirm();
      return await work(cluster.url);
    } finally {
      await running.stop();
    }
  } finally {
    directory.lock.release();
  }
}

const nothingThere = (path: string): OperatorError =>
  new OperatorError('data_missing', `There is no data directory ${path}.`, {
    remedy: 'Name it with `--data`, or set TULOU_DATABASE_URL to an outside database.',
  });
