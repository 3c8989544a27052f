/** YAML with positions: every violation has a line and a column, and names the nearest key for a misspelt one. */
import type { Violation } from '@tulou/contract';
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
  type ParsedNode,
} from 'yaml';
import type { z } from 'zod';
import { leftOut } from './schema.ts';
import { isOpen, propertiesOf, schemaOf, shapeOf, type Schema } from '../schema.ts';
import { nearest } from '@tulou/contract';

export interface ParsedFile<T> {
  readonly documents: readonly Parsed<T>[];
  readonly violations: readonly Violation[];
}

interface Parsed<T> {
  readonly value: T;
  readonly raw: unknown;
  /** The line of the node at a path. */
  readonly lineOf: (path: Path) => number;
}

export type Path = readonly (string | number)[];

/** Parses every document of a file against a schema; unknown keys are violations at any depth. */
export function parseYaml<S extends z.ZodType>(text: string, schema: S): ParsedFile<z.output<S>> {
  if (hasTooManyTokens(text)) return refused(`The file has more than ${tokensMax} values and signs. Divide it.`);
  try {
    return parseDocuments(text, schema);
  } catch (error) {
    // The parser is recursive: its stack is the bound of the depth.
    if (error instanceof RangeError) return refused('The file is nested too deep, or contains itself.');
    throw error;
  }
}

/** A million tokens take a second or two. A block of text is one token. */
const tokensMax = 500_000;

const refused = (message: string): ParsedFile<never> => ({
  documents: [],
  violations: [{ pointer: '', message, line: 1, column: 1 }],
});

/** Reads tokens only until there are too many: the parser itself would first build all of them. */
function hasTooManyTokens(text: string): boolean {
  if (text.length <= tokensMax) return false;
  let count = 0;
  for (const _ of new Lexer().lex(text)) {
    count += 1;
    if (count > tokensMax) return true;
  }
  return false;
}

function parseDocuments<S extends z.ZodType>(text: string, schema: S): ParsedFile<z.output<S>> {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    prettyErrors: false,
    version: '1.2',
    logLevel: 'error',
  });
  const shape = schemaOf(schema, 'input');
  const results = ('empty' in documents ? [] : documents).map((document) =>
    parseDocument(document, schema, shape, lines),
  );
  return {
    documents: results.flatMap((one) => (one.parsed === undefined ? [] : [one.parsed])),
    violations: results.flatMap((one) => one.violations),
  };
}

interface Result<T> {
  readonly parsed?: Parsed<T>;
  readonly violations: readonly Violation[];
}

function parseDocument<S extends z.ZodType>(
  document: Document.Parsed<ParsedNode>,
  schema: S,
  shape: Schema,
  lines: LineCounter,
): Result<z.output<S>> {
  const broken = document.errors.map((error) => at('', error.message, error.pos[0], lines));
  if (broken.length > 0) return { violations: broken };
  const read = toValue(document, lines);
  if ('violations' in read) return read;
  const { raw } = read;
  if (raw === null) return { violations: [] };
  const unknown = unknownKeys(document.contents, { document, lines }, shape, []);
  const result = schema.safeParse(raw);
  const lineOf = (path: Path): number => lines.linePos(nearestOffset(document, path)).line;
  const wrong = result.success ? [] : result.error.issues.filter((issue) => issue.code !== 'unrecognized_keys');
  const violations = [...unknown, ...wrong.map((issue) => violationOf(document, issue, lines))];
  return result.success && violations.length === 0
    ? { parsed: { value: result.data, raw, lineOf }, violations }
    : { violations };
}

/** Detects an alias without its anchor, or too many aliases. */
function toValue(
  document: Document.Parsed<ParsedNode>,
  lines: LineCounter,
): { raw: unknown } | { violations: Violation[] } {
  try {
    return { raw: document.toJS({ maxAliasCount: aliasesMax }) as unknown };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { violations: [at('', message, offsetOf(document.contents), lines)] };
  }
}

const aliasesMax = 1000;

interface Place {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

function unknownKeys(given: Node | null | undefined, place: Place, schema: Schema, path: Path): Violation[] {
  const node = isAlias(given) ? given.resolve(place.document) : given;
  const shape = shapeOf(schema);
  if (isSeq(node)) {
    return node.items.flatMap((item, i) => unknownKeys(item as Node, place, shape.schema.items ?? {}, [...path, i]));
  }
  if (!isMap(node) || isOpen(schema)) return [];
  const properties = propertiesOf(shape.schema);
  return node.items.flatMap((pair) => {
    const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
    const inner = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (inner !== undefined) return unknownKeys(pair.value as Node | null, place, inner, [...path, key]);
    const reason = Object.hasOwn(leftOut, key) ? leftOut[key] : undefined;
    const near = nearest(key, Object.keys(properties));
    if (reason !== undefined)
      return [
        at(pointerOf([...path, key]), `"${key}" cannot be in a file: ${reason}.`, offsetOf(pair.key), place.lines),
      ];
    const hint = near === undefined ? `Known keys: ${Object.keys(properties).join(', ')}.` : `Did you mean "${near}"?`;
    return [at(pointerOf([...path, key]), `Unknown key "${key}". ${hint}`, offsetOf(pair.key), place.lines)];
  });
}

function violationOf(document: Document.Parsed, issue: z.core.$ZodIssue, lines: LineCounter): Violation {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  return at(pointerOf(path), issue.message, nearestOffset(document, path), lines);
}

/** The offset of the node at the path, or of its nearest existing ancestor. */
function nearestOffset(document: Document.Parsed, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    const offset = offsetOf(node);
    if (offset !== undefined) return offset;
  }
  return offsetOf(document.contents) ?? 0;
}

function offsetOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return undefined;
  return Number(node.range[0]);
}

function at(pointer: string, message: string, offset: number | undefined, lines: LineCounter): Violation {
  const { line, col } = lines.linePos(offset ?? 0);
  return { pointer, message, line, column: col };
}

/** RFC 6901. */
const pointerOf = (path: Path): string =>
  path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
