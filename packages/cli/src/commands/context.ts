/** `tulou context`: connections with a name, kept in the user's configuration. */
import { resolve } from 'node:path';
import { flagOf, isOn, jsonOption, type Arguments, type Command, type Group } from '../command.ts';
import { tidyUrl, tokenFrom } from '../connection.ts';
import { changeConfig, configPath, holdName, readConfig, saveContext, type Config, type Context } from '../contexts.ts';
import type { ExitName } from '../exit.ts';
import { usageFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { tableLines } from '../terminal/table.ts';
import { painter } from '../terminal/text.ts';

const add: Command = {
  kind: 'command',
  summary: 'Save a connection under a name, and use it',
  positionals: ['name'],
  options: [
    { name: 'url', type: 'string', placeholder: 'URL', required: true, summary: 'Platform listener' },
    {
      name: 'token-file',
      type: 'string',
      placeholder: 'FILE',
      path: true,
      summary: 'File that holds the token; it is read anew each time. - reads the standard input and keeps the token',
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
  summary: 'Use a saved connection from now on',
  positionals: ['name'],
  options: [],
  examples: ['tulou context use work'],
  run: async (args, io) => {
    const name = await changeConfig(io, async (config) => {
      const found = known(args, config);
      return { config: { ...config, current: found }, result: found };
    });
    io.stderr.write(`Using "${name}".\n`);
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
  summary: 'Forget a saved connection',
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
    io.stderr.write(`Removed "${name}".\n`);
    return 'ok';
  },
};

export const context: Group = {
  kind: 'group',
  section: 'Connection and shell',
  summary: 'Saved connections: add, use, list, remove',
  commands: { add, use, list, remove },
};

async function addContext(args: Arguments, io: Io): Promise<ExitName> {
  const name = nameOf(args);
  const url = flagOf(args, 'url');
  if (url === undefined) throw usageFailure('Missing: --url.', 'See "tulou context add --help".');
  const saved = { url: tidyUrl(url), ...(await tokenPart(flagOf(args, 'token-file'), io)) };
  await saveContext(name, saved, io);
  io.stderr.write(`Saved "${name}" in ${configPath(io)}, and using it.\n`);
  return 'ok';
}

/** Reads the token once, so that a wrong file shows now and not later. */
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
  else if (items.length === 0) io.stderr.write('No contexts are saved.\n');
  else io.stdout.write(`${linesOf(items, io).join('\n')}\n`);
  return 'ok';
}

function wordFor({ token, login }: Context): string {
  if (login !== undefined) return 'signed in';
  return token === undefined ? 'none' : 'kept here';
}

function linesOf(items: readonly { name: string; url: string; token: string; current: boolean }[], io: Io): string[] {
  const rows = items.map(({ current, ...row }) => ({ ...row, in_use: current ? 'yes' : '' }));
  return tableLines(['name', 'url', 'token', 'in_use'], rows, {
    columns: io.stdout.columns,
    paint: painter(io, io.stdout),
  });
}

function nameOf(args: Arguments): string {
  const [name] = args.positionals;
  if (name === undefined) throw usageFailure('Which name?', 'See "tulou context --help".');
  return holdName(name);
}

function known(args: Arguments, config: Config): string {
  const name = nameOf(args);
  if (Object.hasOwn(config.contexts, name)) return name;
  throw usageFailure(`There is no context "${name}".`, 'See "tulou context list".');
}
