/**
 * One gateway per data folder: each of two gateways would take the open segments of the other for those of a dead process.
 * The lock is a POSIX lock on a SQLite file. The kernel releases it when the process ends in any way. Node offers no such
 * lock.
 */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Log } from '../kernel/log.ts';
import { OperatorError } from '../kernel/operator-error.ts';
import { setAside } from './set-aside.ts';

const sqliteBusy = 5;
const lockName = 'gateway.lock';

export interface DataLock {
  /** Whether the lock file in the folder is still the locked file: another program may have removed it. */
  readonly isInForce: boolean;
  /** Takes the folder again after its files were removed. Throws if another gateway was faster. */
  retake(): void;
  release(): void;
}

/** Makes the folder if it is missing, and takes it. Throws an OperatorError if another gateway has it. */
export function takeDataFolder(folder: string, log: Log): DataLock {
  const path = join(folder, lockName);
  makeFolder(folder, log);
  let database = lock(folder, path, log);
  let inode = inodeOf(path);
  return {
    get isInForce() {
      return inode !== undefined && inodeOf(path) === inode;
    },
    retake() {
      makeFolder(folder, log);
      const fresh = lock(folder, path, log);
      database.close();
      database = fresh;
      inode = inodeOf(path);
    },
    release: () => database.close(),
  };
}

/** Makes a folder, mode 0700. A file in its place is set aside. Throws an OperatorError if the folder cannot be made. */
export function makeFolder(folder: string, log: Log): void {
  const isFile = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === false;
  if (isFile) setAside(folder, 'it is not a folder', 'a folder is made in its place', log);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unusable(folder, cause);
  }
}

function lock(folder: string, path: string, log: Log): DatabaseSync {
  try {
    return tryLock(folder, path);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    // No process holds the file, otherwise the error would be `busy`. The content of the file has no meaning.
    setAside(path, String(error), 'a new lock is made', log);
  }
  try {
    return tryLock(folder, path);
  } catch (error) {
    throw error instanceof OperatorError ? error : unusable(folder, error);
  }
}

function tryLock(folder: string, path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('pragma locking_mode = exclusive; begin exclusive');
    return database;
  } catch (cause) {
    database.close();
    if ((cause as { errcode?: number }).errcode !== sqliteBusy) throw cause;
    throw new OperatorError('data_in_use', `The data folder ${folder} is in use by another gateway.`, {
      remedy: 'Stop that one, or give this one a data folder of its own.',
      cause,
    });
  }
}

const inodeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino;

function unusable(folder: string, cause: unknown): OperatorError {
  return new OperatorError('data_unusable', `The data folder ${folder} cannot be used: ${String(cause)}.`, {
    remedy:
      'Give this user the right to write there and check that the disk works, or choose another folder with `--data`.',
    cause,
  });
}
