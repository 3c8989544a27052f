/** The data directory: made on first start, judged before anything in it is touched. */
import { access, constants, mkdir, readFile, realpath, stat, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../kernel/clock.ts';
import { writeWhole } from '../kernel/files.ts';
import { OperatorError } from '../kernel/operator-error.ts';
import { judgeClock, newestTrace } from './clock-check.ts';
import { takeLock, type Lock } from './lock.ts';

/** Rises when the directory is laid out so differently that an older Tulou would harm it. */
const layoutNow = 1;
const markName = 'tulou.json';
/** A new database takes 40 MB, a copy of PostgreSQL's programs at most 60, its log of changes the rest. */
export const firstStartBytesMin = 250 * 2 ** 20;
export const laterStartBytesMin = 50 * 2 ** 20;

const mark = z.object({ layout: z.int(), made_at: z.iso.datetime(), clock_accepted_at: z.number().optional() });
type Mark = z.output<typeof mark>;

export interface DataDirectory {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  readonly lock: Lock;
  readonly isNew: boolean;
  /** Marks it as Tulou's, once nothing else prevents a start. */
  confirm(): Promise<void>;
}

/** Opens the directory for this process, or throws an OperatorError and has changed nothing. */
export async function openDataDirectory(given: string, acceptClock: boolean, clock: Clock): Promise<DataDirectory> {
  const path = await makeDirectory(given);
  await requireSpace(path);
  // Before the lock, which writes: then the newest trace would always be this start's own.
  const trace = await newestTrace(path);
  const lock = await takeLock(path);
  try {
    const known = await readMark(path);
    if (!acceptClock) judgeClock(clock.now(), trace, known?.clock_accepted_at ?? 0);
    const confirm = (): Promise<void> => writeMark(path, known, acceptClock ? trace?.atMs : undefined, clock);
    return { path, lock, isNew: known === undefined, confirm };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function makeDirectory(given: string): Promise<string> {
  const wanted = resolve(given);
  try {
    // As root, PostgreSQL runs as another user, who must pass through; what is private in it has modes of its own.
    await mkdir(wanted, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
    const path = await realpath(wanted);
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return path;
  } catch (error) {
    throw unusable(wanted, error as NodeJS.ErrnoException);
  }
}

function unusable(path: string, cause: NodeJS.ErrnoException): OperatorError {
  const choose = 'choose another directory with `--data`';
  const [why, remedy] = {
    EEXIST: ['is not a directory', `Move the file away, or ${choose}.`],
    ENOTDIR: ['lies under a file', `Move the file away, or ${choose}.`],
    ENOSPC: ['cannot be made: the disk is full', `Free some space, or ${choose}.`],
    EROFS: ['is on a file system that is read-only', `Mount it writable, or ${choose}.`],
  }[cause.code ?? ''] ?? ['is not writable', `Give this user the right to write there, or ${choose}.`];
  return new OperatorError('data_unusable', `The data directory ${path} ${why}.`, { remedy: remedy ?? '', cause });
}

async function requireSpace(path: string): Promise<void> {
  const { bavail, bsize } = await statfs(path);
  const isNew = (await stat(join(path, markName)).catch(() => undefined)) === undefined;
  judgeSpace(path, bavail * bsize, isNew ? firstStartBytesMin : laterStartBytesMin);
}

/** Throws where fewer bytes are free than a start needs. PostgreSQL survives a full disk; a start on a full disk only fails later. */
export function judgeSpace(path: string, freeBytes: number, neededBytes: number): void {
  if (freeBytes >= neededBytes) return;
  const megabytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MB`;
  throw new OperatorError(
    'disk_full',
    `The disk of ${path} is full: ${megabytes(freeBytes)} are free, ${megabytes(neededBytes)} are needed to start.`,
    {
      remedy: 'Free some space, or choose a directory on another disk with `--data`. Nothing was changed.',
    },
  );
}

async function readMark(path: string): Promise<Mark | undefined> {
  const text = await readFile(join(path, markName), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const layout = z.object({ layout: z.int() }).safeParse(parseJson(text)).data?.layout;
  if (layout !== undefined && layout > layoutNow) {
    throw new OperatorError(
      'data_newer',
      `The data directory ${path} was written by a newer Tulou (layout ${layout}; this one knows ${layoutNow}).`,
      {
        remedy: 'Start that newer version, or choose another directory with `--data`. Nothing was changed.',
      },
    );
  }
  const read = mark.safeParse(parseJson(text));
  if (read.success) return read.data;
  throw new OperatorError('data_damaged', `${join(path, markName)} cannot be read.`, {
    remedy: `Restore it from a backup, or write \`{"layout":${layoutNow},"made_at":"2026-01-01T00:00:00Z"}\` into it.`,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function writeMark(
  path: string,
  known: Mark | undefined,
  acceptedAt: number | undefined,
  clock: Clock,
): Promise<void> {
  if (known !== undefined && acceptedAt === undefined) return;
  const made: Mark = known ?? { layout: layoutNow, made_at: new Date(clock.now()).toISOString() };
  const next = acceptedAt === undefined ? made : { ...made, clock_accepted_at: acceptedAt };
  await writeWhole(join(path, markName), `${JSON.stringify(next)}\n`, 0o600);
}
