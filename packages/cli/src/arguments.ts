/** From words to a command and its arguments. The message for an unknown word names the nearest known one. */
import { nearest, parseCredential } from '@tulou/contract';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { helpOption, type Arguments, type Command, type Group, type Node, type Option } from './command.ts';
import { usageFailure } from './failure.ts';
import { positionalLabel } from './help.ts';
import { joined, say, type Text } from './language/say.ts';

export interface Found {
  readonly node: Node;
  /** The words that led there: `['apis', 'create']`. */
  readonly path: readonly string[];
  /** All other words, in order. */
  readonly rest: readonly string[];
}

/** Follows the leading words through the groups. Flags may stand before and between them. */
export function findCommand(root: Group, words: readonly string[], leading: readonly Option[]): Found {
  const rest: string[] = [];
  const path: string[] = [];
  let node: Node = root;
  let i = 0;
  for (; i < words.length && node.kind === 'group'; i += 1) {
    const word = words[i] ?? '';
    if (word === '--') break;
    if (word.startsWith('-')) {
      rest.push(word);
      if (takesNext(word, leading)) rest.push(...words.slice((i += 1), i + 1));
      continue;
    }
    if (node.fallback !== undefined && isOnly(node) && !Object.hasOwn(node.commands, word)) break;
    node = childOf(node, word, path);
    path.push(word);
  }
  if (node.kind === 'group' && node.fallback !== undefined) {
    path.push(node.fallback);
    node = childOf(node, node.fallback, path);
  }
  return { node, path, rest: [...rest, ...words.slice(i)] };
}

/** A noun with one verb: the next word is an argument. */
const isOnly = (group: Group): boolean => Object.keys(group.commands).length === 1;

/** ` Did you mean "x"?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): Text {
  const near = nearest(word, candidates);
  return near === undefined ? '' : say` Did you mean "${near}"?`;
}

function childOf(group: Group, word: string, path: readonly string[]): Node {
  const child = Object.hasOwn(group.commands, word) ? group.commands[word] : undefined;
  if (child !== undefined) return child;
  const full = ['tulou', ...path].join(' ');
  const title = path.length === 0 ? say`"${word}" is not a command.` : say`"${word}" is not a command of "${full}".`;
  const near = didYouMean(word, Object.keys(group.commands));
  throw usageFailure(joined([title, near], ''), say`See "${full} --help".`);
}

function takesNext(word: string, options: readonly Option[]): boolean {
  if (word.includes('=')) return false;
  return options.some((one) => one.type === 'string' && (word === `--${one.name}` || word === `-${one.short ?? ''}`));
}

/** Parses the words of a command. Throws `usage` for an unknown option, and for a secret on the command line. */
export function parseWords(command: Command, path: readonly string[], words: readonly string[]): Arguments {
  refuseSecrets(command, words);
  const options = [...command.options, helpOption];
  const { tokens, positionals } = parseArgs({
    args: [...words],
    options: configOf(options),
    strict: false,
    allowPositionals: true,
    allowNegative: true,
    tokens: true,
  });
  const flags = new Map<string, string[]>();
  const switches = new Map<string, boolean>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const option = knownOption(token, options, path);
    const isNegative = token.rawName.startsWith('--no-') && !options.some((one) => `--${one.name}` === token.rawName);
    if (option.type === 'boolean') switches.set(option.name, switchValue(token, isNegative));
    else flags.set(option.name, [...earlier(flags, option), stringValue(token, option)]);
  }
  refuseExtra(command, path, positionals);
  return { positionals, flags, switches, line: ['tulou', ...path, ...words].map(quoted).join(' ') };
}

/** A word as a POSIX shell reads it. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
}

const configOf = (options: readonly Option[]): ParseArgsOptionsConfig =>
  Object.fromEntries(
    options.map((one) => [one.name, { type: one.type, ...(one.short === undefined ? {} : { short: one.short }) }]),
  );

function knownOption(token: OptionToken, options: readonly Option[], path: readonly string[]): Option {
  const bare = token.rawName.replace(/^--?(?:no-)?/, '');
  const option = options.find((one) => one.name === token.name || (one.type === 'boolean' && one.name === bare));
  if (option !== undefined) return option;
  if (token.rawName === '--token') throw noToken();
  const near = didYouMean(
    token.rawName,
    options.map((one) => `--${one.name}`),
  );
  throw usageFailure(
    say`"${token.rawName}" is not an option of this command.${near}`,
    say`See "${['tulou', ...path].join(' ')} --help".`,
  );
}

function switchValue(token: OptionToken, isNegative: boolean): boolean {
  if (token.value === undefined) return !isNegative;
  if (token.value !== 'true' && token.value !== 'false') throw usageFailure(say`"${token.rawName}" takes no value.`);
  return (token.value === 'true') !== isNegative;
}

function stringValue(token: OptionToken, option: Option): string {
  if (token.value === undefined) throw usageFailure(say`"--${option.name}" needs a value.`);
  return token.value;
}

function earlier(flags: ReadonlyMap<string, readonly string[]>, option: Option): readonly string[] {
  const values = flags.get(option.name) ?? [];
  if (values.length > 0 && option.multiple !== true) throw usageFailure(say`"--${option.name}" is given twice.`);
  return values;
}

function refuseExtra(command: Command, path: readonly string[], positionals: readonly string[]): void {
  const extra = positionals[command.positionals.length];
  if (extra === undefined || command.positionals.includes('…')) return;
  const full = ['tulou', ...path].join(' ');
  const takes = command.positionals.length === 0 ? 'no arguments' : command.positionals.map(positionalLabel).join(' ');
  throw usageFailure(say`"${extra}" is one argument too many: "${full}" takes ${takes}.`);
}

/** Other users of the machine can read command lines (`ps`), and shells keep them: a secret there is leaked. */
function refuseSecrets(command: Command, words: readonly string[]): void {
  const isSecret = (word: string) => parseCredential(word.slice(word.indexOf('=') + 1)) !== undefined;
  if (words.some(isSecret)) throw noToken();
  const isUnknownToken = words.some((word) => word === '--token' || word.startsWith('--token='));
  if (isUnknownToken && !command.options.some((one) => one.name === 'token')) throw noToken();
}

const noToken = (): Error =>
  usageFailure(
    'Do not put a token on the command line: other users and the shell history would see it.',
    'Put it into a file of mode 0600 and give "--token-file FILE", or set TULOU_TOKEN, or save it with "tulou context add".',
  );
