/** The command `tulou`: the table of commands, and the only place where a command starts and ends. */
import { parseArgs } from 'node:util';
import { findCommand, parseWords } from './arguments.ts';
import { connectionOptions, helpOption, jsonOption, type Command, type Group } from './command.ts';
import { candidates, completeWord, completion } from './commands/completion.ts';
import { context } from './commands/context.ts';
import { deploy } from './commands/deploy.ts';
import { apply, diff, exportFile } from './commands/manifest.ts';
import { login, logout } from './commands/login.ts';
import { launched } from './commands/launched.ts';
import { withFollow } from './commands/logs.ts';
import { withTail } from './commands/tail.ts';
import { openapi } from './commands/openapi.ts';
import { version } from './commands/version.ts';
import { exitCode, type ExitName } from './exit.ts';
import { Failure } from './failure.ts';
import { exitCodeLines, helpLines } from './help.ts';
import { processIo, type Io, type Sink } from './io.ts';
import { operationGroups } from './operations/command.ts';
import { allOperations } from './operations/registry.ts';
import { printFailure } from './terminal/failure.ts';
import { printLines } from './terminal/print.ts';
import { painter } from './terminal/text.ts';

const help: Command = {
  kind: 'command',
  section: 'Connection and shell',
  summary: 'Show help for a command, or for "exit-codes"',
  positionals: ['…'],
  choices: ['exit-codes'],
  options: [],
  examples: ['tulou help apis create', 'tulou help exit-codes'],
  run: (args, io) => Promise.resolve(showHelp(args.positionals, io.stdout, io)),
};

const groups = operationGroups(allOperations);

/** Every command of `tulou`, in the order of the help. */
export const commands: Group = {
  kind: 'group',
  summary: 'A self-hosted open platform',
  notes: [
    'Tulou is a self-hosted open platform.',
    'Path parameters are arguments in the order of the path, or options: "tulou apis get acme orders" is "tulou apis get --tenant acme --api orders".',
    'Sources of the platform and the credential, in order: --url and --token-file; --data; --context. Then TULOU_URL and TULOU_TOKEN; TULOU_DATA; the current context; a .tulou directory here or above. "tulou context" shows the result.',
  ],
  commands: {
    ...launched,
    apply,
    diff,
    export: exportFile,
    openapi,
    deploy,
    ...groups,
    calls: withTail(groups['calls'] as Group),
    logs: withFollow(groups['logs'] as Group),
    login,
    logout,
    context,
    completion,
    version,
    help,
  },
};

/** Options that may precede the command. */
const leading = [...connectionOptions, jsonOption, helpOption];

/** Runs one command line and returns the exit code. Every failure is printed here and nowhere else. */
export async function run(words: readonly string[], io: Io): Promise<number> {
  try {
    if (words[0] === completeWord) return complete(words.slice(words[1] === '--' ? 2 : 1), io);
    return exitCode(await dispatch(words, io));
  } catch (error) {
    const failure = error instanceof Failure ? error : unforeseen(error);
    printFailure(failure, words.includes('--json'), io);
    return exitCode(failure.facts.exit);
  }
}

async function dispatch(words: readonly string[], io: Io): Promise<ExitName> {
  if (words[0] === '--version') return version.run(parseWords(version, ['version'], []), io);
  const { node, path, rest } = findCommand(commands, words, leading);
  if (asksForHelp(rest)) return showHelp(path, io.stdout, io);
  if (node.kind === 'command') return node.run(parseWords(node, path, rest), io);
  showHelp(path, io.stderr, io);
  return 'usage';
}

function asksForHelp(rest: readonly string[]): boolean {
  const { values } = parseArgs({ args: [...rest], options: { help: { type: 'boolean', short: 'h' } }, strict: false });
  return values.help === true;
}

function showHelp(path: readonly string[], sink: Sink, io: Io): ExitName {
  const view = { columns: sink.columns, paint: painter(io, sink), language: io.env.language };
  const isCodes = path[0] === 'exit-codes';
  const { node, path: full } = isCodes ? { node: commands, path: [] } : findCommand(commands, path, []);
  printLines(isCodes ? exitCodeLines(view) : helpLines(node, full, view), sink);
  return 'ok';
}

function complete(words: readonly string[], io: Io): number {
  printLines(candidates(commands, words, io.env.language), io.stdout);
  return exitCode('ok');
}

function unforeseen(error: unknown): Failure {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Failure('Internal error of this command', { exit: 'failed', detail });
}

if (import.meta.main) process.exitCode = await run(process.argv.slice(2), processIo());
