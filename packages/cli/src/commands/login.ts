/** `tulou login` and `tulou logout`: a saved connection with a person's sign-in instead of a token. */
import { whoami } from '@tulou/contract/operations/whoami';
import { openClient } from '../client.ts';
import { flagOf, isOn, type Arguments, type Command } from '../command.ts';
import { resolveUrl } from '../connection.ts';
import { changeConfig, configPath, holdName, readConfig, saveContext, type Config, type Context } from '../contexts.ts';
import type { ExitName } from '../exit.ts';
import { Failure, usageFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { say } from '../language/say.ts';
import { loginByBrowser } from '../login/browser.ts';
import { loginByDevice } from '../login/device.ts';
import { discover } from '../login/issuer.ts';
import { revoke } from '../login/renew.ts';
import { printText } from '../terminal/print.ts';
import { printable } from '../terminal/text.ts';

const section = 'Connection and shell';

export const login: Command = {
  kind: 'command',
  section,
  summary: 'Sign in to a platform and make it the current context',
  positionals: ['name?'],
  options: [
    {
      name: 'url',
      type: 'string',
      placeholder: 'URL',
      summary: 'Platform listener; by default that of the named or the current context',
    },
    {
      name: 'device',
      type: 'boolean',
      summary: 'Show a code to enter on another device, for machines without a browser',
    },
  ],
  examples: ['tulou login', 'tulou login work --url https://platform.example.com', 'tulou login --device'],
  notes: [
    'Your role in each tenant decides which commands you may run. The sign-in is saved in your configuration file, which only you can read, under the given name or the host name of the platform.',
  ],
  run: signIn,
};

export const logout: Command = {
  kind: 'command',
  section,
  summary: 'Sign out: the platform revokes the tokens, and this machine deletes them',
  positionals: ['name?'],
  options: [],
  examples: ['tulou logout', 'tulou logout work'],
  run: signOut,
};

async function signIn(args: Arguments, io: Io): Promise<ExitName> {
  const url = await urlFor(args, io);
  const name = holdName(args.positionals[0] ?? nameFor(url));
  const issuer = await discover(url, io);
  const kept = await (isOn(args, 'device') ? loginByDevice : loginByBrowser)(issuer, io);
  const before = (await readConfig(io)).contexts[name]?.login;
  await saveContext(name, { url, login: kept }, io);
  // Otherwise the previous sign-in would stay valid for weeks.
  if (before !== undefined) await revoke(url, before, io).catch(() => undefined);
  const connection = { url, token: kept.access_token, reason: undefined, via: say`platform: ${url}` };
  const client = openClient(connection, io);
  const who = whoami.get.output.parse((await client.call({ method: 'GET', path: whoami.get.path })).json);
  const email = who.kind === 'operator' ? who.id : who.email;
  printText(
    say`Signed in as ${printable(email)}. Saved as "${name}" in ${configPath(io)}; it is the current context.`,
    io.stderr,
    io,
  );
  return 'ok';
}

/** An existing context keeps its address. */
async function urlFor(args: Arguments, io: Io): Promise<string> {
  const [name] = args.positionals;
  const { contexts } = await readConfig(io);
  const known = name === undefined || flagOf(args, 'url') !== undefined ? undefined : contexts[name];
  return known?.url ?? resolveUrl(args, io);
}

/** `platform.example.com`, `127.0.0.1-8090` */
const nameFor = (url: string): string => new URL(url).host.replaceAll(/[^A-Za-z0-9.]+/g, '-').replace(/^-/, '');

async function signOut(args: Arguments, io: Io): Promise<ExitName> {
  const [given] = args.positionals;
  const {
    name,
    url,
    login: ended,
  } = await changeConfig(io, async (config) => {
    const found = signedIn(given, config);
    const { login: _, ...rest } = found.context;
    const contexts = { ...config.contexts, [found.name]: rest };
    return { config: { ...config, contexts }, result: { name: found.name, ...found.context } };
  });
  try {
    if (ended !== undefined) await revoke(url, ended, io);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Failure(say`The sign-in at "${name}" is deleted here, but the platform could not revoke it`, {
      exit: 'unreachable',
      detail,
      help: say`End it at ${url}/account.`,
    });
  }
  printText(say`Signed out of "${name}".`, io.stderr, io);
  return 'ok';
}

function signedIn(given: string | undefined, { contexts, current }: Config): { name: string; context: Context } {
  const name = given ?? current;
  const context = name === undefined || !Object.hasOwn(contexts, name) ? undefined : contexts[name];
  if (name !== undefined && context?.login !== undefined) return { name, context };
  throw usageFailure(
    name === undefined ? 'You are not signed in.' : say`You are not signed in at "${name}".`,
    'See "tulou context list".',
  );
}
