/** Processes under measurement, as Linux reports them in /proc. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const tickMs = 10;

/** Processor time that a process and its threads have used, in user and kernel mode, milliseconds. */
export function cpuMs(pid: number): number {
  const { user, kernel } = cpuParts(pid);
  return user + kernel;
}

export function cpuParts(pid: number): { readonly user: number; readonly kernel: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return { user: Number(fields[11]) * tickMs, kernel: Number(fields[12]) * tickMs };
}

/** Memory that a process holds of its own (proportional to sharing), bytes. */
export function memoryBytes(pid: number): number {
  const found = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'));
  return Number(found?.[1] ?? 0) * 1024;
}

/** A process and all below it. */
export function family(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(family)];
}

function childrenOf(pid: number): number[] {
  const tasks = attempt(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return tasks.flatMap((task) => {
    const text = attempt(() => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')) ?? '';
    return text
      .split(' ')
      .filter((part) => part !== '')
      .map(Number);
  });
}

/** The process below `pid` whose command line matches. */
export function findBelow(pid: number, pattern: RegExp): number {
  const found = family(pid).find((one) =>
    pattern.test((attempt(() => readFileSync(`/proc/${one}/cmdline`, 'utf8')) ?? '').replaceAll('\0', ' ')),
  );
  if (found === undefined) throw new Error(`no process below ${pid} matches ${pattern}`);
  return found;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

export interface Pinned {
  readonly child: ChildProcess;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a program on one core. Its output goes to stderr of this process. `core` undefined: any core. */
export function startPinned(
  core: number | undefined,
  command: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Pinned {
  const [program = '', ...args] = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...env, PATH: path } });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  return {
    child,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(late);
    },
  };
}
