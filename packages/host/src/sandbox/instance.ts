/** One running bubblewrap, from its launch until nothing of it is left. */
import { execFile } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Group } from '../cgroup/group.ts';
import { sleep, within, type Clock } from '../clock.ts';
import type { Ending, Instance, InstanceStats } from '../drivers/driver.ts';
import type { Launched, Tools } from './launch.ts';
import { handleOf, isAlive, killProcess, signal, type ProcessHandle } from './orphans.ts';
import { childrenOf, statsBelow } from './processes.ts';

interface Parts {
  readonly id: string;
  readonly socketPath: string;
  readonly launched: Launched;
  readonly group: Group | undefined;
  readonly clock: Clock;
  readonly clean: () => Promise<void>;
  /** Ends sandboxes of this host that no instance has. */
  readonly killOrphans: () => Promise<void>;
}

const removeAttemptsMax = 200;
const controlBytesMax = 4096;
const none: InstanceStats = { cpuMs: 0, memoryBytes: 0, processes: 0 };

export class SandboxInstance implements Instance {
  readonly id: string;
  readonly socketPath: string;
  readonly listening: Promise<boolean>;
  readonly ended: Promise<Ending>;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly #parts: Parts;
  #inner: ProcessHandle | undefined;
  #last = none;
  #isStopping = false;

  constructor(parts: Parts) {
    const { id, socketPath, launched } = parts;
    this.#parts = parts;
    this.id = id;
    this.socketPath = socketPath;
    this.stdout = launched.stdout;
    this.stderr = launched.stderr;
    this.ended = this.#end();
    this.listening = Promise.race([saysListen(launched.control), launched.exited.then(() => false)]);
  }

  /** Puts it under its limits, then lets its program start. */
  async enter(tools: Tools, processesMax: number | undefined): Promise<void> {
    const { launched, group } = this.#parts;
    const inner = await launched.inner;
    this.#inner = inner === undefined ? undefined : await handleOf(inner);
    const { pid } = launched.process;
    if (this.#inner === undefined || pid === undefined) return;
    // A process that has ended meanwhile can't be added: `ended` reports it.
    if (group !== undefined && !(await addBoth(group, [pid, this.#inner.pid]))) return;
    // Not before: as the host's own user, it would count all processes of that user.
    if (processesMax !== undefined && group === undefined)
      await limitProcesses(tools.prlimit, this.#inner.pid, processesMax);
    launched.release();
  }

  async stats(): Promise<InstanceStats> {
    const { group } = this.#parts;
    if (this.#inner === undefined || this.#parts.launched.process.exitCode !== null) return this.#last;
    const now = await (group === undefined ? statsBelow(this.#inner.pid) : group.stats());
    this.#keep(now);
    return this.#last;
  }

  async stop(graceMs: number): Promise<void> {
    const { launched, clock } = this.#parts;
    this.#isStopping = true;
    // bubblewrap that is killed before this would leave the first process inside.
    await launched.inner;
    if (this.#inner !== undefined && graceMs > 0 && launched.process.exitCode === null) {
      for (const pid of await childrenOf(this.#inner.pid)) signal(pid, 'SIGTERM');
      await within(clock, graceMs, launched.exited);
    }
    // All processes of a namespace end with its first, and bubblewrap outside with that.
    if (this.#inner !== undefined) await killProcess(this.#inner);
    else launched.process.kill('SIGKILL');
    await this.ended;
  }

  async #end(): Promise<Ending> {
    const { launched, group, clock, clean } = this.#parts;
    const { code, signal: name } = await launched.exited;
    await this.#killRest();
    let memoryKills = 0;
    if (group !== undefined) {
      this.#keep(await group.stats());
      memoryKills = await group.memoryKills();
      // Ended processes leave a group a moment after their exit.
      for (let i = 0; i < removeAttemptsMax && !(await group.remove()); i += 1) await sleep(clock, 10);
    }
    await clean();
    const reason = this.#isStopping ? 'stopped' : memoryKills > 0 ? 'memory' : 'exit';
    return { reason, code, signal: name };
  }

  /** bubblewrap outside may have been killed alone. */
  async #killRest(): Promise<void> {
    const { launched, clock, killOrphans } = this.#parts;
    const inner = this.#inner ?? (await launched.inner.then((pid) => (pid === undefined ? undefined : handleOf(pid))));
    if (inner === undefined) return killOrphans();
    await killProcess(inner);
    while (await isAlive(inner)) await sleep(clock, 5);
    return undefined;
  }

  /** Sums never fall: figures of a group that is deleted meanwhile are zero. */
  #keep(now: InstanceStats): void {
    this.#last = { ...now, cpuMs: Math.max(now.cpuMs, this.#last.cpuMs) };
  }
}

/** Both runtimes report `{"event":"listen",…}` in a line. A workload that forges it only hastens its own start. */
async function saysListen(control: Readable): Promise<boolean> {
  return new Promise((resolve) => {
    let text = '';
    control.on('data', (chunk: Buffer) => {
      if (text.length > controlBytesMax) return;
      text += chunk.toString('latin1');
      if (text.includes('"listen"')) resolve(true);
    });
  });
}

async function addBoth(group: Group, pids: readonly number[]): Promise<boolean> {
  try {
    for (const pid of pids) await group.add(pid);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH' || code === 'ENOENT') return false;
    throw error;
  }
}

const limitProcesses = (prlimit: string, pid: number, max: number): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile(prlimit, [`--pid=${pid}`, `--nproc=${max}:${max}`], { env: {} }, (error) =>
      error === null ? resolve() : reject(new Error('prlimit failed', { cause: error })),
    );
  });
