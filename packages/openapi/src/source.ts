/**
 * From the text to JSON, with a way back: each value's place in the text. JSON is YAML, so one reader gives places for
 * both; a valid JSON document takes the faster way of the engine's own parser.
 */
import { limits } from '@tulou/contract';
import { Findings, type Place } from './findings.ts';
import type { Json } from './json.ts';
import { measureJson } from './json-text.ts';
import { depthMax, readYaml, type Yaml } from './yaml.ts';

export interface Source {
  /** Undefined: the text cannot be read, and the findings say why. */
  readonly value: Json | undefined;
  /** The document as JSON text: the text itself where it is JSON. */
  json(): string;
  /** The place of a value or of its key; of the nearest thing around it where it is not there itself. */
  place(path: readonly string[], at: 'key' | 'value'): Place;
}

/** Some 20 ms of YAML. */
const cheapCharactersMax = 24 * 1024;

/** Whether a text is certain to be read in some milliseconds: it is short, and no alias repeats anything. */
export function isCheap(text: string): boolean {
  return text.length <= cheapCharactersMax && !/[-:?,[{]\s*\*[^\s*]/.test(text);
}

/** Reads the text of a document. Adds faults of the text itself, not of its meaning, to the findings. */
export function readSource(text: string, findings: Findings): Source {
  const refusal = refuseText(text);
  if (refusal !== undefined) {
    findings.refuse([], refusal, { line: 1, column: 1 });
    return { value: undefined, json: () => 'null', place: () => ({ line: 1, column: 1 }) };
  }
  const json = fastJson(text);
  if (json === undefined) return readYaml(text, findings);
  let forPlaces: Yaml | undefined;
  // YAML is read for the places only: its objections to a text that is JSON do not matter.
  const place: Source['place'] = (path, at) => (forPlaces ??= readYaml(text, new Findings())).place(path, at);
  return { value: json, json: () => text, place };
}

function refuseText(text: string): string | undefined {
  if (text.trim() === '') return 'The document is empty. Send an OpenAPI 3.0 or 3.1 document, as YAML or JSON.';
  const bytes = byteLength(text);
  if (bytes > limits.openapiBytesMax) {
    return (
      `The document has ${mebibytes(bytes)}; at most ${mebibytes(limits.openapiBytesMax)} are read. Move long ` +
      `examples and descriptions out of it, or split the API.`
    );
  }
  if (/^\s*<(!doctype|html|\?xml)/i.test(text)) {
    return 'This is a web page or XML, not an OpenAPI document. If you downloaded it, take the "raw" address of the file.';
  }
  return undefined;
}

/** In UTF-8. */
function byteLength(text: string): number {
  return text.length > limits.openapiBytesMax ? text.length : new TextEncoder().encode(text).length;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** The value of a text that is JSON and names no key twice; one with a key twice goes the way that reports it. */
function fastJson(text: string): Json | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  const measured = measureJson(text, depthMax);
  if (measured === undefined) return undefined;
  let keys = 0;
  try {
    const value = JSON.parse(text) as Json;
    keys = countKeys(value);
    return keys === measured.keys ? value : undefined;
  } catch {
    return undefined;
  }
}

/** How many keys a value holds. Without recursion. */
function countKeys(root: Json): number {
  let keys = 0;
  const open: Json[] = [root];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const children = Object.values<Json>(next);
    if (!Array.isArray(next)) keys += children.length;
    for (const child of children) if (typeof child === 'object' && child !== null) open.push(child);
  }
  return keys;
}
