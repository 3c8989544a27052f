/**
 * From the text to JSON, with a way back: each value's place in the text. JSON is YAML, so one reader gives places for
 * both; a JSON document that is well takes the faster way of the engine's own parser.
 */
import { limits } from '@tulou/contract';
import { Findings, type Place } from './findings.ts';
import { isList, isObject, type Json } from './json.ts';
import { depthMax, readYaml, type Yaml } from './yaml.ts';

/** The YAML parser's time grows with the square of the anchors on one node. */
const anchorsMax = 20_000;

export interface Source {
  /** Undefined: the text cannot be read, and the findings say why. */
  readonly value: Json | undefined;
  /** The place of a value or of its key; of the nearest thing around it where it is not there itself. */
  place(path: readonly string[], at: 'key' | 'value'): Place;
}

/** Reads the text of a document. What is wrong with the text itself, not with its meaning, is added to the findings. */
export function readSource(text: string, findings: Findings): Source {
  const refusal = refuseText(text);
  if (refusal !== undefined) {
    findings.add([], refusal, { line: 1, column: 1 });
    return { value: undefined, place: () => ({ line: 1, column: 1 }) };
  }
  const json = fastJson(text);
  if (json === undefined) return readYaml(text, findings);
  let yaml: Yaml | undefined;
  // What YAML would say against a text that is JSON does not matter: it is read for the places only.
  const place: Source['place'] = (path, at) => (yaml ??= readYaml(text, new Findings())).place(path, at);
  return { value: json, place };
}

function refuseText(text: string): string | undefined {
  const bytes = Buffer.byteLength(text);
  if (text.trim() === '') return 'The document is empty. Send an OpenAPI 3.0 or 3.1 document, as YAML or JSON.';
  if (bytes > limits.openapiBytesMax) {
    return (
      `The document has ${mebibytes(bytes)}; at most ${mebibytes(limits.openapiBytesMax)} are read. Move long ` +
      `examples and descriptions out of it, or split the API.`
    );
  }
  if (/^\s*<(!doctype|html|\?xml)/i.test(text)) {
    return 'This is a web page or XML, not an OpenAPI document. If you downloaded it, take the "raw" address of the file.';
  }
  if ((text.match(/(?<![^\s,[{])&/g)?.length ?? 0) > anchorsMax) {
    return 'The document has too many YAML anchors (`&name`). Use `$ref` to repeat things.';
  }
  return undefined;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** The value of a text that is JSON and names no key twice; one with a key twice goes the way that reports it. */
function fastJson(text: string): Json | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  let keysWritten = 0;
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)) if (match[1] !== undefined) keysWritten += 1;
  const { keys, depth } = measure(value);
  return keys === keysWritten && depth <= depthMax ? value : undefined;
}

/** How many keys a value holds, and how deep it is nested. Without recursion: the value may be a hostile one. */
function measure(root: Json): { keys: number; depth: number } {
  let keys = 0;
  let deepest = 0;
  const open: { value: Json; depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    deepest = Math.max(deepest, next.depth);
    const children: readonly Json[] = isList(next.value)
      ? next.value
      : isObject(next.value)
        ? Object.values(next.value)
        : [];
    if (isObject(next.value)) keys += children.length;
    for (const value of children) open.push({ value, depth: next.depth + 1 });
  }
  return { keys, depth: deepest };
}
