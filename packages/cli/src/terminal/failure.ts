/** Prints what went wrong: what, where, and what to do about it. */
import type { Violation } from '@tulou/contract';
import type { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { painter, printable, printableLines } from './text.ts';

/** For people, several lines; for programs (`--json`) one line of JSON. Both go to the standard error. */
export function printFailure(failure: Failure, isJson: boolean, io: Io): void {
  io.stderr.write(isJson ? `${JSON.stringify(failureJson(failure))}\n` : failureText(failure, io));
}

/** The platform's own problem document, or the same shape for what went wrong on this side. */
function failureJson({ message, facts }: Failure): unknown {
  if (facts.problem !== undefined) return facts.problem;
  const { exit, code, detail, help, violations } = facts;
  return { title: message, code: code ?? `cli_${exit}`, detail, help, violations };
}

function failureText({ message, facts }: Failure, io: Io): string {
  const paint = painter(io, io.stderr);
  const code = facts.code === undefined ? '' : paint('dim', ` (${printable(facts.code)})`);
  const lines = [
    `${paint('red', 'error:')} ${printable(message)}${code}`,
    ...(facts.detail === undefined ? [] : indented(facts.detail)),
    ...(facts.violations ?? []).map((one) => `  ${paint('yellow', placeOf(one))}  ${printable(one.message)}`),
    ...(facts.help === undefined ? [] : [`  ${paint('cyan', 'help:')} ${printable(facts.help)}`]),
    ...(facts.requestId === undefined ? [] : [paint('dim', `  request: ${printable(facts.requestId)}`)]),
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
