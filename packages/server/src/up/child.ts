/** A role in a process of its own: this program again, with a channel that ends with the process that started it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { systemClock, type Clock, type Timer } from '../kernel/clock.ts';
import { hungBounds, HungJudge, type HungBounds } from '../kernel/hung.ts';
import type { Log } from '../kernel/log.ts';
import { OperatorError } from '../kernel/operator-error.ts';
import type { RunningRole } from '../kernel/role.ts';
import type { Part } from './keeper.ts';

export interface Child extends Part {
  readonly urls: Readonly<Record<string, string>>;
}

export interface ChildOptions {
  readonly role: string;
  /** The program: `main.ts`. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** When the role counts as hung. */
  readonly hung?: HungBounds;
}

const ready = z.object({ event: z.literal('ready'), urls: z.record(z.string(), z.string()) });
const beat = { event: 'beat' } as const;
const beatEveryMs = 500;
const lookEveryMs = 1000;
/** Clock ticks of the kernel in a second, as /proc counts processor time: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** A drain waits for running calls; past this they are cut. */
const drainMs = 30_000;

/**
 * Starts the role and waits until it says that it serves. A role that hangs is killed, before that or after it: for its
 * keeper it has ended then.
 */
export async function startChild(options: ChildOptions, clock: Clock, log: Log): Promise<Child> {
  const { role, program, environment } = options;
  const child = spawn(process.execPath, [...process.execArgv, program, role], {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // Ctrl-C in a terminal must reach the supervisor only: it knows the order in which parts end.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const said = new Promise<Readonly<Record<string, string>>>((resolve) => {
    child.on('message', (message) => {
      const read = ready.safeParse(message);
      if (read.success) resolve(read.data.urls);
    });
  });
  const looking = watch(child, options, clock, log);
  void ended.then(() => looking.cancel());
  const urls = await Promise.race([said, ended]);
  if (urls === undefined) {
    throw new OperatorError('role_failed', `The role ${role} ended before it could serve.`, {
      remedy: 'What it said is above. If it says nothing that you can mend, start again with TULOU_LOG_LEVEL=debug.',
    });
  }
  return {
    urls,
    ended,
    async stop() {
      child.kill('SIGTERM');
      const late = clock.after(drainMs, () => child.kill('SIGKILL'));
      await ended;
      late.cancel();
    },
  };
}

/** The callback takes the error of a supervisor that has just been killed. */
function sayBeat(): void {
  if (process.connected) process.send?.(beat, undefined, undefined, () => undefined);
}

/** Looks every second whether the role still turns, and kills it where it does not. */
function watch(child: ChildProcess, { role, hung = hungBounds }: ChildOptions, clock: Clock, log: Log): Timer {
  const judge = new HungJudge(hung);
  let beats = 0;
  child.on('message', () => (beats += 1));
  return clock.every(lookEveryMs, async () => {
    const reason = judge.look(beats, await cpuMsOf(child.pid ?? 0), clock.monotonic());
    if (reason === undefined || child.exitCode !== null || child.signalCode !== null) return;
    log.error({ part: role, reason }, 'a part of the platform hangs; it is ended');
    child.kill('SIGKILL');
  });
}

/** Processor time of a process's main thread, which is the one that beats. Undefined where the system does not say. */
async function cpuMsOf(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/task/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name of the program is in parentheses, and may hold anything.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ') ?? [];
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isNaN(ticks) ? undefined : (ticks * 1000) / ticksPerSecond;
}

/**
 * The other end, in the child: says that the role serves, then runs it until a signal, or until the channel to the
 * supervisor breaks (it was killed). Without a supervisor, only signals count. Settles when the role has ended.
 */
export async function serveRole(start: () => Promise<RunningRole>): Promise<void> {
  const asked = new Promise<'asked'>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(name, () => resolve('asked'));
    process.once('disconnect', () => resolve('asked'));
  });
  // Reports that the event loop runs. Without a supervisor there is no receiver.
  const beating = systemClock.every(beatEveryMs, sayBeat);
  // A role that waits for another to start (a gateway for control) has nothing yet that it would have to drain.
  const role = await Promise.race([start(), asked]);
  if (role === 'asked') return beating.cancel();
  if (process.connected) process.send?.({ event: 'ready', urls: role.urls });
  await asked;
  await role.stop();
}
