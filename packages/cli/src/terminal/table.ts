/** Tables for people: as wide as the terminal, columns chosen from the schema of the answer, names first. */
import type { Language } from '@tulou/contract';
import { inLanguage } from '../language/say.ts';
import { propertiesOf, shapeOf, type Schema } from '../schema.ts';
import { fitted, padded, printable, widthOf, type Paint } from './text.ts';

export interface TableOptions {
  /** Undefined: no limit (a pipe, a file, `--wide`). */
  readonly columns: number | undefined;
  readonly paint: Paint;
  readonly language?: Language;
}

export interface Table {
  /** Header first. */
  readonly lines: readonly string[];
  /** Columns that have content but no room. */
  readonly hidden: readonly string[];
}

export type Row = Readonly<Record<string, unknown>>;

const gap = 2;
const narrowest = 8;
/** The names that people know an object by come first, and stay longest in a narrow terminal. */
const names = [
  'slug',
  'name',
  'title',
  'address',
  'email',
  'member',
  'app',
  'app_name',
  'installer',
  'api',
  'version',
  'plan',
];
const important = [...names, 'operation', 'key', 'status', 'time', 'id', 'state', 'role'];
/** Rarely of interest: shown with `--wide`. */
const isMinor = (name: string): boolean => name === 'updated_at' || name.endsWith('_id');

/** The properties of an item in the order of a table: names first, then state, details, and last the minor ones. */
export function columnsOf(item: Schema): { readonly shown: string[]; readonly more: string[] } {
  const properties = Object.entries(propertiesOf(item));
  const all = properties.map(([name]) => name);
  const cells = properties.filter(([name, schema]) => isCell(schema) && !isMinor(name)).map(([name]) => name);
  const shown = [
    ...important.filter((name) => cells.includes(name)),
    ...cells.filter((name) => !important.includes(name)),
  ];
  return { shown, more: all.filter((name) => !shown.includes(name)) };
}

/** Texts, numbers, flags, lists, and objects that have a name. */
function isCell(schema: Schema): boolean {
  const shape = shapeOf(schema);
  if (shape.kind === 'array') return shape.schema.items !== undefined;
  if (shape.kind === 'object') return ['slug', 'name'].some((label) => label in propertiesOf(shape.schema));
  return shape.kind !== 'any';
}

/** A table of these columns. Empty columns are left out. */
export function tableLines(columns: readonly string[], rows: readonly Row[], options: TableOptions): Table {
  const filled = filledOf(columns, rows);
  const cells = rows.map((row) => filled.map((name) => cellOf(row[name])));
  const headers = filled.map((name) => headerOf(name, options.language ?? 'en'));
  const wanted = headers.map((header, i) => columnWidth(header, cells, i));
  const widths = fit(wanted, filled.map(isWhole), options.columns);
  const line = (parts: readonly string[]) =>
    widths
      .map((width, i) => padded(fitted(parts[i] ?? '', width), width))
      .join(' '.repeat(gap))
      .trimEnd();
  return { lines: [options.paint('bold', line(headers)), ...cells.map(line)], hidden: filled.slice(widths.length) };
}

/** The columns in which at least one row has content. */
export const filledOf = (columns: readonly string[], rows: readonly Row[]): string[] =>
  columns.filter((name) => rows.some((row) => cellOf(row[name]) !== ''));

const columnWidth = (header: string, cells: readonly (readonly string[])[], i: number): number =>
  cells.reduce((width, row) => Math.max(width, widthOf(row[i] ?? '')), widthOf(header));

/** A name that is copied is useless if it is cut. */
const isWhole = (name: string): boolean => /^(?:(?:.*_)?id|slug|address)$/.test(name);

/** Narrows the widest columns that may be cut, then drops columns from the right that do not fit. */
function fit(wanted: readonly number[], whole: readonly boolean[], columns: number | undefined): number[] {
  const widths = [...wanted];
  if (columns === undefined) return widths;
  const enough = Math.max(narrowest, Math.floor(columns / 4));
  const total = () => widths.reduce((sum, width) => sum + width, 0) + gap * (widths.length - 1);
  while (total() > columns) {
    const widest = Math.max(0, ...widths.filter((_, i) => whole[i] === false));
    const cut = widths.findLastIndex((width, i) => whole[i] === false && width === widest);
    if (widest > enough) widths[cut] = widest - 1;
    else if (widths.length > 1) widths.pop();
    else return [columns];
  }
  return widths;
}

/** Field names in English are those of `--json`; the catalogue translates the usual ones. */
const headerOf = (name: string, language: Language): string => {
  const words = name.replaceAll('_', ' ').toUpperCase();
  return inLanguage(words, language);
};

/** A value in the space of a cell. */
export function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return printable(shortTime(value));
  if (Array.isArray(value))
    return value
      .map(cellOf)
      .filter((text) => text !== '')
      .join(', ');
  if (typeof value === 'object') return objectCell(value as Row);
  return String(value);
}

/** Seconds are enough for people; `--json` has the rest. */
const shortTime = (text: string): string =>
  text.replace(/^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+(Z|[+-]\d\d:\d\d)$/, '$1$2');

function objectCell(value: Row): string {
  const label = value['url'] ?? value['slug'] ?? value['name'] ?? value['id'];
  if (label !== undefined) return cellOf(label);
  if ('requests' in value && 'per' in value) return `${String(value['requests'])}/${String(value['per'])}`;
  return Object.entries(value)
    .map(([name, inner]) => `${name}=${cellOf(inner)}`)
    .join(' ');
}

/** One object, a property a line. Nested objects are indented below their name. */
export function detailLines(value: Row, paint: Paint, indent = ''): string[] {
  const entries = Object.entries(value);
  const width = Math.max(0, ...entries.map(([name]) => widthOf(name) + 1));
  return entries.flatMap(([name, inner]) => {
    const label = `${indent}${paint('bold', `${printable(name)}:`)}`;
    const nested = nestedLines(inner, paint, `${indent}  `);
    if (nested !== undefined) return [label, ...nested];
    return [`${label}${' '.repeat(width - widthOf(name))}${cellOf(inner) || '-'}`];
  });
}

function nestedLines(value: unknown, paint: Paint, indent: string): string[] | undefined {
  if (Array.isArray(value)) {
    if (!value.some((one) => typeof one === 'object' && one !== null)) return undefined;
    return value.map((one) => `${indent}- ${inlineOf(one)}`);
  }
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) return undefined;
  return detailLines(value as Row, paint, indent);
}

function inlineOf(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return cellOf(value);
  return Object.entries(value)
    .filter(([, inner]) => inner !== null && inner !== undefined)
    .map(
      ([name, inner]) =>
        `${printable(name)}: ${typeof inner === 'object' ? printable(JSON.stringify(inner)) : cellOf(inner)}`,
    )
    .join(', ');
}
