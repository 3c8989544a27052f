/** `config.json` in the user's configuration folder: named connections, and which one is in use. Mode 0600: it may hold tokens. */
import { dirname } from 'node:path';
import { z } from 'zod';
import { Failure } from './failure.ts';
import type { Io } from './io.ts';

const context = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  /** Absolute path: the token stays where it is. */
  token_file: z.string().optional(),
  token: z.string().optional(),
});
const config = z.strictObject({ current: z.string().optional(), contexts: z.record(z.string(), context) });

export type Context = z.output<typeof context>;
export type Config = z.output<typeof config>;

const ownerOnly = 0o600;
const othersMode = 0o077;

export const configPath = (io: Io): string => `${io.env.configDir}/config.json`;

/** The saved connections; none where there is no file. Throws where others could read it, or where it is damaged. */
export async function readConfig(io: Io): Promise<Config> {
  const path = configPath(io);
  const text = await readIfThere(path, io);
  if (text === undefined) return { contexts: {} };
  await refuseShared(path, io);
  return parseConfig(text, path);
}

function parseConfig(text: string, path: string): Config {
  try {
    return config.parse(JSON.parse(text));
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Failure(`${path} is damaged`, {
      exit: 'data',
      detail,
      help: 'Mend it, or remove it and add the contexts again.',
    });
  }
}

async function refuseShared(path: string, io: Io): Promise<void> {
  const { mode } = await io.files.stat(path);
  if ((mode & othersMode) === 0) return;
  throw new Failure(`${path} can be read by other users`, { exit: 'failed', help: `Run: chmod 600 ${path}` });
}

/** Writes all of it, at once or not at all. */
export async function writeConfig(next: Config, io: Io): Promise<void> {
  const path = configPath(io);
  await io.files.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const partial = `${path}.${io.uuid()}`;
  await io.files.writeFile(partial, `${JSON.stringify(next, undefined, 2)}\n`, { mode: ownerOnly });
  await io.files.rename(partial, path);
}

/** The text of a file, or undefined where there is none. */
export async function readIfThere(path: string, io: Io): Promise<string | undefined> {
  try {
    return await io.files.readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw unreadable(path, error);
  }
}

/** The text of a file that must be there. */
export async function readText(path: string, io: Io): Promise<string> {
  try {
    return await io.files.readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const detail = code === 'ENOENT' ? 'there is no such file' : error instanceof Error ? error.message : String(error);
  return new Failure(`${path} cannot be read`, { exit: 'failed', detail });
}
