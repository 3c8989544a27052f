/** The control group of one instance. One interface over both versions. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeGroup, type Tree } from './tree.ts';

export interface GroupLimits {
  readonly memoryBytes: number;
  readonly cpuMillis: number;
  readonly processesMax: number;
}

export interface GroupStats {
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly processes: number;
}

export interface Group {
  add(pid: number): Promise<void>;
  stats(): Promise<GroupStats>;
  /** How often the kernel ended a process of the group for its memory. */
  memoryKills(): Promise<number>;
  processIds(): Promise<readonly number[]>;
  /** False while something still runs in it. */
  remove(): Promise<boolean>;
}

const periodUs = 100_000;
const quotaUs = (cpuMillis: number): number => Math.max(1000, Math.round((cpuMillis * periodUs) / 1000));

/** Makes the group and sets its limits, before anything is in it. */
export async function makeGroup(tree: Tree, name: string, limits: GroupLimits): Promise<Group> {
  const group = openGroup(tree, name);
  for (const folder of foldersOf(tree, name)) await mkdir(folder, { recursive: true });
  if (tree.version === 1) {
    const at = (controller: keyof typeof tree.folders, file: string): string =>
      join(tree.folders[controller], name, file);
    await writeFile(at('memory', 'memory.limit_in_bytes'), String(limits.memoryBytes));
    // Absent where the kernel does not account for swap.
    await writeFile(at('memory', 'memory.memsw.limit_in_bytes'), String(limits.memoryBytes)).catch(() => undefined);
    await writeFile(at('cpu', 'cpu.cfs_period_us'), String(periodUs));
    await writeFile(at('cpu', 'cpu.cfs_quota_us'), String(quotaUs(limits.cpuMillis)));
    await writeFile(at('pids', 'pids.max'), String(limits.processesMax));
    return group;
  }
  const at = (file: string): string => join(tree.folder, name, file);
  await writeFile(at('memory.max'), String(limits.memoryBytes));
  await writeFile(at('memory.swap.max'), '0').catch(() => undefined);
  await writeFile(at('memory.oom.group'), '1').catch(() => undefined);
  await writeFile(at('cpu.max'), `${quotaUs(limits.cpuMillis)} ${periodUs}`);
  await writeFile(at('pids.max'), String(limits.processesMax));
  return group;
}

/** A group that exists, such as one of an earlier host. */
export function openGroup(tree: Tree, name: string): Group {
  const folders = foldersOf(tree, name);
  const [first = ''] = folders;
  return {
    async add(pid) {
      for (const folder of folders) await writeFile(join(folder, 'cgroup.procs'), String(pid));
    },
    stats: () => (tree.version === 1 ? statsOfFirst(tree.folders, name) : statsOfSecond(join(tree.folder, name))),
    async memoryKills() {
      const file = tree.version === 1 ? join(first, 'memory.oom_control') : join(first, 'memory.events');
      return fieldOf(await read(file), 'oom_kill');
    },
    async processIds() {
      const text = await read(join(first, 'cgroup.procs'));
      return text.split('\n').filter(Boolean).map(Number);
    },
    async remove() {
      const removed = await Promise.all(folders.map(removeGroup));
      return removed.every(Boolean);
    },
  };
}

function foldersOf(tree: Tree, name: string): string[] {
  if (tree.version === 2) return [join(tree.folder, name)];
  const { memory, cpu, cpuacct, pids } = tree.folders;
  return [...new Set([memory, cpu, cpuacct, pids])].map((folder) => join(folder, name));
}

async function statsOfFirst(folders: Readonly<Record<string, string>>, name: string): Promise<GroupStats> {
  const at = (controller: string, file: string): Promise<string> => read(join(folders[controller] ?? '', name, file));
  const [usage, memory, processes] = await Promise.all([
    at('cpuacct', 'cpuacct.usage'),
    at('memory', 'memory.usage_in_bytes'),
    at('pids', 'pids.current'),
  ]);
  return { cpuMs: Math.floor(Number(usage) / 1e6), memoryBytes: Number(memory), processes: Number(processes) };
}

async function statsOfSecond(folder: string): Promise<GroupStats> {
  const [cpu, memory, processes] = await Promise.all(
    ['cpu.stat', 'memory.current', 'pids.current'].map((file) => read(join(folder, file))),
  );
  return {
    cpuMs: Math.floor(fieldOf(cpu ?? '', 'usage_usec') / 1000),
    memoryBytes: Number(memory),
    processes: Number(processes),
  };
}

/** Empty where the group does not exist (any longer). */
const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

function fieldOf(text: string, name: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}
