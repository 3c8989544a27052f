/** The programs that run workloads, with all they load, in a place that every user of an instance can reach. */
import { copyFile, chmod, mkdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { HostError } from '../host-error.ts';
import { librariesOf } from './libraries.ts';

export interface Runtime {
  /** Path in the sandbox. */
  readonly program: string;
  readonly binds: readonly (readonly [source: string, target: string])[];
}

/** Finds a program in the places where distributions install programs. */
export async function findProgram(name: string, remedy: string): Promise<string> {
  for (const folder of ['/usr/bin', '/bin', '/usr/local/bin', '/usr/sbin']) {
    const path = join(folder, name);
    if ((await stat(path).catch(() => undefined))?.isFile() === true) return path;
  }
  throw new HostError(`The program ${name} is not installed.`, remedy);
}

/** The binary of workerd that npm has installed for this machine. */
export function findWorkerd(): string {
  const name = `@cloudflare/workerd-linux-${process.arch === 'arm64' ? 'arm64' : '64'}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'bin', 'workerd');
  } catch (error) {
    throw new HostError(`The package ${name} is not installed.`, 'Install optional dependencies too.', error);
  }
}

/**
 * A runtime from a program of the host. Where other users can't reach the program, it is copied into `copies` first: a
 * checkout in the home folder of root is such a place.
 */
export async function openRuntime(name: string, program: string, copies: string): Promise<Runtime> {
  const source = (await isReachable(program)) ? program : await copyOf(name, program, copies);
  const target = `/runtime/${name}`;
  const libraries = await librariesOf(source);
  return { program: target, binds: [[source, target], ...libraries.map((path) => [path, path] as const)] };
}

/** Whether every user can walk to the file and run it. */
export async function isReachable(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    const { mode } = await stat(at);
    if ((mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

async function copyOf(name: string, program: string, copies: string): Promise<string> {
  const copy = join(copies, name);
  const [now, before] = await Promise.all([stat(program), stat(copy).catch(() => undefined)]);
  if (before?.size === now.size && before.mtimeMs >= now.mtimeMs) return copy;
  await mkdir(copies, { recursive: true });
  await copyFile(program, copy);
  await chmod(copy, 0o755);
  return copy;
}
