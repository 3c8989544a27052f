/**
 * The platform and the credential of a command. The important rule: a token that was found beside an address (in a context,
 * in a data directory, in the environment) is sent to that address and to no other.
 */
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { flagOf, isOn, type Arguments } from './command.ts';
import { openClient, type Client, type Connection } from './client.ts';
import { readConfig, readIfThere, readText, type Context } from './contexts.ts';
import { Failure, usageFailure } from './failure.ts';
import type { Io } from './io.ts';
import { ours, say, type Text } from './language/say.ts';
import { freshToken, renewedToken } from './login/renew.ts';
import { printText } from './terminal/print.ts';

/** One place that may name an address, a token, or both. */
interface Source {
  readonly url: string | undefined;
  readonly token: string | undefined;
  readonly urlFrom: Text;
  readonly tokenFrom: Text;
  /** The context whose sign-in has the token. */
  readonly login?: string;
  /** The user named this place on the command line: its token is also sent to another address that they named there. */
  readonly isNamed: boolean;
}

const defaultUrl = 'http://127.0.0.1:8090';
const dataFolder = '.tulou';

/** The connection, and a client that uses it. With `--verbose` it says which. */
export async function connect(args: Arguments, io: Io): Promise<{ connection: Connection; client: Client }> {
  const connection = await resolveConnection(args, io);
  if (connection.isVerbose === true) printText(connection.via, io.stderr, io);
  return { connection, client: openClient(connection, io) };
}

/**
 * In this order: flags (`--url`, `--token-file`), a named place (`--data`, `--context`), TULOU_URL and TULOU_TOKEN,
 * TULOU_DATA, the current context, the nearest `.tulou` of this directory and its parents.
 */
export async function resolveConnection(args: Arguments, io: Io): Promise<Connection> {
  const { url, urlFrom, sources } = await locate(args, io);
  const given = flagOf(args, 'token-file');
  const found = sources.find((one) => fits(one, url));
  const token = given === undefined ? found?.token : await tokenFrom(given, io);
  const login = given === undefined ? found?.login : undefined;
  if (token !== undefined || login !== undefined) warnOfPlainHttp(url, io);
  const credential = given === undefined ? (found?.tokenFrom ?? 'none') : `--token-file ${given}`;
  const connection = {
    url,
    token,
    reason: flagOf(args, 'reason'),
    via: say`platform: ${url} (${ours(urlFrom)}), credential: ${ours(credential)}`,
    isVerbose: isOn(args, 'verbose'),
  };
  if (login === undefined) return connection;
  return {
    ...connection,
    token: await freshToken(login, io),
    renew: (refused) => renewedToken(login, refused, io),
  };
}

/** The address of the platform, before there is a token. */
export async function resolveUrl(args: Arguments, io: Io): Promise<string> {
  return (await locate(args, io)).url;
}

interface Located {
  readonly url: string;
  readonly urlFrom: Text;
  readonly sources: readonly Source[];
}

async function locate(args: Arguments, io: Io): Promise<Located> {
  const given = flagOf(args, 'url');
  const sources = await sourcesFor(args, io);
  if (given !== undefined) return { url: tidyUrl(given), urlFrom: '--url', sources };
  const found = sources.find((one) => one.url !== undefined);
  return { url: tidyUrl(found?.url ?? defaultUrl), urlFrom: found?.urlFrom ?? 'default', sources };
}

async function sourcesFor(args: Arguments, io: Io): Promise<Source[]> {
  const data = flagOf(args, 'data');
  const name = flagOf(args, 'context');
  if (data !== undefined && name !== undefined) throw usageFailure('Give "--data" or "--context", not both.');
  if (data !== undefined) return [await named(data, io)];
  if (name !== undefined) return [await contextSource(name, true, io)];
  const environment: Source = {
    url: io.env.url,
    token: io.env.token,
    urlFrom: 'TULOU_URL',
    tokenFrom: 'TULOU_TOKEN',
    isNamed: false,
  };
  const { current } = await readConfig(io);
  return [
    environment,
    ...(io.env.data === undefined ? [] : await dataSource(io.env.data, 'TULOU_DATA', io)),
    ...(current === undefined ? [] : [await contextSource(current, false, io)]),
    ...(await nearestData(io)),
  ];
}

const fits = (source: Source, url: string): boolean =>
  (source.token !== undefined || source.login !== undefined) &&
  (source.isNamed || source.url === undefined || new URL(tidyUrl(source.url)).origin === new URL(url).origin);

async function named(dir: string, io: Io): Promise<Source> {
  const [source] = await dataSource(dir, `--data ${dir}`, io);
  if (source !== undefined) return { ...source, isNamed: true };
  throw new Failure(say`${dir} has no operator.token`, {
    exit: 'failed',
    help: 'Give the data directory of a "tulou up" that was started at least once.',
  });
}

/**
 * The nearest `.tulou` of this directory and its parents, where `tulou up` keeps its data. A folder of another user in a
 * parent is ignored: anyone may create one in a shared directory such as /tmp.
 */
async function nearestData(io: Io): Promise<Source[]> {
  const here = await dataSource(dataFolder, `./${dataFolder}`, io);
  for (let dir = io.cwd; here.length === 0; dir = dirname(dir)) {
    const parent = dirname(dir);
    if (parent === dir) break;
    const folder = resolve(parent, dataFolder);
    if (await isOwn(folder, io)) return dataSource(folder, folder, io);
  }
  return here;
}

async function isOwn(folder: string, io: Io): Promise<boolean> {
  try {
    const { uid } = await io.files.stat(folder);
    await io.files.stat(`${folder}/operator.token`);
    return io.uid === undefined || uid === io.uid;
  } catch {
    return false;
  }
}

const runFile = z.object({ platform: z.url() });

/** The data directory of a `tulou up`, if it is one. */
async function dataSource(dir: string, from: string, io: Io): Promise<Source[]> {
  const folder = resolve(io.cwd, dir);
  const token = await readIfThere(`${folder}/operator.token`, io);
  if (token === undefined) return [];
  const run = runFile.safeParse(parseJson((await readIfThere(`${folder}/running.json`, io)) ?? ''));
  const url = run.success ? run.data.platform : defaultUrl;
  return [{ url, token: token.trim(), urlFrom: from, tokenFrom: say`operator token of ${folder}`, isNamed: false }];
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
    throw usageFailure(
      say`There is no context "${name}".`,
      'See "tulou context list". Add one with "tulou context add".',
    );
  }
  const token = await contextToken(context, io);
  const from = say`context "${name}"`;
  const tokenFrom = context.login === undefined ? (context.token_file ?? from) : say`sign-in of the context "${name}"`;
  return {
    url: context.url,
    token,
    urlFrom: from,
    tokenFrom,
    isNamed,
    ...(context.login === undefined ? {} : { login: name }),
  };
}

async function contextToken(context: Context, io: Io): Promise<string | undefined> {
  return context.token_file === undefined ? context.token : tokenFrom(context.token_file, io);
}

/** The token in a file; `-` is the standard input. */
export async function tokenFrom(path: string, io: Io): Promise<string> {
  const text = (path === '-' ? await io.stdin.text() : await readText(resolve(io.cwd, path), io)).trim();
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  throw new Failure(say`${path} does not contain a token`, {
    exit: 'data',
    help: 'It must contain the token and nothing else.',
  });
}

/** An address in the form that paths are appended to. Throws `usage` for any other text. */
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
      say`"${text}" is not an address.`,
      'Use one like http://127.0.0.1:8090 or https://platform.example.com.',
    );
  }
  return (url.origin + url.pathname).replace(/\/+$/, '');
}

const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

function warnOfPlainHttp(url: string, io: Io): void {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'http:' && !loopback.test(hostname)) {
    printText(say`warning: the token is sent to ${url} unencrypted. Use https.`, io.stderr, io);
  }
}
