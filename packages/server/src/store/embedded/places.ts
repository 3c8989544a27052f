/** Where the embedded PostgreSQL keeps its things. */
import { execFile } from 'node:child_process';
import { chmod, chown, lstat, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Log } from '../../kernel/log.ts';
import { OperatorError } from '../../kernel/operator-error.ts';
import { databaseUser, type OtherUser } from './user.ts';

const run = promisify(execFile);

export interface Places {
  readonly user: OtherUser | undefined;
  /** Owned by the database's user, 0700; all else is in it. */
  readonly root: string;
  /** PGDATA. */
  readonly data: string;
  /** The folder of the Unix socket; short enough, and 0700. */
  readonly sockets: string;
}

/** sockaddr_un holds 104 bytes on macOS and 108 on Linux, with the final zero. */
const socketPathBytesMax = 103;
const pointerName = 'postgres.location';

/**
 * Finds or makes the places under `dir`. Where PostgreSQL runs as another user who cannot get there (a data directory
 * under /root), they are made under `fallback`, and a file in `dir` says where.
 */
export async function findPlaces(dir: string, fallback: string, log: Log): Promise<Places> {
  const pointer = join(dir, pointerName);
  const elsewhere = await readFile(pointer, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
  if (elsewhere !== undefined) return placesAt(await requireDirectory(elsewhere, pointer));
  const root = join(dir, 'postgres');
  const user = await databaseUser(join(root, 'data'));
  await makePrivate(root, user);
  if (user === undefined || (await reaches(user, root))) return placesAt(root);
  await rm(root, { recursive: true });
  await mkdir(fallback, { recursive: true, mode: 0o755 });
  const other = await mkdtemp(join(fallback, 'postgres-'));
  await makePrivate(other, user);
  if (!(await reaches(user, other))) throw unreachable(user, dir, other);
  await writeFile(pointer, `${other}\n`, { mode: 0o644, flush: true });
  log.warn(
    { dir, database: other },
    `the user ${user.name}, who runs PostgreSQL, cannot enter the data directory: its files are elsewhere`,
  );
  return placesAt(other);
}

async function placesAt(root: string): Promise<Places> {
  const data = join(root, 'data');
  const user = await databaseUser(data);
  await makePrivate(root, user);
  return { user, root, data, sockets: await socketDirectory(root, user) };
}

async function requireDirectory(path: string, pointer: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return path;
  throw new OperatorError(
    'database_missing',
    `${pointer} says that the database is in ${path}, but there is no such directory.`,
    {
      remedy: `Put the directory back. If its data is not needed any more, remove ${pointer}: Tulou then starts with an empty database.`,
    },
  );
}

function unreachable({ name }: OtherUser, dir: string, other: string): OperatorError {
  return new OperatorError(
    'data_unreachable',
    `The user ${name}, who runs PostgreSQL, can enter neither ${dir} nor ${other}.`,
    {
      remedy: 'Choose a data directory that every user may pass through (`--data`), or start Tulou as a normal user.',
    },
  );
}

async function makePrivate(path: string, user: OtherUser | undefined): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
  if (user !== undefined) await chown(path, user.uid >>> 0, user.gid >>> 0);
}

async function reaches(user: OtherUser, path: string): Promise<boolean> {
  const probe = ['-c', 'cd -- "$1" && test -w .', 'sh', path];
  return run('/bin/sh', probe, { cwd: '/', uid: user.uid, gid: user.gid, env: {} }).then(
    () => true,
    () => false,
  );
}

/** In `root` where the path is short enough; else one in the temporary directory, found again by the file that names it. */
async function socketDirectory(root: string, user: OtherUser | undefined): Promise<string> {
  const near = join(root, 'run');
  if (fits(near)) {
    await makePrivate(near, user);
    return near;
  }
  const note = join(root, 'sockets.location');
  const known = await readFile(note, 'utf8').catch(() => '');
  if (known !== '' && (await isPrivate(known, user))) return known;
  const far = await mkdtemp(join(fits(join(tmpdir(), 'tulou-XXXXXX')) ? tmpdir() : '/tmp', 'tulou-'));
  await makePrivate(far, user);
  await writeFile(note, far, { mode: 0o600 });
  return far;
}

function fits(directory: string): boolean {
  return Buffer.byteLength(join(directory, '.s.PGSQL.5432')) <= socketPathBytesMax;
}

/** In a directory that everyone can write, a name is not enough: it must still be ours, and a directory. */
async function isPrivate(path: string, user: OtherUser | undefined): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  const owner = user === undefined ? process.getuid?.() : user.uid >>> 0;
  return found?.isDirectory() === true && found.uid === owner && (found.mode & 0o077) === 0;
}
