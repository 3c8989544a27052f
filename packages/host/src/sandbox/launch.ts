/** Starts one bubblewrap. The only place where an instance becomes a process. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex, Readable, Writable } from 'node:stream';
import { argumentsOf, descriptors, encodeArguments, type RootPlan } from './root.ts';

export interface Tools {
  readonly bubblewrap: string;
  readonly prlimit: string;
}

/** Limits of each process (prlimit(1)). */
export interface ProcessLimits {
  readonly filesMax: number;
  /** Processes and threads of the user. Undefined where the user is the host's own. */
  readonly processesMax: number | undefined;
  /** Private memory of each process. Undefined where a control group limits all of them. */
  readonly dataBytesMax: number | undefined;
}

export interface LaunchPlan {
  readonly root: RootPlan;
  readonly limits: ProcessLimits;
  readonly filter: Buffer;
  /** Descriptor of the listening socket. */
  readonly listen: number;
  /** `NAME=value`, in the environment of bubblewrap itself. */
  readonly mark: string;
  /** User and group on the host; undefined: the host's own. */
  readonly user: number | undefined;
}

export interface Launched {
  readonly process: ChildProcess;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The program reports on it that it listens. */
  readonly control: Readable;
  /** The first process inside, as the host numbers it. Undefined where bubblewrap ended before. */
  readonly inner: Promise<number | undefined>;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** The program does not start before this. */
  release(): void;
}

export function launch(tools: Tools, plan: LaunchPlan): Launched {
  const { user } = plan;
  const command = ['--args', String(descriptors.arguments), '--', ...plan.root.command];
  const child = spawn(tools.prlimit, [...limitArguments(plan.limits), tools.bubblewrap, ...command], {
    cwd: '/',
    env: Object.fromEntries([plan.mark.split('=', 2)]) as Record<string, string>,
    // Ctrl-C in a terminal reaches the host only.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', plan.listen, 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
    ...(user === undefined ? {} : { uid: user, gid: user }),
  });
  const at = (descriptor: number): Duplex => quiet(child.stdio[descriptor] as unknown as Duplex);
  const exited = new Promise<Awaited<Launched['exited']>>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  at(descriptors.filter).end(plan.filter);
  at(descriptors.arguments).end(encodeArguments(argumentsOf(plan.root)));
  const block: Writable = at(descriptors.block);
  return {
    process: child,
    stdout: child.stdout as Readable,
    stderr: child.stderr as Readable,
    control: at(descriptors.control),
    inner: innerProcess(at(descriptors.info), exited),
    exited,
    release: () => void block.end('1'),
  };
}

/** A pipe to a process that has just ended breaks; `exited` reports the cause. */
function quiet(stream: Duplex): Duplex {
  stream.on('error', () => undefined);
  return stream;
}

function limitArguments({ filesMax, processesMax, dataBytesMax }: ProcessLimits): string[] {
  return [
    `--nofile=${filesMax}:${filesMax}`,
    '--core=0:0',
    '--memlock=65536:65536',
    ...(processesMax === undefined ? [] : [`--nproc=${processesMax}:${processesMax}`]),
    ...(dataBytesMax === undefined ? [] : [`--data=${dataBytesMax}:${dataBytesMax}`]),
  ];
}

/** bubblewrap writes `{"child-pid": …}` in several parts. It is read to its end: a closed pipe would kill bubblewrap. */
async function innerProcess(info: Readable, exited: Promise<unknown>): Promise<number | undefined> {
  const said = new Promise<number>((resolve) => {
    let text = '';
    info.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString('latin1')).slice(-4096);
      const [, pid] = /"child-pid"\s*:\s*(\d+)\D/.exec(text) ?? [];
      if (pid !== undefined) resolve(Number(pid));
    });
  });
  return Promise.race([said, exited.then(() => undefined)]);
}
