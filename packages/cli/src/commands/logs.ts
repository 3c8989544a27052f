/** `tulou logs TENANT SERVICE -f`: the last lines of a service, and with `-f` those that come, until the user ends it. */
import { logs } from '@tulou/contract/operations/logs';
import type { z } from 'zod';
import { isOn, type Arguments, type Command, type Group } from '../command.ts';
import { connect } from '../connection.ts';
import type { ExitName } from '../exit.ts';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { operationCommand } from '../operations/command.ts';
import { callOf } from '../operations/request.ts';
import { printText } from '../terminal/print.ts';
import { printable } from '../terminal/text.ts';

type Listed = z.output<(typeof logs)['list']['output']>;

const pauseMs = 1000;

/** The group of the noun, whose list can go on. */
export const withFollow = (group: Group): Group => ({ ...group, commands: { ...group.commands, list: followable } });

const followable: Command = {
  ...operationCommand(logs.list),
  get options() {
    const follow = { name: 'follow', type: 'boolean' as const, short: 'f', summary: 'Go on with the lines that come' };
    return [follow, ...operationCommand(logs.list).options];
  },
  examples: ['tulou logs acme hello', 'tulou logs acme hello -f'],
  run: showLogs,
};

async function showLogs(args: Arguments, io: Io): Promise<ExitName> {
  const call = await callOf(logs.list, args, io);
  const { client } = await connect(args, io);
  let query = new URLSearchParams(call.query);
  for (let isAway = false; ;) {
    try {
      const { items, after } = (await client.call({ ...call, query })).json as Listed;
      for (const line of items) io.stdout.write(`${isOn(args, 'json') ? JSON.stringify(line) : textOf(line)}\n`);
      if (!isOn(args, 'follow')) return 'ok';
      query = new URLSearchParams({ ...Object.fromEntries(query), after });
      isAway = false;
      if (items.length > 0) continue;
    } catch (error) {
      const isFollowed = query.has('after') && error instanceof Failure && error.facts.exit === 'unreachable';
      if (!isFollowed) throw error;
      if (!isAway) printText('The platform is not available. Waiting for it.', io.stderr, io);
      isAway = true;
    }
    await io.sleep(pauseMs);
  }
}

/** `10:00:01.123 isn_…  stderr  text` */
const textOf = ({ at, instance, stream, text }: Listed['items'][number]): string =>
  [at.slice(11, 23), instance.slice(-6), ...(stream === 'stdout' ? [] : [stream]), text].map(printable).join('  ');
