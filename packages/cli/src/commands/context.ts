/** `tulou context`: named connections in the user's configuration, and the one that commands use. */
import { resolve } from 'node:path';
import { connectionOptions, flagOf, isOn, jsonOption, type Arguments, type Command, type Group } from '../command.ts';
import { resolveConnection, tidyUrl, tokenFrom } from '../connection.ts';
import { changeConfig, configPath, holdName, readConfig, saveContext, type Config, type Context } from '../contexts.ts';
import type { ExitName } from '../exit.ts';
import { usageFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { inLanguage, say } from '../language/say.ts';
import { printLines, printText } from '../terminal/print.ts';
import { tableLines } from '../terminal/table.ts';
import { painter } from '../terminal/text.ts';

const show: Command = {
  kind: 'command',
  summary: 'Show the platform and the credential that commands use here, and their origin',
  positionals: [],
  options: [jsonOption, ...connectionOptions],
  examples: ['tulou context show', 'tulou context show --context work'],
  run: showConnection,
};

const add: Command = {
  kind: 'command',
  summary: 'Save a connection under a name and make it the current context',
  positionals: ['name'],
  options: [
    { name: 'url', type: 'string', placeholder: 'URL', required: true, summary: 'Platform listener' },
    {
      name: 'token-file',
      type: 'string',
      placeholder: 'FILE',
      path: true,
      summary: 'File that contains the token, read for each command. - reads the standard input and saves the token',
    },
  ],
  examples: [
    'tulou context add laptop --url http://127.0.0.1:8090 --token-file .tulou/operator.token',
    'pass show tulou | tulou context add work --url https://platform.example.com --token-file -',
  ],
  run: addContext,
};

const use: Command = {
  kind: 'command',
  summary: 'Make a saved connection the current context',
  positionals: ['name'],
  options: [],
  examples: ['tulou context use work'],
  run: async (args, io) => {
    const name = await changeConfig(io, async (config) => {
      const found = known(args, config);
      return { config: { ...config, current: found }, result: found };
    });
    printText(say`"${name}" is the current context.`, io.stderr, io);
    return 'ok';
  },
};

const list: Command = {
  kind: 'command',
  summary: 'List saved connections, without their tokens',
  positionals: [],
  options: [jsonOption],
  examples: ['tulou context list'],
  run: listContexts,
};

const remove: Command = {
  kind: 'command',
  summary: 'Delete a saved connection',
  positionals: ['name'],
  options: [],
  examples: ['tulou context remove work'],
  run: async (args, io) => {
    const name = await changeConfig(io, async (config) => {
      const found = known(args, config);
      const { [found]: _, ...contexts } = config.contexts;
      const current = config.current === found || config.current === undefined ? {} : { current: config.current };
      return { config: { ...current, contexts }, result: found };
    });
    printText(say`Deleted "${name}".`, io.stderr, io);
    return 'ok';
  },
};

export const context: Group = {
  kind: 'group',
  section: 'Connection and shell',
  summary: 'Named connections: show, add, use, list, remove',
  commands: { show, add, use, list, remove },
  fallback: 'show',
};

async function showConnection(args: Arguments, io: Io): Promise<ExitName> {
  const { url, via } = await resolveConnection(args, io);
  if (isOn(args, 'json')) io.stdout.write(`${JSON.stringify({ url, via: inLanguage(via, 'en') })}\n`);
  else printText(via, io.stdout, io);
  return 'ok';
}

async function addContext(args: Arguments, io: Io): Promise<ExitName> {
  const name = nameOf(args);
  const url = flagOf(args, 'url');
  if (url === undefined) throw usageFailure('Missing option: --url.', 'See "tulou context add --help".');
  const saved = { url: tidyUrl(url), ...(await tokenPart(flagOf(args, 'token-file'), io)) };
  await saveContext(name, saved, io);
  printText(say`Saved "${name}" in ${configPath(io)}; it is the current context.`, io.stderr, io);
  return 'ok';
}

/** Reads the token once, so that a wrong file fails now and not later. */
async function tokenPart(path: string | undefined, io: Io): Promise<{ token?: string; token_file?: string }> {
  if (path === undefined) return {};
  const token = await tokenFrom(path, io);
  return path === '-' ? { token } : { token_file: resolve(io.cwd, path) };
}

async function listContexts(args: Arguments, io: Io): Promise<ExitName> {
  const { contexts, current } = await readConfig(io);
  const items = Object.entries(contexts).map(([name, one]) => ({
    name,
    url: one.url,
    token: one.token_file ?? wordFor(one),
    current: name === current,
  }));
  if (isOn(args, 'json')) io.stdout.write(`${JSON.stringify({ items })}\n`);
  else if (items.length === 0) printText('No contexts are saved.', io.stderr, io);
  else printLines(linesOf(items, io), io.stdout);
  return 'ok';
}

function wordFor({ token, login }: Context): string {
  if (login !== undefined) return 'signed in';
  return token === undefined ? 'none' : 'saved here';
}

type Listed = { readonly name: string; readonly url: string; readonly token: string; readonly current: boolean };

function linesOf(items: readonly Listed[], io: Io): readonly string[] {
  const rows = items.map(({ current, ...row }) => ({ ...row, current: current ? 'yes' : '' }));
  return tableLines(['name', 'url', 'token', 'current'], rows, {
    columns: io.stdout.columns,
    paint: painter(io, io.stdout),
    language: io.env.language,
  }).lines;
}

function nameOf(args: Arguments): string {
  const [name] = args.positionals;
  if (name === undefined) throw usageFailure('Name a context.', 'See "tulou context --help".');
  return holdName(name);
}

function known(args: Arguments, config: Config): string {
  const name = nameOf(args);
  if (Object.hasOwn(config.contexts, name)) return name;
  throw usageFailure(say`There is no context "${name}".`, 'See "tulou context list".');
}
