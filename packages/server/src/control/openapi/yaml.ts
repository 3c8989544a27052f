/** YAML 1.2, core schema, to JSON. Everything JSON has no word for is a finding, and so is a key that stands twice. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type { Findings, Place } from './findings.ts';
import { quote, type Json } from './json.ts';

export const depthMax = 200;
/** With what aliases repeat counted each time: a few lines of aliases can stand for billions of values. */
const valuesMax = 2_000_000;

export interface Yaml {
  readonly value: Json | undefined;
  place(path: readonly string[], at: 'key' | 'value'): Place;
}

/** Reads a text as YAML. Syntax errors, keys that stand twice and values that JSON has not are added to the findings. */
export function readYaml(text: string, findings: Findings): Yaml {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = parse(text, lines);
  if (document === undefined) {
    findings.add([], tooDeep, { line: 1, column: 1 });
    return { value: undefined, place: () => ({ line: 1, column: 1 }) };
  }
  // Where something is not closed, the parser also doubts the indentation of what follows.
  const unclosed = document.errors.some((error) => error.code === 'MISSING_CHAR');
  for (const error of document.errors)
    if (!unclosed || error.code !== 'BAD_INDENT') findings.add([], sayError(error, text), placeAt(error.pos[0]));
  const place: Yaml['place'] = (path, at) => placeAt(offsetOf(document, path, at));
  if (document.errors.length > 0) return { value: undefined, place };
  return { value: new Conversion(document, findings, placeAt).run(), place };
}

const tooDeep =
  `The document is nested deeper than ${depthMax} levels. Move inner schemas to \`components\` and refer ` +
  `to them with \`$ref\`.`;

/** The parser recurses: what is nested past the engine's stack ends as a RangeError, which here means "too deep". */
function parse(text: string, lines: LineCounter): Document.Parsed | undefined {
  try {
    return parseDocument(text, {
      version: '1.2',
      schema: 'core',
      lineCounter: lines,
      // Its own check takes time that grows with the square of a map's keys; the conversion below has one that does not.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const errorWords: Partial<Record<YAMLError['code'], string>> = {
  ALIAS_PROPS: 'An alias (`*name`) cannot have an anchor or a tag of its own.',
  BAD_ALIAS:
    'The name of this alias or anchor cannot be read. If the text is meant to begin with `*` or `&`, put it in quotes.',
  BAD_DQ_ESCAPE:
    'This `\\` escape does not exist in a double-quoted text. Write `\\\\` for a backslash, or use single quotes.',
  BAD_INDENT: 'The indentation does not fit the lines around it. Keys of one object must begin in the same column.',
  BAD_SCALAR_START: 'A text cannot begin with this character. Put the text in quotes.',
  BLOCK_AS_IMPLICIT_KEY:
    'There is a second `: ` in this line. Put the text in quotes if the colon belongs to it, else begin a new line.',
  BLOCK_IN_FLOW:
    'Indented lists and objects cannot stand inside `[…]` or `{…}`. Write the whole of it in one of the two styles.',
  KEY_OVER_1024_CHARS: 'This key is longer than 1,024 characters. A quote or a colon is probably missing before it.',
  MULTILINE_IMPLICIT_KEY: 'A key must stand in one line, followed by `:`. The colon is probably missing.',
  MULTIPLE_ANCHORS: 'A value can have one anchor (`&name`) only.',
  MULTIPLE_DOCS: 'There is more than one document in the text (`---`). Send one.',
  MULTIPLE_TAGS: 'A value can have one tag (`!name`) only.',
  TAB_AS_INDENT: 'There is a tab in the indentation. YAML is indented with spaces only.',
  TAG_RESOLVE_FAILED: 'This tag (`!name`) is not known. OpenAPI documents need none: remove it.',
};

function sayError(error: YAMLError, text: string): string {
  const known = errorWords[error.code];
  if (error.code === 'MISSING_CHAR' && /quote/.test(error.message))
    return 'A text in quotes is opened further up and never closed.';
  if (error.code === 'MISSING_CHAR' && /must end with/.test(error.message))
    return 'A `{` or `[` is opened further up and never closed: the document, or the part in braces, ends before it is complete.';
  const here =
    text
      .slice(error.pos[0], error.pos[0] + 40)
      .split('\n', 1)[0]
      ?.trim() ?? '';
  const near = here === '' ? '' : ` It stands before ${quote(here)}.`;
  if (known !== undefined) return `${known}${near}`;
  return `The text cannot be read as YAML or JSON: ${error.message.replace(/\.$/, '')}.${near}`;
}

/** Walks the nodes once. Aliases are written out, each time they stand; two bounds keep that finite. */
class Conversion {
  readonly #document: Document.Parsed;
  readonly #findings: Findings;
  readonly #placeAt: (offset: number) => Place;
  readonly #path: string[] = [];
  /** The last node of each anchor so far, as YAML wants it; not `alias.resolve()`, which searches the document each time. */
  readonly #anchors = new Map<string, Node>();
  #aliasDepth = 0;
  #values = 0;
  #over: string | undefined;

  constructor(document: Document.Parsed, findings: Findings, placeAt: (offset: number) => Place) {
    this.#document = document;
    this.#findings = findings;
    this.#placeAt = placeAt;
  }

  run(): Json | undefined {
    const value = this.#node(this.#document.contents);
    if (this.#over === undefined) return value;
    this.#findings.add([], this.#over, { line: 1, column: 1 });
    return undefined;
  }

  #node(node: Node | null | undefined): Json {
    this.#values += 1;
    if (this.#values > valuesMax) {
      this.#over =
        `The document stands for more than ${valuesMax.toLocaleString('en')} values once its aliases ` +
        `(\`*name\`) are written out. Use \`$ref\` to repeat things.`;
    }
    if (this.#path.length > depthMax) this.#over = tooDeep;
    if (this.#over !== undefined || node === null || node === undefined) return null;
    if (!isAlias(node) && node.anchor !== undefined && this.#aliasDepth === 0) this.#anchors.set(node.anchor, node);
    if (isAlias(node)) return this.#alias(node);
    if (isMap(node)) return this.#map(node);
    if (isSeq(node)) return node.items.map((item, index) => this.#child(String(index), item as Node | null));
    return this.#scalar(isScalar(node) ? node.value : undefined, node);
  }

  #alias(node: Alias): Json {
    const target = this.#anchors.get(node.source);
    if (target !== undefined) {
      this.#aliasDepth += 1;
      if (this.#aliasDepth > depthMax) this.#over = tooDeep;
      const value = this.#node(target);
      this.#aliasDepth -= 1;
      return value;
    }
    this.#findings.add(
      this.#path,
      'This alias (`*name`) names no anchor (`&name`) above it. If the text is meant to begin with `*`, put it in quotes.',
    );
    return null;
  }

  #map(map: YAMLMap): Json {
    const object: Record<string, Json> = {};
    const first = new Map<string, Pair>();
    for (const pair of map.items) {
      const key = this.#key(pair);
      if (key === undefined) continue;
      const earlier = first.get(key);
      if (earlier !== undefined) this.#twice(key, earlier, pair);
      first.set(key, pair);
      // defineProperty: a key called __proto__ is a key like any other.
      Object.defineProperty(object, key, {
        value: this.#child(key, pair.value as Node | null),
        enumerable: true,
        writable: true,
        configurable: true,
      });
    }
    return object;
  }

  #twice(key: string, earlier: Pair, again: Pair): void {
    const { line } = this.#placeAt(startOf(earlier.key));
    const message =
      `\`${key}\` stands here a second time, first in line ${line}. Only one of the two would count: ` +
      `join them, or rename one.`;
    this.#findings.add([...this.#path, key], message, this.#placeAt(startOf(again.key)));
  }

  #key(pair: Pair): string | undefined {
    const node = isAlias(pair.key) ? this.#anchors.get(pair.key.source) : pair.key;
    if (isScalar(node)) return keyText(node.value);
    this.#findings.add(
      this.#path,
      'A key must be a text; here it is a list or an object. If it contains `{` or `[`, put it in quotes.',
      this.#placeAt(startOf(pair.key)),
    );
    return undefined;
  }

  #child(key: string, node: Node | null): Json {
    this.#path.push(key);
    const value = this.#node(node);
    this.#path.pop();
    return value;
  }

  #scalar(value: unknown, node: Node): Json {
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    this.#findings.add(
      this.#path,
      `JSON has no word for ${quote(String(value))}. Put it in quotes if it is a text.`,
      this.#placeAt(startOf(node)),
    );
    return null;
  }
}

/** `200:` is the key "200" and `null:` the key "null": keys are what is written. */
function keyText(value: unknown): string {
  return value === null ? '' : String(value);
}

/** Follows a path down to its node; stops at the last one that is there. */
function offsetOf(document: Document.Parsed, path: readonly string[], at: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = startOf(node);
  for (const [depth, key] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const pair = isMap(node)
      ? node.items.findLast((item) => isScalar(item.key) && keyText(item.key.value) === key)
      : undefined;
    const next: unknown = isSeq(node) ? node.items[Number(key)] : pair?.value;
    if (pair === undefined && next === undefined) return offset;
    const last = depth === path.length - 1;
    // An object in block style begins at its first key: the eye is led to the key that holds it instead.
    const byKey =
      pair !== undefined &&
      ((last && at === 'key') || next === null || (isMap(next) && !next.flow) || (isSeq(next) && !next.flow));
    offset = byKey ? startOf(pair.key) : startOf(next);
    node = next;
  }
  return offset;
}

function startOf(node: unknown): number {
  const range = (node as Partial<Node> | null | undefined)?.range;
  return range?.[0] ?? 0;
}
