/** A command as data. Help, completion and parsing all come from it. */
import type { ExitName } from './exit.ts';
import type { Io } from './io.ts';
import type { Text } from './language/say.ts';

export interface Option {
  readonly name: string;
  readonly type: 'string' | 'boolean';
  readonly summary: Text;
  readonly short?: string;
  /** May be given several times. */
  readonly multiple?: true;
  /** The value in help. */
  readonly placeholder?: string;
  readonly choices?: readonly string[];
  /** Must be given, unless the body comes from `--file` or `--set`. */
  readonly required?: true;
  /** The value is the name of a file: completion offers files. */
  readonly path?: true;
}

export interface Arguments {
  readonly positionals: readonly string[];
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly switches: ReadonlyMap<string, boolean>;
  /** The command line as it was typed, quoted for a shell. */
  readonly line: string;
}

export interface Command {
  readonly kind: 'command';
  readonly summary: Text;
  /** Heading under which the group above lists it. */
  readonly section?: string;
  /** Names of the positional arguments, in order. */
  readonly positionals: readonly string[];
  readonly options: readonly Option[];
  /** Whole command lines. */
  readonly examples: readonly string[];
  /** Paragraphs below the summary. */
  readonly notes?: readonly Text[];
  /** Values that completion offers for positional arguments. */
  readonly choices?: readonly string[];
  readonly run: (args: Arguments, io: Io) => Promise<ExitName>;
}

export interface Group {
  readonly kind: 'group';
  readonly summary: Text;
  readonly commands: Readonly<Record<string, Node>>;
  readonly notes?: readonly Text[];
  readonly section?: string;
  /** The command that runs if none is named: a noun with one verb needs no verb. */
  readonly fallback?: string;
}

export type Node = Command | Group;

/** Options of every command that calls a platform. */
export const connectionOptions: readonly Option[] = [
  { name: 'url', type: 'string', placeholder: 'URL', summary: 'Platform listener, e.g. http://127.0.0.1:8090' },
  { name: 'token-file', type: 'string', placeholder: 'FILE', path: true, summary: 'File that contains the token' },
  { name: 'data', type: 'string', placeholder: 'DIR', path: true, summary: 'Data directory of a local `tulou up`' },
  { name: 'context', type: 'string', placeholder: 'NAME', summary: 'A connection saved with `tulou context add`' },
  { name: 'reason', type: 'string', placeholder: 'TEXT', summary: 'Reason of an operator, for the audit trail' },
  { name: 'verbose', type: 'boolean', short: 'v', summary: 'Show the platform, the credential and each request' },
];

export const jsonOption: Option = { name: 'json', type: 'boolean', summary: 'Print JSON for programs' };
export const yesOption: Option = { name: 'yes', type: 'boolean', short: 'y', summary: 'Do not ask for confirmation' };
export const helpOption: Option = { name: 'help', type: 'boolean', short: 'h', summary: 'Show this help' };

/** The last value of a flag. */
export const flagOf = (args: Arguments, name: string): string | undefined => args.flags.get(name)?.at(-1);
/** Whether a switch was given. */
export const isOn = (args: Arguments, name: string): boolean => args.switches.get(name) === true;
