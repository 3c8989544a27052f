/** `tulou completion`: scripts for three shells. They all ask the hidden `tulou __complete` for the next word. */
import type { Command, Group, Option } from '../command.ts';
import { connectionOptions, helpOption, jsonOption } from '../command.ts';
import { findCommand } from '../arguments.ts';
import { usageFailure } from '../failure.ts';
import { inLanguage, type Text } from '../language/say.ts';
import type { Language } from '@tulou/contract';

const bash = `# tulou completion for bash. Load it with: source <(tulou completion bash)
_tulou() {
  local IFS=$'\\n'
  COMPREPLY=($(tulou __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _tulou tulou
`;

const zsh = `#compdef tulou
# tulou completion for zsh, after compinit. Load it with: source <(tulou completion zsh)
_tulou() {
  local tab=$'\\t'
  local -a found shown
  found=("\${(@f)$(tulou __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -z "\${found[1]}" ]]; then _files; return; fi
  shown=("\${(@)found//:/\\\\:}")
  shown=("\${(@)shown//\${tab}/:}")
  _describe tulou shown
}
if [[ "\${funcstack[1]}" == _tulou ]]; then _tulou; else compdef _tulou tulou; fi
`;

const fish = `# tulou completion for fish. Load it with: tulou completion fish | source
function __tulou_complete
  set -l found (tulou __complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)
  if test (count $found) -eq 0
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $found
  end
end
complete -c tulou -f -a '(__tulou_complete)'
`;

const scripts: Readonly<Record<string, string>> = { bash, zsh, fish };

export const completion: Command = {
  kind: 'command',
  section: 'Connection and shell',
  summary: 'Print the completion script for a shell',
  positionals: ['shell'],
  choices: Object.keys(scripts),
  options: [],
  examples: ['source <(tulou completion bash)', 'source <(tulou completion zsh)', 'tulou completion fish | source'],
  run: (args, io) => {
    const [shell = ''] = args.positionals;
    const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
    if (script === undefined) throw usageFailure('Name a shell: bash, zsh or fish.');
    io.stdout.write(script);
    return Promise.resolve('ok');
  },
};

/** The word that the scripts call; help does not list it. */
export const completeWord = '__complete';

/** The possible last words: `word<TAB>meaning`. Empty if a file name or nothing is expected. */
export function candidates(root: Group, words: readonly string[], language: Language = 'en'): string[] {
  const [current = '', ...before] = words.filter((word) => word !== '=').toReversed();
  const leading = [...connectionOptions, jsonOption, helpOption];
  const found = tryFind(root, before.toReversed(), leading);
  if (found === undefined) return [];
  const { node, rest } = found;
  const options = node.kind === 'command' ? [...node.options, helpOption] : leading;
  const pending = options.find((one) => one.type === 'string' && isFlag(before[0] ?? '', one));
  const all = pending === undefined ? open({ node, options, rest, current, language }) : (pending.choices ?? []);
  return all.filter((one) => one.startsWith(current));
}

function tryFind(
  root: Group,
  words: readonly string[],
  leading: readonly Option[],
): ReturnType<typeof findCommand> | undefined {
  try {
    return findCommand(root, words, leading);
  } catch {
    return undefined;
  }
}

const isFlag = (word: string, option: Option): boolean =>
  word === `--${option.name}` || word === `-${option.short ?? ''}`;

interface Place {
  readonly node: Command | Group;
  readonly options: readonly Option[];
  readonly rest: readonly string[];
  readonly current: string;
  readonly language: Language;
}

function open({ node, options, rest, current, language }: Place): readonly string[] {
  const line = (word: string, meaning: Text): string => lineOf(word, inLanguage(meaning, language));
  if (current.startsWith('-')) {
    const unused = options.filter((one) => one.multiple === true || !rest.some((word) => isFlag(word, one)));
    return unused.map((one) => line(`--${one.name}`, one.summary));
  }
  if (node.kind === 'group') return Object.entries(node.commands).map(([word, child]) => line(word, child.summary));
  return node.choices ?? [];
}

const lineOf = (word: string, meaning: string): string =>
  meaning === '' ? word : `${word}\t${meaning.replaceAll(/\s+/g, ' ')}`;
