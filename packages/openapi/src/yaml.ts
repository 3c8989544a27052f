/**
 * YAML 1.2, core schema with merge keys, to JSON, with a way back to the place of each value. Everything that JSON cannot
 * express is a finding, and so is a key that occurs twice.
 */
import {
  EVENT_ID,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  YAMLException,
  type AliasEvent,
  type Event,
  type MappingEvent,
  type ScalarEvent,
  type SequenceEvent,
} from 'js-yaml';
import type { Findings, Place } from './findings.ts';
import type { Json } from './json.ts';
import { Lines } from './lines.ts';
import { Places } from './yaml-places.ts';
import { resolvePlain } from './scalars.ts';
import { sayDuplicate, weighDuplicate } from './duplicates.ts';
import { saySyntax } from './syntax-errors.ts';

export const depthMax = 200;
/** Values repeated by aliases count each time: a few lines of aliases can expand to billions of values. */
const valuesMax = 2_000_000;
/** As above, in characters: one alias can repeat a text of megabytes. */
const charactersMax = 64 * 1024 * 1024;

export interface Yaml {
  readonly value: Json | undefined;
  /** The value as JSON text, with integers as they are written. */
  readonly json: () => string;
  place(path: readonly string[], at: 'key' | 'value'): Place;
}

const nowhere: Place = { line: 1, column: 1 };

/** Reads a text as YAML. Syntax errors, keys that occur twice and values that JSON does not have are added to the findings. */
export function readYaml(text: string, findings: Findings): Yaml {
  const lines = new Lines(text);
  let events: Event[];
  try {
    events = parseEvents(text, { maxDepth: depthMax });
  } catch (error) {
    const at = error instanceof YAMLException ? (error.mark?.position ?? 0) : 0;
    const reason = error instanceof YAMLException ? error.reason : 'too complex';
    findings.refuse([], saySyntax(reason, text, at), lines.placeAt(at));
    return { value: undefined, json: () => 'null', place: () => nowhere };
  }
  const places = new Places(text, events);
  const conversion = new Conversion(text, events, findings, lines, places);
  const value = conversion.run();
  return { value, json: () => conversion.json(value), place: (path, at) => lines.placeAt(places.find(path, at)) };
}

const tooDeep =
  `The document is nested deeper than ${depthMax} levels. Move inner schemas to \`components\` and refer ` +
  `to them with \`$ref\`.`;

/** The value of an anchor, and the amount that each alias to it adds. */
interface Anchored {
  readonly value: Json;
  readonly event: number;
  readonly values: number;
  readonly characters: number;
  readonly height: number;
}

/** An integer that a JavaScript number cannot hold. */
interface LargeInteger {
  readonly holder: Record<string, Json> | Json[];
  readonly key: string | number;
  readonly digits: string;
}

type Container = MappingEvent | SequenceEvent;

/** Walks the events once. An alias shares its anchor's value; two bounds limit its expansion. */
class Conversion {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #findings: Findings;
  readonly #lines: Lines;
  readonly #path: string[] = [];
  readonly #anchors = new Map<string, Anchored>();
  readonly #places: Places;
  readonly #large: LargeInteger[] = [];
  #next = 0;
  #values = 0;
  #characters = 0;
  #height = 0;
  #over: string | undefined;

  constructor(text: string, events: readonly Event[], findings: Findings, lines: Lines, places: Places) {
    this.#text = text;
    this.#events = events;
    this.#findings = findings;
    this.#lines = lines;
    this.#places = places;
  }

  run(): Json | undefined {
    if (this.#events[0]?.type === EVENT_ID.DOCUMENT) this.#next = 1;
    const value = this.#events.length < 3 ? null : this.#node(null, '');
    this.#oneDocument();
    if (this.#over === undefined) return value;
    this.#findings.refuse([], this.#over, nowhere);
    return undefined;
  }

  /** The value as JSON text. Integers past 2^53 are written as the text has them. */
  json(value: Json | undefined): string {
    const raw = (digits: string): Json => (JSON as unknown as { rawJSON(text: string): Json }).rawJSON(digits);
    for (const { holder, key, digits } of this.#large) Reflect.set(holder, key, raw(digits));
    const text = JSON.stringify(value ?? null);
    for (const { holder, key, digits } of this.#large) Reflect.set(holder, key, Number(digits));
    return text;
  }

  /** A second document would be dropped; an empty one after a last `---` is none. */
  #oneDocument(): void {
    for (let index = this.#next; index < this.#events.length; index += 1) {
      const event = this.#events[index];
      if (event === undefined || event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT) continue;
      if (event.type === EVENT_ID.SCALAR && getScalarValue(this.#text, event) === '') continue;
      const at = this.#places.startOf(index);
      this.#findings.refuse(
        [],
        'There is more than one document in the text (`---`). Send one.',
        this.#lines.placeAt(at),
      );
      return;
    }
  }

  #node(holder: Record<string, Json> | Json[] | null, key: string | number): Json {
    const index = this.#next;
    const event = this.#events[index];
    this.#next += 1;
    this.#values += 1;
    this.#bound();
    if (event === undefined || event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP) return null;
    if (event.type === EVENT_ID.ALIAS) return this.#alias(event, index);
    const before = { values: this.#values, characters: this.#characters, height: this.#height };
    this.#height = 0;
    const value = event.type === EVENT_ID.SCALAR ? this.#scalar(event, holder, key) : this.#container(event);
    this.#places.end(index, this.#next);
    const height = this.#height + 1;
    if (event.anchorStart >= 0)
      this.#anchors.set(this.#text.slice(event.anchorStart, event.anchorEnd), {
        value,
        event: index,
        values: this.#values - before.values + 1,
        characters: this.#characters - before.characters,
        height,
      });
    this.#height = Math.max(before.height, height);
    return value;
  }

  #bound(): void {
    if (this.#path.length > depthMax) this.#over ??= tooDeep;
    if (this.#values > valuesMax || this.#characters > charactersMax) this.#over ??= tooMany;
  }

  #alias(event: AliasEvent, index: number): Json {
    this.#places.end(index, this.#next);
    const name = this.#text.slice(event.anchorStart, event.anchorEnd);
    const target = this.#anchors.get(name);
    if (target === undefined) {
      this.#findings.refuse(
        this.#path,
        'This alias (`*name`) names no anchor (`&name`) above it. If the text is meant to begin with `*`, put it in quotes.',
        this.#lines.placeAt(event.anchorStart - 1),
      );
      return null;
    }
    this.#places.alias(index, target.event);
    this.#values += target.values;
    this.#characters += target.characters;
    this.#height = Math.max(this.#height, target.height);
    if (this.#path.length + target.height > depthMax) this.#over ??= tooDeep;
    this.#bound();
    return target.value;
  }

  #container(event: Container): Json {
    return event.type === EVENT_ID.MAPPING ? this.#map() : this.#list();
  }

  #list(): Json[] {
    const list: Json[] = [];
    while (!this.#atEnd()) list.push(this.#child(list, list.length));
    this.#next += 1;
    return list;
  }

  #map(): Json {
    const object: Record<string, Json> = {};
    const first = new Map<string, number>();
    const merged: Json[] = [];
    while (!this.#atEnd()) {
      const keyIndex = this.#next;
      const key = this.#key();
      if (key === undefined) {
        this.#child(null, '?');
        continue;
      }
      if (key === '<<' && this.#isPlain(keyIndex) && this.#isMergeable(this.#next)) {
        merged.push(this.#child(null, '<<'));
        continue;
      }
      const earlier = first.get(key);
      if (earlier !== undefined) this.#twice(key, earlier, keyIndex);
      first.set(key, keyIndex);
      put(object, key, null);
      put(object, key, this.#child(object, key));
    }
    this.#next += 1;
    for (const source of merged.flat()) merge(object, source);
    return object;
  }

  #atEnd(): boolean {
    return this.#next >= this.#events.length || this.#events[this.#next]?.type === EVENT_ID.POP;
  }

  #isPlain(index: number): boolean {
    const event = this.#events[index];
    return event?.type === EVENT_ID.SCALAR && event.style === SCALAR_STYLE.PLAIN;
  }

  /** Whether a `<<` key has a value that YAML 1.1 merges; in YAML 1.2 any other is a value like all. */
  #isMergeable(index: number): boolean {
    const type = this.#events[index]?.type;
    return type === EVENT_ID.MAPPING || type === EVENT_ID.SEQUENCE || type === EVENT_ID.ALIAS;
  }

  #twice(key: string, earlier: number, again: number): void {
    const { line } = this.#lines.placeAt(this.#places.startOf(earlier));
    const place = this.#lines.placeAt(this.#places.startOf(again));
    weighDuplicate(this.#findings, [...this.#path, key], sayDuplicate(key, line), place);
  }

  /** The text of a key, as it is written: `200:` is "200", `1.0:` is "1.0". */
  #key(): string | undefined {
    const index = this.#next;
    const event = this.#events[index];
    if (event?.type === EVENT_ID.SCALAR) {
      this.#next += 1;
      this.#places.end(index, this.#next);
      this.#values += 1;
      return getScalarValue(this.#text, event);
    }
    const value = this.#node(null, '');
    if (event?.type === EVENT_ID.ALIAS && typeof value === 'string') return value;
    this.#findings.add(
      this.#path,
      'A key must be a text; here it is a list or an object. If it contains `{` or `[`, put it in quotes.',
      this.#lines.placeAt(this.#places.startOf(index)),
    );
    return undefined;
  }

  #child(holder: Record<string, Json> | Json[] | null, key: string | number): Json {
    this.#path.push(String(key));
    const value = this.#node(holder, key);
    this.#path.pop();
    return value;
  }

  #scalar(event: ScalarEvent, holder: Record<string, Json> | Json[] | null, key: string | number): Json {
    const text = getScalarValue(this.#text, event);
    this.#characters += text.length;
    const tag = event.tagStart < 0 ? undefined : this.#text.slice(event.tagStart, event.tagEnd);
    if (tag !== undefined && !/^!!?(str|int|float|bool|null)?$/.test(tag)) {
      const message = `The tag \`${tag}\` is not known. OpenAPI documents need none: remove it.`;
      this.#findings.add(this.#path, message, this.#lines.placeAt(event.tagStart));
    }
    const isText = tag === undefined ? event.style !== SCALAR_STYLE.PLAIN : !/^!!(int|float|bool|null)$/.test(tag);
    if (isText) return text;
    const resolved = resolvePlain(text);
    if (resolved.note !== undefined)
      this.#findings.add(this.#path, resolved.note, this.#lines.placeAt(event.valueStart));
    if (resolved.digits !== undefined && holder !== null) this.#large.push({ holder, key, digits: resolved.digits });
    return resolved.value;
  }
}

const tooMany =
  `The document stands for more than ${valuesMax.toLocaleString('en')} values once its aliases ` +
  `(\`*name\`) are written out. Use \`$ref\` to repeat things.`;

/** defineProperty: a key called __proto__ is a key like any other. */
function put(object: Record<string, Json>, key: string, value: Json): void {
  Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
}

function merge(object: Record<string, Json>, source: Json): void {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) return;
  for (const [key, value] of Object.entries(source)) if (!Object.hasOwn(object, key)) put(object, key, value);
}
