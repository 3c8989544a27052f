/** Prints a failure: the fault, its place, the remedy, and the platform and credential of the request. */
import type { Violation } from '@tulou/contract';
import type { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { inLanguage, type Text } from '../language/say.ts';
import { painter, printable, printableLines } from './text.ts';

/** For people, several lines; for programs (`--json`) one line of JSON. Both go to the standard error. */
export function printFailure(failure: Failure, isJson: boolean, io: Io): void {
  io.stderr.write(isJson ? `${JSON.stringify(failureJson(failure, io))}\n` : failureText(failure, io));
}

/** The problem document of the platform, or the same shape for a failure of this side. */
function failureJson({ title, facts }: Failure, io: Io): unknown {
  if (facts.problem !== undefined) return facts.problem;
  const { exit, code, violations } = facts;
  const words = (text: Text | undefined) => (text === undefined ? undefined : inLanguage(text, io.env.language));
  return {
    title: words(title),
    code: code ?? `cli_${exit}`,
    detail: words(facts.detail),
    help: words(facts.help),
    violations,
  };
}

function failureText({ title, facts }: Failure, io: Io): string {
  const paint = painter(io, io.stderr);
  const words = (text: Text): string => inLanguage(text, io.env.language);
  const code = facts.code === undefined ? '' : paint('dim', ` (${printable(facts.code)})`);
  const lines = [
    `${paint('red', words('error:'))} ${printable(words(title))}${code}`,
    ...(facts.detail === undefined ? [] : indented(words(facts.detail))),
    ...(facts.violations ?? []).map((one) => `  ${paint('yellow', placeOf(one))}  ${printable(one.message)}`),
    ...(facts.help === undefined ? [] : [`  ${paint('cyan', words('help:'))} ${printable(words(facts.help))}`]),
    ...(facts.via === undefined ? [] : [paint('dim', `  ${printable(words(facts.via))}`)]),
    ...(facts.requestId === undefined ? [] : [paint('dim', `  ${words('request:')} ${printable(facts.requestId)}`)]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

const indented = (text: string): string[] =>
  printableLines(text)
    .split('\n')
    .map((line) => `  ${line}`);

function placeOf({ pointer, line, column }: Violation): string {
  const place = line === undefined ? '' : `line ${line}${column === undefined ? '' : `:${column}`}`;
  return [printable(pointer), place].filter((text) => text !== '').join(' ') || 'body';
}
