/** Prints an answer of the platform: unchanged for programs, as tables and lists for people. */
import type { Operation } from '@tulou/contract';
import { stringify } from 'yaml';
import type { Answer } from '../client.ts';
import type { Io } from '../io.ts';
import { say } from '../language/say.ts';
import { itemSchemaOf, nounOf, titleOf } from './registry.ts';
import { isOpen, propertiesOf, schemaOf, type Schema } from '../schema.ts';
import { printLines, printText } from '../terminal/print.ts';
import { columnsOf, detailLines, filledOf, tableLines, type Row } from '../terminal/table.ts';
import { painter, printable, printableLines } from '../terminal/text.ts';

/** The bytes of the API, and one line end. */
export function printRaw(answer: Answer, io: Io): void {
  if (answer.text !== '') io.stdout.write(answer.text.endsWith('\n') ? answer.text : `${answer.text}\n`);
}

export interface View {
  /** All columns, wider than the terminal if need be. */
  readonly isWide: boolean;
}

export function printForPeople(operation: Operation, answer: Answer, view: View, io: Io): void {
  if (operation.output === undefined || answer.json === undefined) {
    printText(say`Done: ${titleOf(operation)}.`, io.stderr, io);
    return;
  }
  const schema = schemaOf(operation.output, 'output');
  const item = itemSchemaOf(schema);
  const value = answer.json as Row;
  if (item !== undefined && Array.isArray(value['items'])) printItems({ operation, item, value, view }, io);
  else if (isOpen(schema) && Object.keys(propertiesOf(schema)).length === 0)
    io.stdout.write(printableLines(stringify(value)));
  else printLines(detailLines(value, painter(io, io.stdout)), io.stdout);
  if (operation.secret === true)
    printText('This is the only time that the secret is shown. Save it now.', io.stderr, io);
}

interface Items {
  readonly operation: Operation;
  readonly item: Schema;
  readonly value: Row;
  readonly view: View;
}

function printItems(items: Items, io: Io): void {
  const { operation, item, value } = items;
  const rows = value['items'] as readonly Row[];
  const { next, items: _, ...others } = value;
  if (rows.length === 0) printText(say`No ${nounOf(operation)}.`, io.stderr, io);
  else printTable(rows, item, items.view, io);
  if (Object.keys(others).length > 0) {
    const lines = detailLines(others, painter(io, io.stdout));
    printLines([...(rows.length === 0 ? [] : ['']), ...lines], io.stdout);
  }
  if (typeof next === 'string')
    printText(say`There are more: add --all, or --cursor ${printable(next)}`, io.stderr, io);
}

function printTable(rows: readonly Row[], item: Schema, { isWide }: View, io: Io): void {
  const { shown, more } = columnsOf(item);
  const { lines, hidden } = tableLines(isWide ? [...shown, ...more] : shown, rows, {
    columns: isWide ? undefined : io.stdout.columns,
    paint: painter(io, io.stdout),
    language: io.env.language,
  });
  printLines(lines, io.stdout);
  const left = isWide ? [] : [...hidden, ...filledOf(more, rows)];
  if (left.length === 0) return;
  const list = left.join(', ');
  printText(
    left.length === 1
      ? say`1 column is hidden (${list}): --wide or --json shows it.`
      : say`${left.length} columns are hidden (${list}): --wide or --json shows them.`,
    io.stderr,
    io,
  );
}
