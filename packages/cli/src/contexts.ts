/** `config.json` in the user's configuration folder: named connections, and the current one. Mode 0600: it may contain tokens. */
import { dirname } from 'node:path';
import { z } from 'zod';
import { Failure, usageFailure } from './failure.ts';
import type { Io } from './io.ts';
import { say } from './language/say.ts';

const login = z.strictObject({
  refresh_token: z.string(),
  access_token: z.string(),
  /** When the access token expires, Unix seconds. */
  expires_at: z.int(),
});

const context = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  /** Absolute path: the token stays where it is. */
  token_file: z.string().optional(),
  token: z.string().optional(),
  /** The tokens of `tulou login`. */
  login: login.optional(),
});
const config = z.strictObject({ current: z.string().optional(), contexts: z.record(z.string(), context) });

export type Login = z.output<typeof login>;
export type Context = z.output<typeof context>;
export type Config = z.output<typeof config>;

const ownerOnly = 0o600;
const othersMode = 0o077;

export const configPath = (io: Io): string => `${io.env.configDir}/config.json`;

/** The saved connections; none if there is no file. Throws if other users can read the file, or if it is damaged. */
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
    throw new Failure(say`${path} is damaged`, {
      exit: 'data',
      detail,
      help: 'Correct it, or delete it and add the contexts again.',
    });
  }
}

async function refuseShared(path: string, io: Io): Promise<void> {
  const { mode } = await io.files.stat(path);
  if ((mode & othersMode) === 0) return;
  throw new Failure(say`Other users can read ${path}`, { exit: 'failed', help: say`Run: chmod 600 ${path}` });
}

/**
 * Changes the file, one command after the other. Two commands that renew the same sign-in at once would use one refresh token
 * twice, which looks like theft and ends the sign-in. Returns the result of the change.
 */
export async function changeConfig<T>(
  io: Io,
  change: (config: Config) => Promise<{ config: Config; result: T }>,
): Promise<T> {
  const path = configPath(io);
  await io.files.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const lock = `${path}.lock`;
  await takeLock(lock, io);
  try {
    const { config: next, result } = await change(await readConfig(io));
    await writeConfig(next, path, io);
    return result;
  } finally {
    await io.files.rm(lock, { force: true });
  }
}

/** Saves a connection under a name, and makes it the current one. */
export function saveContext(name: string, saved: Context, io: Io): Promise<void> {
  return changeConfig(io, async (config) => ({
    config: { current: name, contexts: { ...config.contexts, [name]: saved } },
    result: undefined,
  }));
}

/** Throws `usage` for a text that cannot be the name of a context. */
export function holdName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name)) return name;
  throw usageFailure(say`"${name}" is not a valid name for a context.`, 'Use letters, digits, dots and hyphens.');
}

const lockTriesMax = 400;
const lockDelayMs = 50;
/** Longer than any command holds it: the process that created it has ended. */
const lockAgeMsMax = 60_000;

async function takeLock(path: string, io: Io): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await (await io.files.open(path, 'wx', ownerOnly)).close();
      return;
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    if (tries === lockTriesMax)
      throw new Failure(say`${path} blocks the configuration`, {
        exit: 'failed',
        help: 'Delete it if no other tulou is running.',
      });
    if (await isOld(path, io)) await io.files.rm(path, { force: true });
    else await io.sleep(lockDelayMs);
  }
}

async function isOld(path: string, io: Io): Promise<boolean> {
  try {
    return io.now() - (await io.files.stat(path)).mtimeMs > lockAgeMsMax;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** Replaces the file atomically. */
async function writeConfig(next: Config, path: string, io: Io): Promise<void> {
  const partial = `${path}.${io.uuid()}`;
  await io.files.writeFile(partial, `${JSON.stringify(next, undefined, 2)}\n`, { mode: ownerOnly });
  await io.files.rename(partial, path);
}

/** The text of a file, or undefined if it does not exist. */
export async function readIfThere(path: string, io: Io): Promise<string | undefined> {
  try {
    return await io.files.readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined;
    throw unreadable(path, error);
  }
}

/** The text of a file that must exist. */
export async function readText(path: string, io: Io): Promise<string> {
  try {
    return await io.files.readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const detail =
    code === 'ENOENT' ? 'The file does not exist.' : error instanceof Error ? error.message : String(error);
  return new Failure(say`${path} cannot be read`, { exit: 'failed', detail });
}
