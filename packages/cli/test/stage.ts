/** A terminal, a home and a working directory of our own: a whole command line runs in this process and is looked at. */
import { mkdtemp, rm } from 'node:fs/promises';
import * as files from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { environmentOf, type Io, type Sink } from '../src/io.ts';
import { run } from '../src/main.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Scene {
  /** Environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** The standard input: its text; on a terminal, what the user types at each question. */
  readonly input?: string;
  readonly answers?: readonly string[];
  /** Standard output and error are a terminal of this width. */
  readonly columns?: number;
  readonly fetch?: Io['fetch'];
  readonly browse?: Io['browse'];
  readonly sleep?: Io['sleep'];
}

export interface Stage extends AsyncDisposable {
  readonly dir: string;
  /** How long the command chose to wait, each time. Nothing really waits. */
  readonly waitedMs: number[];
  io(scene?: Scene): Io & { readonly written: { out: string; err: string } };
  tulou(words: readonly string[], scene?: Scene): Promise<Ran>;
}

/** A stage whose commands speak with this platform, if one is given. */
export async function openStage(connection: Readonly<Record<string, string>> = {}): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), 'tulou-cli-'));
  const waitedMs: number[] = [];
  const io: Stage['io'] = (scene = {}) => {
    const written = { out: '', err: '' };
    const answers = [...(scene.answers ?? [])];
    return {
      written,
      env: environmentOf({ ...connection, ...scene.env }, join(dir, 'home')),
      cwd: dir,
      uid: process.getuid?.(),
      stdout: sink((text) => (written.out += text), scene.columns),
      stderr: sink((text) => (written.err += text), scene.columns),
      stdin: {
        isTty: scene.answers !== undefined,
        text: () => Promise.resolve(scene.input ?? ''),
        line: (question) => {
          written.err += question;
          return Promise.resolve(answers.shift());
        },
      },
      files,
      fetch: scene.fetch ?? globalThis.fetch,
      sleep: scene.sleep ?? ((durationMs) => Promise.resolve(void waitedMs.push(durationMs))),
      random: () => 0.5,
      uuid: randomUUID,
      now: () => Date.now(),
      browse: scene.browse ?? (() => undefined),
    };
  };
  return {
    dir,
    waitedMs,
    io,
    async tulou(words, scene) {
      const stage = io(scene);
      const code = await run(words, stage);
      return { code, out: stage.written.out, err: stage.written.err };
    },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

function sink(write: (text: string) => void, columns: number | undefined): Sink {
  return { write, columns, isTty: columns !== undefined };
}
