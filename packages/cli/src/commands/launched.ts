/** Commands that the launcher gives to the server program before this one starts. They are here for help and completion. */
import { launchedCommands, launchedFlags, type LaunchedCommand, type LaunchedFlag } from '@tulou/contract/commands';
import type { Command, Option } from '../command.ts';
import { Failure } from '../failure.ts';
import { joined, say, verbatim, type Text } from '../language/say.ts';

export const launched: Readonly<Record<string, Command>> = Object.fromEntries(
  Object.entries<LaunchedCommand>(launchedCommands).map(([name, command]) => [name, commandOf(name, command)]),
);

function commandOf(name: string, { summary, flags, needs = [] }: LaunchedCommand): Command {
  return {
    kind: 'command',
    section: 'Platform',
    summary: (language) => summary[language],
    positionals: [],
    options: flags.map((flag) => optionOf(flag, launchedFlags[flag])),
    notes: needs.length === 0 ? [] : [say`Required settings: ${needs.join(', ')}`],
    examples: [`tulou ${name}`],
    run: () =>
      Promise.reject(
        new Failure(say`"${name}" is run by the launcher`, { exit: 'usage', help: say`Start it as "tulou ${name}".` }),
      ),
  };
}

function optionOf(name: string, flag: LaunchedFlag): Option {
  const own: Text = (language) => flag.summary[language];
  return {
    name,
    type: flag.type,
    summary: flag.default === undefined ? own : joined([own, verbatim(`(${flag.default})`)], ' '),
    ...(flag.placeholder === undefined ? {} : { placeholder: flag.placeholder }),
    ...(flag.path === undefined ? {} : { path: flag.path }),
  };
}
