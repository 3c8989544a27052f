/**
 * Sandboxes that outlived the process that started them. bubblewrap ends with its parent (`--die-with-parent`) only once it
 * has asked the kernel for that: one that loses its parent before is left, so each carries a mark in its environment.
 */
import { readdir, readFile } from 'node:fs/promises';

/** The mark of an instance: in the environment of bubblewrap, which no workload inherits. */
export const markOf = (host: string, instance: string): string => `TULOU_SANDBOX=${host}/${instance}`;

/** A process, and when it started: a number alone may belong to another process later. */
export interface ProcessHandle {
  readonly pid: number;
  readonly startedTicks: string;
}

export async function handleOf(pid: number): Promise<ProcessHandle | undefined> {
  const startedTicks = await startOf(pid);
  return startedTicks === undefined ? undefined : { pid, startedTicks };
}

export const isAlive = async ({ pid, startedTicks }: ProcessHandle): Promise<boolean> =>
  (await startOf(pid)) === startedTicks;

/** Kills it, if it is still that process. */
export async function killProcess(handle: ProcessHandle): Promise<void> {
  if (await isAlive(handle)) signal(handle.pid, 'SIGKILL');
}

export function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

/** Kills all sandboxes of this host whose instance is not in `known`. Returns how many processes that were. */
export async function killOrphans(host: string, known: ReadonlySet<string>): Promise<number> {
  const prefix = markOf(host, '');
  let killed = 0;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const environment = await readFile(`/proc/${name}/environ`, 'latin1').catch(() => '');
    const mark = environment.split('\0').find((each) => each.startsWith(prefix));
    if (mark === undefined || known.has(mark.slice(prefix.length))) continue;
    signal(Number(name), 'SIGKILL');
    killed += 1;
  }
  return killed;
}

/** Field 22 of proc_pid_stat(5). A zombie has ended. */
async function startOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}
