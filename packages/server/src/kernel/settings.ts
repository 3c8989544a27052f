/** Settings as data: where each is read from, what it may be, its default and its meaning. The reference page is generated from them. */
import type { z } from 'zod';
import { OperatorError } from './operator-error.ts';

/** The roles of the program, each a process of its own. */
export type RoleName = 'gateway' | 'control' | 'worker' | 'host';

export interface Setting<T extends z.ZodType = z.ZodType> {
  readonly variable: `TULOU_${string}`;
  readonly flag?: string;
  readonly shape: T;
  /** The form of a valid value, for the message about an invalid one. */
  readonly expects: string;
  readonly example: string;
  /** Its meaning, for the reference. */
  readonly doc: string;
  /** The default in the words of the reference; absent: there is none. */
  readonly default?: string;
  /** The roles that receive it. No other process sees its value. */
  readonly roles: readonly RoleName[];
  /** Its value is in no message and no log. */
  readonly secret?: true;
  /** An empty text is a value of its own, not the absence of one. */
  readonly emptyAllowed?: true;
}

export type SettingTable = Readonly<Record<string, Setting>>;

/** The parsed values of the settings that were set; the others are absent. */
export type Given<S extends SettingTable> = { readonly [K in keyof S]?: z.output<S[K]['shape']> };

export type Flags = Readonly<Record<string, string | boolean | undefined>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** Declares a setting; keeps the type of its value. */
export const setting = <T extends z.ZodType>(definition: Setting<T>): Setting<T> => definition;

/** Reads and parses a table of settings. Throws an OperatorError that names the wrong one, what it should be, and an example. */
export function readSettings<S extends SettingTable>(table: S, flags: Flags, environment: Environment): Given<S> {
  const entries = Object.entries(table).flatMap(([name, one]) => {
    const read = readSetting(one, flags, environment);
    return read === undefined ? [] : [[name, read]];
  });
  return Object.fromEntries(entries) as Given<S>;
}

function readSetting(one: Setting, flags: Flags, environment: Environment): unknown {
  const flag = one.flag === undefined ? undefined : flags[one.flag];
  const text = typeof flag === 'string' ? flag : environment[one.variable];
  if (text === undefined || (text === '' && one.emptyAllowed !== true)) return undefined;
  const parsed = one.shape.safeParse(text);
  if (parsed.success) return parsed.data;
  const name = typeof flag === 'string' ? `--${one.flag}` : one.variable;
  const shown = one.secret === true ? '' : `, not ${JSON.stringify(text)}`;
  throw new OperatorError('config_invalid', `${name} takes ${one.expects}${shown}.`, {
    remedy: `For example: ${name}=${one.example}`,
  });
}
