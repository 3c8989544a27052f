/** `tulou login` and `tulou logout`: a person, not a token from a file, behind a saved connection. */
import { whoami } from '@tulou/contract/operations/whoami';
import { openClient } from '../client.ts';
import { flagOf, isOn, type Arguments, type Command } from '../command.ts';
import { resolveUrl } from '../connection.ts';
import { changeConfig, configPath, holdName, readConfig, saveContext, type Config, type Context } from '../contexts.ts';
import type { ExitName } from '../exit.ts';
import { Failure, usageFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { loginByBrowser } from '../login/browser.ts';
import { loginByDevice } from '../login/device.ts';
import { discover } from '../login/issuer.ts';
import { revoke } from '../login/renew.ts';
import { printable } from '../terminal/text.ts';

const section = 'Connection and shell';

export const login: Command = {
  kind: 'command',
  section,
  summary: 'Sign in to a platform, and use it',
  positionals: ['name?'],
  options: [
    {
      name: 'url',
      type: 'string',
      placeholder: 'URL',
      summary: 'Platform listener; that of the context, or the one in use, where nothing is said',
    },
    { name: 'device', type: 'boolean', summary: 'Show a code to enter on another device: no browser here' },
  ],
  examples: ['tulou login', 'tulou login work --url https://platform.example.com', 'tulou login --device'],
  notes: [
    'What you may do is what your role in each tenant says. The sign-in is kept in your configuration, readable by you alone, under the name given, or the host of the platform.',
  ],
  run: signIn,
};

export const logout: Command = {
  kind: 'command',
  section,
  summary: 'Sign out: the platform refuses what the sign-in got, and it is forgotten here',
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
  // The one before would go on for weeks with nobody to know of it.
  if (before !== undefined) await revoke(url, before, io).catch(() => undefined);
  const client = openClient({ url, token: kept.access_token, reason: undefined }, io);
  const who = whoami.get.output.parse((await client.call({ method: 'GET', path: whoami.get.path })).json);
  const email = who.kind === 'operator' ? who.id : who.email;
  io.stderr.write(`Signed in as ${printable(email)}. Saved as "${name}" in ${configPath(io)}, and using it.\n`);
  return 'ok';
}

/** A context that is there is signed in to again where it is. */
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
    throw new Failure(`The sign-in at "${name}" is forgotten here, but the platform could not be told`, {
      exit: 'unreachable',
      detail,
      help: `End it at ${url}/account.`,
    });
  }
  io.stderr.write(`Signed out of "${name}".\n`);
  return 'ok';
}

function signedIn(given: string | undefined, { contexts, current }: Config): { name: string; context: Context } {
  const name = given ?? current;
  const context = name === undefined || !Object.hasOwn(contexts, name) ? undefined : contexts[name];
  if (name !== undefined && context?.login !== undefined) return { name, context };
  throw usageFailure(
    name === undefined ? 'You are not signed in.' : `You are not signed in at "${name}".`,
    'See "tulou context list".',
  );
}
