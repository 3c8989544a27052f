/**
 * One gateway a data folder: two would take each other's open segments for those of a dead process. The lock is SQLite's, a
 * POSIX lock on a file, which the kernel gives up with the process, however it ends; Node itself offers none.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../kernel/operator-error.ts';

const sqliteBusy = 5;

/** Makes the folder where there is none, and takes it. Throws an OperatorError where another gateway has it. */
export function takeDataFolder(folder: string): { release(): void } {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(join(folder, 'gateway.lock'), { timeout: 0 });
  try {
    database.exec('pragma locking_mode = exclusive; begin exclusive');
  } catch (cause) {
    database.close();
    if ((cause as { errcode?: number }).errcode !== sqliteBusy) throw cause;
    throw new OperatorError('data_in_use', `The data folder ${folder} is in use by another gateway.`, {
      remedy: 'Stop that one, or give this one a data folder of its own.',
      cause,
    });
  }
  return { release: () => database.close() };
}
