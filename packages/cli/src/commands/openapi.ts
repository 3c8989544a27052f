/** `tulou openapi check`: what a platform would say about a document, without a platform. */
import { resolve } from 'node:path';
import { readOpenapi, type OpenapiResult, type ReportItem } from '@tulou/openapi';
import { isOn, jsonOption, type Arguments, type Command, type Group } from '../command.ts';
import type { ExitName } from '../exit.ts';
import { Failure, usageFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { painter, printable } from '../terminal/text.ts';

const check: Command = {
  kind: 'command',
  summary: 'Check an OpenAPI document as publishing it does: exit code 1 where an error is found',
  positionals: ['file'],
  options: [{ name: 'strict', type: 'boolean', summary: 'Fail on warnings too' }, jsonOption],
  notes: [
    [
      'An error makes routing, scopes or metering ambiguous: the operations that it touches are not published, or the whole',
      'document is refused. A warning changes nothing. "tulou versions create --strict-document" refuses both.',
    ].join(' '),
  ],
  examples: ['tulou openapi check openapi.yaml', 'tulou openapi check openapi.yaml --strict --json'],
  run: runCheck,
};

export const openapi: Group = {
  kind: 'group',
  section: 'Files',
  summary: 'Check OpenAPI documents',
  commands: { check },
  fallback: 'check',
};

async function runCheck(args: Arguments, io: Io): Promise<ExitName> {
  const [file] = args.positionals;
  if (file === undefined) throw usageFailure('Missing: the file to check.', 'tulou openapi check openapi.yaml');
  const result = readOpenapi(await readText(file, io));
  io.stdout.write(isOn(args, 'json') ? `${JSON.stringify(reportJson(result))}\n` : reportText(file, result, io));
  const { errors, warnings } = result.report;
  return errors > 0 || (isOn(args, 'strict') && warnings > 0) ? 'failed' : 'ok';
}

async function readText(file: string, io: Io): Promise<string> {
  if (file === '-') return io.stdin.text();
  try {
    return await io.files.readFile(resolve(io.cwd, file), 'utf8');
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new Failure(`The file ${file} cannot be read`, { exit: 'failed', detail });
  }
}

function reportJson(result: OpenapiResult): object {
  const { errors, warnings, items } = result.report;
  const published = result.ok
    ? { operations: result.operations.length, unpublished: result.unpublished, access: result.access ?? null }
    : {};
  return { publishable: result.ok, ...published, errors, warnings, findings: items };
}

function reportText(file: string, result: OpenapiResult, io: Io): string {
  const { errors, warnings, items } = result.report;
  const more = errors + warnings - items.length;
  const lines = [
    ...items.map((item) => findingLine(file, item, io)),
    ...(more > 0 ? [`${more.toLocaleString('en')} more are not listed.`] : []),
    ...(items.length > 0 ? [''] : []),
    summaryLine(file, result),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function findingLine(file: string, { severity, line, column, pointer, message }: ReportItem, io: Io): string {
  const paint = painter(io, io.stdout);
  const label = paint(severity === 'error' ? 'red' : 'yellow', severity);
  const place = pointer === '' ? '' : paint('dim', ` (${printable(pointer)})`);
  return `${printable(file)}:${line}:${column}  ${label}  ${printable(message)}${place}`;
}

function summaryLine(file: string, result: OpenapiResult): string {
  const { errors, warnings } = result.report;
  const counts = `${countOf(errors, 'error')}, ${countOf(warnings, 'warning')}`;
  if (!result.ok) return `${printable(file)} cannot be published: ${counts}.`;
  const left = result.unpublished.length;
  const without = left === 0 ? '' : `, without ${countOf(left, 'operation')} that an error touches`;
  return `${printable(file)} can be published with ${countOf(result.operations.length, 'operation')}${without}: ${counts}.`;
}

const countOf = (count: number, word: string): string =>
  `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;
