/** One process a data directory. */
import { closeSync, openSync, renameSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { writeWhole } from '../kernel/files.ts';
import { OperatorError } from '../kernel/operator-error.ts';

export interface Lock {
  /** Says where the platform of this directory is reached, to who asks (`tulou doctor`, a second `tulou up`). */
  announce(running: Omit<Running, 'pid'>): Promise<void>;
  release(): void;
}

const running = z.object({
  pid: z.number(),
  gateway: z.string().optional(),
  platform: z.string().optional(),
  admin: z.record(z.string(), z.string()).optional(),
  /** The address of the embedded database: a socket, with no password. */
  databaseUrl: z.string().optional(),
});
/** The record that the holder of the lock has written about itself. */
export type Running = z.output<typeof running>;

const lockName = 'tulou.lock';
const runningName = 'running.json';

/**
 * Takes the directory for this process. The lock is SQLite's: a POSIX lock on a file, which the kernel gives up with the
 * process, however it ends; Node itself offers none. Throws an OperatorError that names the holder.
 */
export async function takeLock(dir: string): Promise<Lock> {
  const database = lock(dir);
  if (database === undefined) throw await inUse(dir);
  await writeWhole(join(dir, runningName), `${JSON.stringify({ pid: process.pid })}\n`, 0o600);
  return {
    announce: (where) =>
      writeWhole(join(dir, runningName), `${JSON.stringify({ pid: process.pid, ...where })}\n`, 0o600),
    release: () => database.close(),
  };
}

/** The holder of the directory; undefined if there is none. */
export async function holderOf(dir: string): Promise<Running | undefined> {
  const database = lock(dir);
  database?.close();
  return database === undefined ? readRunning(dir) : undefined;
}

/** Undefined: another process has it. */
function lock(dir: string): DatabaseSync | undefined {
  const path = join(dir, lockName);
  try {
    return tryLock(path);
  } catch {
    // Not busy, so no process holds it, and its content has no meaning: a damaged file must not stop a start.
    return renewed(path);
  }
}

function renewed(path: string): DatabaseSync | undefined {
  try {
    rmSync(`${path}.damaged`, { recursive: true, force: true });
    renameSync(path, `${path}.damaged`);
    return tryLock(path);
  } catch (cause) {
    throw new OperatorError('data_unusable', `The lock ${path} cannot be taken: ${String(cause)}.`, {
      remedy: 'Give this user the right to write there, or remove the file; no platform uses this directory now.',
      cause,
    });
  }
}

function tryLock(path: string): DatabaseSync | undefined {
  // Every user who can open the file can hold the lock, so its mode is 0600.
  // It is made and closed first: closing a file gives up a process's locks on it.
  closeSync(openSync(path, 'a', 0o600));
  const database = new DatabaseSync(path, { timeout: askingMs });
  try {
    database.exec('pragma locking_mode = exclusive; begin exclusive');
    return database;
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === sqliteBusy) return undefined;
    throw error;
  }
}

const sqliteBusy = 5;
/** How long one that only asks (`tulou doctor`) may keep another from starting. */
const askingMs = 100;

async function readRunning(dir: string): Promise<Running> {
  const text = await readFile(join(dir, runningName), 'utf8').catch(() => '{}');
  const read = running.safeParse(parseJson(text));
  return read.success ? read.data : { pid: 0 };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function inUse(dir: string): Promise<OperatorError> {
  const { pid, platform } = await readRunning(dir);
  const who = pid === 0 ? 'another process' : `process ${pid}`;
  return new OperatorError(
    'data_in_use',
    `The data directory ${dir} is in use by ${who}${platform === undefined ? '' : `, which serves ${platform}`}.`,
    {
      remedy: `Use that one, stop it (\`kill ${pid === 0 ? '<pid>' : pid}\`), or choose another directory with \`--data\`.`,
    },
  );
}
