/** `tulou up` as a user starts it: the command, in a separate process that tests kill and query. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const checkout = join(import.meta.dirname, '..', '..', '..', '..');

export interface StartOptions {
  readonly data: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The location of the program; by default this checkout. */
  readonly root?: string;
  readonly identity?: { readonly uid: number; readonly gid: number };
  /** Flags for the addresses to listen on; by default free ports. */
  readonly ports?: readonly string[];
}

const anyPorts = ['--gateway', '127.0.0.1:0', '--platform', '127.0.0.1:0'];

export interface Ready {
  readonly event: 'ready';
  readonly gateway: string;
  readonly platform: string;
  readonly data: string;
  readonly admin: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly pid: number;
  /** Rejects with its whole output if it ends before it is ready. */
  readonly ready: Promise<Ready>;
  readonly ended: Promise<Ended>;
  kill(signal: NodeJS.Signals): void;
}

/** Runs `tulou <command>`. Ports are free ones, so that tests do not conflict. */
export function tulou(
  command: string,
  { data, args = [], env = {}, root = checkout, identity, ports = anyPorts }: StartOptions,
): Started {
  const line = [join(root, 'packages/cli/bin/tulou'), command, '--data', data, ...ports, ...args];
  const { TULOU_TEST_DATABASE_URL: _, ...inherited } = process.env;
  const child = spawn('sh', line, {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...inherited, ...env },
    ...identity,
  });
  let stdout = '';
  let stderr = '';
  const { promise: ready, resolve, reject } = Promise.withResolvers<Ready>();
  ready.catch(() => undefined);
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (args.includes('--json') && stdout.endsWith('\n')) resolve(JSON.parse(stdout) as Ready);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((settle) => {
    child.once('close', (code) => {
      settle({ code, stdout, stderr });
      reject(new Error(`tulou ${command} ended with ${code}: ${stdout}${stderr}`));
    });
  });
  return { pid: child.pid ?? 0, ready, ended, kill: (signal) => child.kill(signal) };
}

/** `tulou up --json`, once it is ready. */
export async function up(options: StartOptions): Promise<Started & { readonly at: Ready }> {
  const started = tulou('up', { ...options, args: ['--json', ...(options.args ?? [])] });
  return { ...started, at: await started.ready };
}

export interface Entry {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
  readonly command: string;
}

/** The process table, without processes that have ended and only wait to be collected. */
export async function processes(): Promise<readonly Entry[]> {
  const { stdout } = await run('ps', ['-A', '-ww', '-o', 'pid=,ppid=,stat=,args='], { maxBuffer: 2 ** 26 });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, state = '', command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined || state.startsWith('Z')
      ? []
      : [{ pid: Number(pid), parent: Number(parent), state, command }];
  });
}

/** All processes that a process has started, directly or indirectly. */
export async function familyOf(pid: number): Promise<readonly Entry[]> {
  const table = await processes();
  const below = (parent: number): readonly Entry[] =>
    table.filter((entry) => entry.parent === parent).flatMap((entry) => [entry, ...below(entry.pid)]);
  return below(pid);
}

/** Waits until none of them is left. The test runner bounds the wait. */
export async function untilGone(family: readonly Entry[]): Promise<void> {
  await until(async () => {
    const left = new Map((await processes()).map(({ pid, command }) => [pid, command]));
    return family.every(({ pid, command }) => left.get(pid) !== command && !isServerOf(command, left.get(pid)));
  });
}

/** PostgreSQL's processes change their title as they work. */
const isServerOf = (before: string, now: string | undefined): boolean =>
  before.startsWith('postgres:') && now?.startsWith('postgres:') === true;

/** Asks until the condition holds. There is no event for the end of a process that is not ours. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(20);
}

/** A directory of this test's own, where every user may pass through; removed with `remove`. */
export async function temporary(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'tulou-faults-')));
  await run('chmod', ['711', path]);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
