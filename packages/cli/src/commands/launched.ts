/** Commands that the launcher hands to the server before this program starts; here they are for help and completion. */
import type { Command } from '../command.ts';
import { Failure } from '../failure.ts';

const summaries = {
  up: 'Start everything on this machine',
  'rotate-keys': 'Sign tokens with the next key from now on, or take a key away that is in wrong hands',
  backup: 'Write the whole database into one file, while everything runs',
  restore: 'Restore a backup into an empty database',
  init: 'Make the tokens and the master key of a new installation in roles',
  doctor: 'Say what is wrong with this machine or installation, and how to mend it',
  gateway: 'Start the gateway role',
  control: 'Start the control role',
  worker: 'Start the worker role',
  migrate: 'Bring the database up to this version',
} as const;

export const launched: Readonly<Record<string, Command>> = Object.fromEntries(
  Object.entries(summaries).map(([name, summary]) => [name, commandOf(name, summary)]),
);

function commandOf(name: string, summary: string): Command {
  return {
    kind: 'command',
    section: 'Platform',
    summary,
    positionals: ['…'],
    options: [],
    examples: [`tulou ${name} --help`],
    run: () =>
      Promise.reject(
        new Failure(`"${name}" is run by the launcher`, { exit: 'usage', help: `Start it as "tulou ${name}".` }),
      ),
  };
}
