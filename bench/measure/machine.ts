/** The basis of a measurement: the programs that it needs, and the processor that it ran on. */
import { accessSync, readFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';

export interface Need {
  readonly program?: string;
  readonly file?: string;
  /** The package of Debian that has it. */
  readonly debian: string;
}

/** Ends the process with the line that installs what is missing, if something is. */
export function requireAll(needs: readonly Need[]): void {
  const missing = needs.filter(({ program, file }) => !(program === undefined ? exists(file ?? '') : onPath(program)));
  if (missing.length === 0) return;
  for (const { program, file } of missing) process.stderr.write(`missing: ${program ?? file}\n`);
  const packages = [...new Set(missing.map(({ debian }) => debian))].join(' ');
  process.stderr.write(`\nOn Debian and Ubuntu: apt-get install --no-install-recommends ${packages}\n`);
  process.exit(1);
}

function onPath(program: string): boolean {
  return [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'].some((folder) =>
    exists(join(folder, program)),
  );
}

function exists(file: string): boolean {
  try {
    accessSync(file);
    return true;
  } catch {
    return false;
  }
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memory_gb: number;
  readonly system: string;
  readonly node: string;
}

export function machine(): Machine {
  const all = cpus();
  return {
    processor: all[0]?.model.trim() ?? 'unknown',
    cores: all.length,
    memory_gb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()} ${arch()}`,
    node: process.version,
  };
}

/** How busy the machine is with other things: the load average over one minute. */
export function load(): number {
  return Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
}
