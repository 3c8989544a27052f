/** Processes of an instance, as /proc shows them to the host. */
import { readFile } from 'node:fs/promises';
import type { GroupStats } from '../cgroup/group.ts';

const ticksPerSecond = 100;
const pageBytes = 4096;
const processesMax = 1000;

/** The process and all below it. */
export async function processesBelow(pid: number): Promise<number[]> {
  const found = [pid];
  for (let i = 0; i < found.length && found.length < processesMax; i += 1)
    found.push(...(await childrenOf(found[i] ?? 0)));
  return found;
}

export async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}

/** Without a control group: sums over the processes that run now, and the ended ones that their parents have waited for. */
export async function statsBelow(pid: number): Promise<GroupStats> {
  const all = await Promise.all((await processesBelow(pid)).map(statOf));
  return {
    cpuMs: all.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    memoryBytes: all.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
    processes: all.length,
  };
}

/** proc_pid_stat(5). The name of the program is in parentheses, and may contain anything. */
async function statOf(pid: number): Promise<{ readonly cpuMs: number; readonly memoryBytes: number }> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i] ?? 0), 0);
  return { cpuMs: (ticks * 1000) / ticksPerSecond, memoryBytes: Number(fields[21] ?? 0) * pageBytes };
}
