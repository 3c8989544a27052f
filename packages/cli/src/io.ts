/** Everything that a command may touch, as one argument: a test runs the whole command line in its own process. */
import { languageOfEnvironment, type Language } from '@tulou/contract';
import { spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import * as files from 'node:fs/promises';
import { homedir } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { setTimeout as delay } from 'node:timers/promises';

export interface Sink {
  write(text: string): void;
  readonly isTty: boolean;
  /** Width of the terminal in characters; undefined if it is not a terminal. */
  readonly columns: number | undefined;
}

export interface Source {
  readonly isTty: boolean;
  /** All of it, as UTF-8. */
  text(): Promise<string>;
  /** One line, without its end; undefined at the end of the input. */
  line(question: string): Promise<string | undefined>;
}

/** The environment, read once, in `processIo` and nowhere else. */
export interface Environment {
  readonly url: string | undefined;
  readonly token: string | undefined;
  /** Data directory of a local `tulou up`. */
  readonly data: string | undefined;
  readonly configDir: string;
  readonly language: Language;
  readonly color: boolean;
  /** A variable that a file names: `client_secret: {env: NAME}`. */
  readonly variable: (name: string) => string | undefined;
}

export type Files = Pick<
  typeof files,
  'readFile' | 'writeFile' | 'rename' | 'mkdir' | 'stat' | 'open' | 'rm' | 'readdir' | 'realpath'
>;

export interface Io {
  readonly env: Environment;
  readonly cwd: string;
  /** The user who runs us; undefined where the system has no such numbers. */
  readonly uid: number | undefined;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdin: Source;
  readonly files: Files;
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly sleep: (durationMs: number) => Promise<void>;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
  readonly uuid: () => string;
  /** Shows an address in the user's browser, where there is one. */
  readonly browse: (url: string) => void;
}

/** The process that runs us. The only reader of `process` in this package. */
export function processIo(): Io {
  // A reader that closes the pipe early (`| head`) is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    env: environmentOf(process.env, homedir()),
    cwd: process.cwd(),
    uid: process.getuid?.(),
    stdout: sinkOf(process.stdout),
    stderr: sinkOf(process.stderr),
    stdin: { isTty: process.stdin.isTTY === true, text: readAll, line: readLine },
    files,
    fetch: globalThis.fetch,
    now: () => Date.now(),
    sleep: (durationMs) => delay(durationMs),
    random: () => randomInt(0, 2 ** 32) / 2 ** 32,
    uuid: randomUUID,
    browse,
  };
}

/**
 * Reads the environment: TULOU_URL, TULOU_TOKEN, TULOU_DATA, XDG_CONFIG_HOME, NO_COLOR, TERM, and the language from
 * TULOU_LANG, then LC_ALL, LC_MESSAGES and LANG in the order of POSIX.
 */
export function environmentOf(variables: Readonly<Record<string, string | undefined>>, home: string): Environment {
  const given = (name: string) => (variables[name] === '' ? undefined : variables[name]);
  return {
    url: given('TULOU_URL'),
    token: given('TULOU_TOKEN')?.trim(),
    data: given('TULOU_DATA'),
    configDir: `${given('XDG_CONFIG_HOME') ?? `${home}/.config`}/tulou`,
    language: languageOfEnvironment(variables),
    color: given('NO_COLOR') === undefined && given('TERM') !== 'dumb',
    variable: given,
  };
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
  return {
    write: (text) => void stream.write(text),
    isTty: stream.isTTY === true,
    get columns() {
      // Some terminals do not know, and say 0.
      return stream.isTTY === true && stream.columns > 0 ? stream.columns : undefined;
    },
  };
}

/** Opens the address in a browser. It is also printed, for machines without one. */
function browse(url: string): void {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(opener, [url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
}

async function readAll(): Promise<string> {
  let text = '';
  process.stdin.setEncoding('utf8');
  for await (const chunk of process.stdin) text += String(chunk);
  return text;
}

async function readLine(question: string): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const ended = new Promise<undefined>((resolve) => void lines.once('close', () => resolve(undefined)));
  try {
    return await Promise.race([lines.question(question), ended]);
  } finally {
    lines.close();
  }
}
