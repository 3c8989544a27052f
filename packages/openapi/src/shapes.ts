/**
 * The words in which the grammar of OpenAPI is written (`grammar.ts`), and the walk that holds a document against it. A
 * shape is a function that looks at one value; what it does not like becomes a finding in words for people.
 */
import type { Findings } from './findings.ts';
import { describe, isList, isObject, member, quote, type Json, type JsonObject } from './json.ts';
import { didYouMean } from './nearest.ts';

export type OpenapiVersion = '3.0' | '3.1';

/** A `$ref` that was met, and what the grammar wants behind it. */
export interface Reference {
  readonly path: readonly (string | number)[];
  readonly target: Json;
  /** Name of the object that must be there: `Parameter`. */
  readonly wants: string;
}

/** Where the walk is, and what it has gathered. */
export interface Walk {
  readonly version: OpenapiVersion;
  readonly findings: Findings;
  readonly references: Reference[];
  /** From the root to the value in hand: keys as texts, places in a list as numbers. */
  readonly path: (string | number)[];
}

export type Shape = (value: Json, walk: Walk) => void;

export interface Field {
  readonly shape: Shape;
  /** The content of the field, for the message that it is missing; undefined where it may be left out. */
  readonly needed?: string;
  /** The only version that has the field; undefined: both have it. */
  readonly only?: OpenapiVersion;
}

export interface ObjectShape {
  /** "a Response Object". */
  readonly name: string;
  readonly fields: Readonly<Record<string, Field>>;
  /** Shape of keys that are not fields: of a status in `responses`, of a path in `paths`. */
  readonly others?: (key: string, value: Json) => Shape | undefined;
  /** The form of such a key, for the message about one that does not. */
  readonly othersAre?: string;
  /** Keys that are no fields are allowed, whatever they are (JSON Schema 2020-12 in OpenAPI 3.1). */
  readonly open?: (version: OpenapiVersion) => boolean;
  /** A rule that no single field can express. */
  readonly rule?: (value: JsonObject, walk: Walk) => void;
}

export const anything: Shape = () => undefined;

/** Says what is wrong with the value in hand. */
export function complain(walk: Walk, message: string, at: 'key' | 'value' = 'value'): void {
  walk.findings.add(walk.path, message, at);
}

/** Looks at a member of the value in hand. */
export function step(walk: Walk, key: string | number, value: Json, shape: Shape): void {
  walk.path.push(key);
  shape(value, walk);
  walk.path.pop();
}

/** The name of the value in hand, as messages call it. */
function here(walk: Walk): string {
  const last = walk.path.at(-1);
  if (last === undefined) return 'The document';
  return typeof last === 'number' ? `Item ${last + 1} of \`${walk.path.at(-2)}\`` : `\`${last}\``;
}

function mustBe(walk: Walk, value: Json, expected: string, hint = ''): void {
  complain(walk, `${here(walk)} must be ${expected}, but is ${describe(value)}.${hint}`);
}

/** A text; `check` says what is wrong with one, as the end of a sentence that begins with its name. */
export function text(check?: (value: string) => string | undefined): Shape {
  return (value, walk) => {
    if (typeof value === 'string') {
      const wrong = check?.(value);
      if (wrong !== undefined) complain(walk, `${here(walk)} ${wrong}`);
    } else if (typeof value === 'number' || typeof value === 'boolean') {
      complain(
        walk,
        `${here(walk)} must be a text, but is ${describe(value)}. Put it in quotes${Number.isInteger(value) ? '' : `: "${value}"`}.`,
      );
    } else mustBe(walk, value, 'a text');
  };
}

export const flag: Shape = (value, walk) => {
  if (typeof value !== 'boolean') mustBe(walk, value, '`true` or `false`, without quotes');
};

export function number(expected: string, check: (value: number) => boolean): Shape {
  return (value, walk) => {
    if (typeof value !== 'number' || !check(value)) mustBe(walk, value, expected);
  };
}

/** One of some texts. */
export function oneOf(...words: readonly string[]): Shape {
  return (value, walk) => {
    if (typeof value === 'string' && words.includes(value)) return;
    const near = typeof value === 'string' ? didYouMean(value, words) : '';
    mustBe(walk, value, `one of ${words.map((word) => `\`${word}\``).join(', ')}`, near);
  };
}

export function list(item: Shape, itemsMin = 0): Shape {
  return (value, walk) => {
    if (!isList(value)) return mustBe(walk, value, 'a list');
    if (value.length < itemsMin)
      complain(
        walk,
        `${here(walk)} is an empty list; it needs at least ${itemsMin === 1 ? 'one item' : `${itemsMin} items`}.`,
      );
    for (const [index, child] of value.entries()) step(walk, index, child, item);
    return undefined;
  };
}

/** A list in which no text occurs twice. */
export function set(item: Shape, itemsMin = 0): Shape {
  const asList = list(item, itemsMin);
  return (value, walk) => {
    asList(value, walk);
    if (!isList(value)) return;
    const seen = new Set<Json>();
    for (const [index, child] of value.entries()) {
      if (seen.has(child))
        step(walk, index, child, (_, at) =>
          complain(at, `This list has ${describe(child)} twice. Remove one of the two.`),
        );
      seen.add(child);
    }
  };
}

/** An object whose keys are names that the author gives. */
export function map(item: Shape, badKey?: (key: string) => string | undefined): Shape {
  return (value, walk) => {
    if (!isObject(value)) return mustBe(walk, value, 'an object');
    for (const [key, child] of Object.entries(value)) {
      const wrong = badKey?.(key);
      if (wrong !== undefined) step(walk, key, child, (_, at) => complain(at, wrong, 'key'));
      step(walk, key, child, item);
    }
    return undefined;
  };
}

/** An object of the specification. A function gives its definition, so that the grammar may be circular. */
export function object(definition: () => ObjectShape): Shape {
  return (value, walk) => {
    const shape = definition();
    if (!isObject(value)) return mustBe(walk, value, `an object (${shape.name})`);
    for (const key of Object.keys(value)) lookAtKey(shape, key, member(value, key) ?? null, walk);
    for (const [key, field] of Object.entries(shape.fields)) {
      if (field.needed === undefined || Object.hasOwn(value, key) || isForeign(field, walk)) continue;
      complain(walk, `${here(walk)} has no \`${key}\`; ${shape.name} needs one: ${field.needed}.`, 'key');
    }
    shape.rule?.(value, walk);
    return undefined;
  };
}

function isForeign(field: Field, walk: Walk): boolean {
  return field.only !== undefined && field.only !== walk.version;
}

function lookAtKey(shape: ObjectShape, key: string, child: Json, walk: Walk): void {
  const field = Object.hasOwn(shape.fields, key) ? shape.fields[key] : undefined;
  if (field !== undefined && !isForeign(field, walk)) return step(walk, key, child, field.shape);
  if (key.startsWith('x-') || shape.open?.(walk.version) === true) return undefined;
  const other = shape.others?.(key, child);
  if (other !== undefined) return step(walk, key, child, other);
  return step(walk, key, child, (_, at) => complain(at, unknownKey(shape, key, field, walk.version), 'key'));
}

function unknownKey(shape: ObjectShape, key: string, field: Field | undefined, version: OpenapiVersion): string {
  if (field?.only !== undefined) {
    return (
      `\`${key}\` exists in OpenAPI ${field.only} only, and this document says ${version}. Remove it, or change ` +
      `the version in \`openapi\`.`
    );
  }
  const known = Object.keys(shape.fields).filter((name) => (shape.fields[name]?.only ?? version) === version);
  const near = didYouMean(key, known);
  if (shape.othersAre !== undefined) return `${quote(key)} is not ${shape.othersAre}.${near}`;
  const hint = near === '' ? ' Remove it, or begin its name with `x-` if it is an extension of yours.' : near;
  return `\`${key}\` is not a field of ${shape.name}.${hint}`;
}

/** The shape itself, or a Reference Object to one. */
export function orReference(wants: string, shape: Shape): Shape {
  return (value, walk) => {
    const target = member(value, '$ref');
    if (target === undefined) return shape(value, walk);
    walk.references.push({ path: [...walk.path, '$ref'], target, wants });
    return undefined;
  };
}
