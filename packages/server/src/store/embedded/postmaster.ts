/** One run of the `postgres` program, from start to end. */
import { execFile, spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { sleep, type Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import { OperatorError } from '../../kernel/operator-error.ts';
import type { Places } from './places.ts';

const run = promisify(execFile);

/**
 * Holds a pipe from Tulou as its standard input. Its end, when Tulou stops or is killed, stops PostgreSQL; PostgreSQL's
 * own end ends the guard. POSIX only: macOS has nothing that ties a child to its parent.
 */
const guard = `
exec 3<&0
"$@" </dev/null 3<&- &
postgres=$!
( while read -r _ <&3; do :; done; kill -INT $postgres ) &
watch=$!
exec 3<&-
wait $postgres
code=$?
kill $watch 2>/dev/null
exit $code
`;

const linesKept = 20;
const startMs = 300_000;
const stopMs = 60_000;
const orphanStopMs = 30_000;

export interface Running {
  /** Settles when PostgreSQL has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Ends it in order (a fast shutdown: clients are disconnected, then a checkpoint). */
  stop(): Promise<void>;
}

export interface PostmasterOptions {
  readonly native: string;
  readonly places: Places;
  readonly settings: Readonly<Record<string, string | number>>;
}

/** Starts PostgreSQL and waits until it accepts connections; crash recovery included. */
export async function startPostmaster(options: PostmasterOptions, clock: Clock, log: Log): Promise<Running> {
  const { places, settings } = options;
  await stopOrphan(places, clock, log);
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [join(options.native, 'bin', 'postgres'), '-D', places.data, ...args];
  const child = spawn('/bin/sh', ['-c', guard, 'tulou-postgres', ...command], {
    cwd: '/',
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['pipe', 'ignore', 'pipe'],
    // A session of its own: Ctrl-C in a terminal must not stop the database before those who use it.
    detached: true,
    ...(places.user === undefined ? {} : { uid: places.user.uid, gid: places.user.gid }),
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  child.stdin.on('error', () => undefined);
  const output = new Output(log);
  const ready = output.follow(createInterface({ input: child.stderr }));
  const timeout = clock.after(startMs, () => child.stdin.end());
  const up = await Promise.race([ready, ended.then(() => false)]);
  timeout.cancel();
  if (!up) throw cannotStart(output.last);
  return {
    ended,
    async stop() {
      child.stdin.end();
      const late = clock.after(stopMs, () => void signalPostmaster(places.data, 'SIGQUIT'));
      await ended;
      late.cancel();
    },
  };
}

/** Reads PostgreSQL's own log: into ours, and the last lines for the message when it cannot start. */
class Output {
  readonly last: string[] = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Settles with true when PostgreSQL accepts connections, with false when its log has ended. */
  follow(
    lines: AsyncIterable<string> & { on(event: string, listener: (line: string) => void): unknown },
  ): Promise<boolean> {
    return new Promise((resolve) => {
      lines.on('line', (line) => {
        this.last.push(line);
        if (this.last.length > linesKept) this.last.shift();
        if (/(FATAL|PANIC):/.test(line)) this.#log.warn({ line }, 'postgres');
        else this.#log.debug({ line }, 'postgres');
        if (line.includes('database system is ready to accept connections')) resolve(true);
      });
      lines.on('close', () => resolve(false));
    });
  }
}

function cannotStart(lines: readonly string[]): OperatorError {
  const text = lines.join('\n');
  const [, remedy] = causes.find(([shape]) => shape.test(text)) ?? [
    undefined,
    'Its own log is above. The data is untouched; correct the fault that it names and start again.',
  ];
  return new OperatorError('postgres_cannot_start', 'PostgreSQL cannot start.', {
    remedy: remedy ?? '',
    evidence: lines,
  });
}

/** The meaning of PostgreSQL's messages for an operator; the first that matches. */
const causes: readonly (readonly [RegExp, string])[] = [
  [/No space left on device/i, 'The disk is full: free some space and start again. The data is untouched.'],
  [
    /could not resize shared memory|shared memory segment.*No space/i,
    'There is too little shared memory: give the container more (`--shm-size=256m`).',
  ],
  [/Permission denied/i, 'PostgreSQL may not read or write its files: look at who owns the path named above.'],
  [
    /incompatible with server|initialized by PostgreSQL version/i,
    'The data was made by another major version of PostgreSQL: start the Tulou that wrote it, export, and import here.',
  ],
  [
    /pre-existing shared memory block/i,
    'Processes of an earlier PostgreSQL still use this data: wait until they have ended, and start again.',
  ],
];

/** Stops a PostgreSQL that an earlier Tulou left behind, and takes away the lock files of one that has ended. */
async function stopOrphan({ data, sockets }: Places, clock: Clock, log: Log): Promise<void> {
  const pid = await postmasterPid(data);
  if (pid !== undefined && (await isPostmasterOf(pid, data))) await end(pid, data, clock, log);
  // PostgreSQL takes them for valid while any process has their number: a later one after a power cut, or the old one
  // that its parent has not collected yet. Only one Tulou is ever here (up/lock.ts).
  for (const path of [join(data, 'postmaster.pid'), join(sockets, '.s.PGSQL.5432.lock')])
    await rm(path, { force: true });
}

async function end(pid: number, data: string, clock: Clock, log: Log): Promise<void> {
  log.warn({ pid }, 'a PostgreSQL of an earlier run is still there; stopping it');
  const deadline = clock.monotonic() + orphanStopMs;
  signal(pid, 'SIGINT');
  while (await isPostmasterOf(pid, data)) {
    if (clock.monotonic() > deadline) {
      throw new OperatorError('postgres_orphan', `PostgreSQL ${pid} of an earlier run does not stop.`, {
        remedy: `End it with \`kill -QUIT ${pid}\` and start again.`,
      });
    }
    await sleep(clock, 20);
  }
}

/** The process id in the lock file; undefined without a lock file. */
async function postmasterPid(data: string): Promise<number | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return pid > 1 ? pid : undefined;
}

async function signalPostmaster(data: string, name: NodeJS.Signals): Promise<void> {
  const pid = await postmasterPid(data);
  if (pid !== undefined && (await isPostmasterOf(pid, data))) signal(pid, name);
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** A postmaster keeps its command line, with our `-D`. A live process that hides its own is taken for one. */
async function isPostmasterOf(pid: number, data: string): Promise<boolean> {
  if (!signal(pid, 0)) return false;
  const command = await commandLine(pid);
  return command === undefined || command.includes(`-D ${data} `);
}

/** Its arguments, with a space after each; empty for one that has ended, undefined where the system does not say. */
async function commandLine(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
    return `${(await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)])).stdout.trim()} `;
  } catch {
    return signal(pid, 0) ? undefined : '';
  }
}
