/** A role in a process of its own: this program again, with a channel that ends with whoever started it. */
import { spawn } from 'node:child_process';
import { z } from 'zod';
import type { Clock } from '../kernel/clock.ts';
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
}

const ready = z.object({ event: z.literal('ready'), urls: z.record(z.string(), z.string()) });

/** A drain waits for running calls; past this they are cut. */
const drainMs = 30_000;

/** Starts the role and waits until it says that it serves. */
export async function startChild({ role, program, environment }: ChildOptions, clock: Clock): Promise<Child> {
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

/**
 * The other end, in the child: says that the role serves, then runs it until a signal, or until the channel to the
 * supervisor breaks (it was killed). Without a supervisor, only signals count. Settles when the role has ended.
 */
export async function serveRole(start: () => Promise<RunningRole>): Promise<void> {
  const asked = new Promise<'asked'>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(name, () => resolve('asked'));
    process.once('disconnect', () => resolve('asked'));
  });
  // A role that waits for another to start (a gateway for control) has nothing yet that it would have to drain.
  const role = await Promise.race([start(), asked]);
  if (role === 'asked') return;
  if (process.connected) process.send?.({ event: 'ready', urls: role.urls });
  await asked;
  await role.stop();
}
