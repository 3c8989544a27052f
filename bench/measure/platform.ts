/** A platform under measurement: `tulou up` with data in a folder of its own, and its control API. */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openControl, type Control } from '@tulou/example-quickstart/control.ts';
import { startPlatform } from '@tulou/example-quickstart/platform.ts';
import { cpuMs, family, findBelow } from './process.ts';

export interface MeasuredPlatform {
  readonly gateway: string;
  readonly platform: string;
  readonly data: string;
  readonly control: Control;
  /** Process ids of the roles. */
  readonly pids: { readonly up: number; readonly gateway: number; readonly control: number; readonly worker: number };
  stop(): Promise<void>;
}

/** A folder that the embedded database's user can enter too. */
export async function newFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'bench-'));
  await chmod(path, 0o755);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export async function startMeasured(folder: string): Promise<MeasuredPlatform> {
  const running = startPlatform([
    '--data',
    join(folder, 'data'),
    '--gateway',
    '127.0.0.1:0',
    '--platform',
    '127.0.0.1:0',
  ]);
  const { gateway, platform, data } = await running.ready;
  const token = (await readFile(join(data, 'operator.token'), 'utf8')).trim();
  const pid = (role: string): number => findBelow(running.pid, new RegExp(`main\\.ts ${role}`));
  return {
    gateway,
    platform,
    data,
    control: openControl(platform, token),
    pids: { up: running.pid, gateway: pid('gateway'), control: pid('control'), worker: pid('worker') },
    stop: () => running.stop(),
  };
}

/** Does `work` for 0 to `count` − 1, `width` at a time; the first error ends it. Answers the seconds it took. */
export async function inParallel(count: number, width: number, work: (n: number) => Promise<void>): Promise<number> {
  const start = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const n = next;
      next += 1;
      await work(n);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
  return (performance.now() - start) / 1000;
}

/** Prints the progress of a long piece of work, at most every ten seconds. */
export function progress(what: string, count: number): () => void {
  let done = 0;
  let said = performance.now();
  return () => {
    done += 1;
    if (performance.now() - said < 10_000) return;
    said = performance.now();
    process.stderr.write(`${what}: ${done} of ${count}\n`);
  };
}

/** Processor time of a platform so far, milliseconds: of control, and of PostgreSQL. */
export function cpuOf({ pids }: MeasuredPlatform): { control: number; database: number } {
  const roles = [pids.gateway, pids.control, pids.worker];
  const database = family(pids.up).filter((pid) => pid !== pids.up && !roles.includes(pid));
  const sum = (all: readonly number[]): number => all.reduce((total, pid) => total + (cpuMsOrNone(pid) ?? 0), 0);
  return { control: sum([pids.control]), database: sum(database) };
}

/** A backend may have ended since it was listed. */
function cpuMsOrNone(pid: number): number | undefined {
  try {
    return cpuMs(pid);
  } catch {
    return undefined;
  }
}
