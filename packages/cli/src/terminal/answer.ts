/** Prints what the platform answered: exactly so for programs, as tables and lists for people. */
import type { Operation } from '@tulou/contract';
import { stringify } from 'yaml';
import type { Answer } from '../client.ts';
import type { Io } from '../io.ts';
import { itemSchemaOf, nounOf } from '../operations/registry.ts';
import { isOpen, propertiesOf, schemaOf, type Schema } from '../schema.ts';
import { columnsOf, detailLines, tableLines, type Row } from './table.ts';
import { painter, printable, printableLines } from './text.ts';

/** The API's own bytes, and one line end. */
export function printRaw(answer: Answer, io: Io): void {
  if (answer.text !== '') io.stdout.write(answer.text.endsWith('\n') ? answer.text : `${answer.text}\n`);
}

export function printForPeople(operation: Operation, answer: Answer, io: Io): void {
  if (operation.output === undefined || answer.json === undefined) {
    io.stderr.write(`Done: ${operation.summary.split(/[:;]/)[0] ?? ''}.\n`);
    return;
  }
  const schema = schemaOf(operation.output, 'output');
  const item = itemSchemaOf(schema);
  const value = answer.json as Row;
  if (item !== undefined && Array.isArray(value['items'])) printItems(operation, item, value, io);
  else if (isOpen(schema) && Object.keys(propertiesOf(schema)).length === 0)
    io.stdout.write(printableLines(stringify(value)));
  else printLines(detailLines(value, painter(io, io.stdout)), io);
  if (operation.secret === true) io.stderr.write('The secret above is shown this once: keep it now.\n');
}

function printItems(operation: Operation, item: Schema, value: Row, io: Io): void {
  const rows = value['items'] as readonly Row[];
  const { next, items: _, ...others } = value;
  const paint = painter(io, io.stdout);
  if (rows.length === 0) io.stderr.write(`No ${nounOf(operation)} here.\n`);
  else printLines(tableLines(columnsOf(item), rows, { columns: io.stdout.columns, paint }), io);
  if (Object.keys(others).length > 0)
    printLines([...(rows.length === 0 ? [] : ['']), ...detailLines(others, paint)], io);
  if (typeof next === 'string') io.stderr.write(`There are more: add --all, or --cursor ${printable(next)}\n`);
}

function printLines(lines: readonly string[], io: Io): void {
  io.stdout.write(lines.map((line) => `${line}\n`).join(''));
}
