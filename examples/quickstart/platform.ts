/** The platform as a child of this process: `tulou up --json`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface Platform {
  readonly gateway: string;
  readonly platform: string;
  /** The data directory. */
  readonly data: string;
}

export interface PlatformProcess {
  readonly pid: number;
  /** Settles when it serves; rejects with a PlatformError when it has ended before. */
  readonly ready: Promise<Platform>;
  /** Settles when it has ended, however that came. */
  readonly ended: Promise<void>;
  /** Ends it in order, also while it starts. */
  stop(): Promise<void>;
}

/** Why the platform did not start, in its own words. */
export class PlatformError extends Error {}

const tulou = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'bin', 'tulou');

/** Starts the platform. `flags` are those of `tulou up`. Its log goes to stderr. */
export function startPlatform(flags: readonly string[]): PlatformProcess {
  // A separate process group: Ctrl-C reaches this process only, which then stops the platform in order. The platform
  // notices the end of this process by the closed channel.
  const child = spawn('sh', [tulou, 'up', '--json', ...flags], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return {
    pid: child.pid ?? 0,
    ready: readyOf(child, ended),
    ended,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function readyOf(child: ChildProcess, ended: Promise<void>): Promise<Platform> {
  let failure = 'The platform ended before it could serve; what it said is above.';
  eachLine(child.stderr, (line, said) => {
    if (said?.['event'] === 'failed') failure = `${String(said['message'])}\n${String(said['remedy'])}`;
    else process.stderr.write(`${line}\n`);
  });
  const ready = new Promise<Record<string, unknown>>((resolve) => {
    eachLine(child.stdout, (_, said) => {
      if (said?.['event'] === 'ready') resolve(said);
    });
  });
  const said = await Promise.race([ready, ended]);
  if (said === undefined) throw new PlatformError(failure);
  return { gateway: String(said['gateway']), platform: String(said['platform']), data: String(said['data']) };
}

function eachLine(
  stream: Readable | null,
  take: (line: string, said: Record<string, unknown> | undefined) => void,
): void {
  if (stream !== null) createInterface({ input: stream }).on('line', (line) => take(line, parse(line)));
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
