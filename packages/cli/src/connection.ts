/**
 * Where the platform is, and with which token. The rule that matters: a token that was found beside an address (in a
 * context, in a data folder, in the environment) is sent to that address and to no other.
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { flagOf, type Arguments } from './command.ts';
import { readConfig, readIfThere, readText, type Context } from './contexts.ts';
import { Failure, usageFailure } from './failure.ts';
import type { Io } from './io.ts';
import { freshToken, renewedToken } from './login/renew.ts';

export interface Connection {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string | undefined;
  readonly reason: string | undefined;
  /** Where the user has signed in: another token in place of one that is refused. */
  readonly renew?: (refused: string) => Promise<string>;
}

/** One place that may know an address, a token, or both. */
interface Source {
  readonly url: string | undefined;
  readonly token: string | undefined;
  /** The context whose sign-in has the token. */
  readonly login?: string;
  /** The user named this place on the command line: its token goes with whatever address they named, too. */
  readonly isNamed: boolean;
}

const defaultUrl = 'http://127.0.0.1:8090';
const defaultData = '.tulou';

/**
 * In this order: flags (`--url`, `--token-file`), a named place (`--data`, `--context`), TULOU_URL and TULOU_TOKEN, the
 * context in use, the data folder `.tulou` of this directory.
 */
export async function resolveConnection(args: Arguments, io: Io): Promise<Connection> {
  const sources = await sourcesFor(args, io);
  const givenUrl = flagOf(args, 'url');
  const url = tidyUrl(givenUrl ?? sources.find((one) => one.url !== undefined)?.url ?? defaultUrl);
  const given = flagOf(args, 'token-file');
  const found = given === undefined ? sources.find((one) => fits(one, url)) : { token: await tokenFrom(given, io) };
  if (found !== undefined) warnOfPlainHttp(url, io);
  const connection = { url, token: found?.token, reason: flagOf(args, 'reason') };
  const login = found !== undefined && 'login' in found ? found.login : undefined;
  if (login === undefined) return connection;
  const token = await freshToken(login, io);
  return { ...connection, token, renew: (refused) => renewedToken(login, refused, io) };
}

/** Where the platform is, for who has no token yet. */
export async function resolveUrl(args: Arguments, io: Io): Promise<string> {
  const given = flagOf(args, 'url');
  if (given !== undefined) return tidyUrl(given);
  const sources = await sourcesFor(args, io);
  return tidyUrl(sources.find((one) => one.url !== undefined)?.url ?? defaultUrl);
}

async function sourcesFor(args: Arguments, io: Io): Promise<Source[]> {
  const data = flagOf(args, 'data');
  const name = flagOf(args, 'context');
  if (data !== undefined && name !== undefined) throw usageFailure('Give "--data" or "--context", not both.');
  if (data !== undefined) return [await named(data, io)];
  if (name !== undefined) return [await contextSource(name, true, io)];
  const environment: Source = { url: io.env.url, token: io.env.token, isNamed: false };
  const { current } = await readConfig(io);
  const inUse = current === undefined ? [] : [await contextSource(current, false, io)];
  return [environment, ...inUse, ...(await localSource(defaultData, false, io))];
}

const fits = (source: Source, url: string): boolean =>
  (source.token !== undefined || source.login !== undefined) &&
  (source.isNamed || source.url === undefined || new URL(tidyUrl(source.url)).origin === new URL(url).origin);

async function named(dir: string, io: Io): Promise<Source> {
  const [source] = await localSource(dir, true, io);
  if (source !== undefined) return source;
  throw new Failure(`${dir} has no operator.token`, {
    exit: 'failed',
    help: 'Give the data folder of a "tulou up" that has been started at least once.',
  });
}

const runFile = z.object({ platform: z.url() });

/** The data folder of a `tulou up`, if it is one. */
async function localSource(dir: string, isNamed: boolean, io: Io): Promise<Source[]> {
  const folder = resolve(io.cwd, dir);
  const token = await readIfThere(`${folder}/operator.token`, io);
  if (token === undefined) return [];
  const run = runFile.safeParse(parseJson((await readIfThere(`${folder}/running.json`, io)) ?? ''));
  return [{ url: run.success ? run.data.platform : defaultUrl, token: token.trim(), isNamed }];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function contextSource(name: string, isNamed: boolean, io: Io): Promise<Source> {
  const { contexts } = await readConfig(io);
  const context = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (context === undefined) {
    throw usageFailure(`There is no context "${name}".`, 'See "tulou context list"; add one with "tulou context add".');
  }
  const token = await contextToken(context, io);
  return { url: context.url, token, isNamed, ...(context.login === undefined ? {} : { login: name }) };
}

async function contextToken(context: Context, io: Io): Promise<string | undefined> {
  return context.token_file === undefined ? context.token : tokenFrom(context.token_file, io);
}

/** The token in a file; `-` is the standard input. */
export async function tokenFrom(path: string, io: Io): Promise<string> {
  const text = (path === '-' ? await io.stdin.text() : await readText(resolve(io.cwd, path), io)).trim();
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new Failure(`${path} does not hold a token`, {
    exit: 'data',
    help: 'It must hold the token and nothing else.',
  });
}

/** An address in the form that paths are put behind. Throws `usage` for what is none. */
export function tidyUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url === undefined ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== '' ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    throw usageFailure(
      `"${text}" is not an address.`,
      'Give one like http://127.0.0.1:8090 or https://platform.example.com.',
    );
  }
  return (url.origin + url.pathname).replace(/\/+$/, '');
}

const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

function warnOfPlainHttp(url: string, io: Io): void {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' && !loopback.test(hostname)) {
    io.stderr.write(`tulou: the token goes to ${url} unencrypted; use https.\n`);
  }
}
