/**
 * Path templates as a gateway compares them: literals exactly, after the normalisation of RFC 3986 §6.2.2. A segment is a
 * literal, a literal with variables inside it, or one variable.
 */
import { limits } from '@tulou/contract';
import { quote } from './json.ts';

/** A segment in pieces: texts, and null for a variable. */
export type Segment = readonly (string | null)[];

export interface Route {
  /** The template that is routed: without query, its literals normalised. */
  readonly path: string;
  readonly segments: readonly Segment[];
}

/** The route of a path key, or why it has none; `note`: what is odd about it but means one thing only. */
export function routeOf(template: string): { readonly route?: Route; readonly wrong?: string; readonly note?: string } {
  if (!template.startsWith('/'))
    return {
      wrong: `${quote(template)} is not a path: paths begin with \`/\`, such as \`/orders\`. Server addresses belong under \`servers\`.`,
    };
  if (/[\p{Cc}\p{Cs}]/u.test(template))
    return { wrong: `The path ${quote(template)} has a control character in it. Remove it.` };
  if (/[{}]/.test(template.replaceAll(/\{[^{}]*\}/g, '')))
    return { wrong: `The braces in the path ${quote(template)} do not match. A variable is written \`{name}\`.` };
  const address = withoutQuery(template);
  if (/\{[^{}]*\/[^{}]*\}/.test(address))
    return {
      wrong: `The path ${quote(template)} has a variable with a \`/\` in its name. A variable is a part of one segment.`,
    };
  const segments = address.slice(1).split('/').map(segmentOf);
  if (segments.includes(undefined))
    return {
      wrong: `The path ${quote(template)} has a \`%\` without two hexadecimal digits after it. Write \`%25\` for the sign itself.`,
    };
  const route = { path: pathOf(segments as Segment[], address), segments: segments as Segment[] };
  const wrong = wrongRoute(template, route);
  const note = noteOn(template, address);
  return wrong === undefined ? { route, ...(note === undefined ? {} : { note }) } : { wrong };
}

function wrongRoute(template: string, { path, segments }: Route): string | undefined {
  if (segments.some((segment) => segment.length === 1 && (segment[0] === '.' || segment[0] === '..')))
    return `The path ${quote(template)} has a segment \`.\` or \`..\`, which clients remove before they send it. Write the path that they send.`;
  const max = limits.pathTemplateCharactersMax;
  if (path.length <= max) return undefined;
  return `The path ${quote(template)} has ${path.length.toLocaleString('en')} characters; at most ${max.toLocaleString('en')} are taken. Shorten it.`;
}

function noteOn(template: string, address: string): string | undefined {
  if (address !== template)
    return `The path ${quote(template)} has a query or fragment in it; it is routed as ${quote(address)}. Describe \`?name=value\` as a parameter with \`in: query\`.`;
  if (/\s/.test(template.replaceAll(/\{[^{}]*\}/g, '')))
    return `The path ${quote(template)} has a space in it. Write it as in the URL (\`%20\`).`;
  if (template.includes('{}')) return `The path ${quote(template)} has a variable without a name. Write \`{name}\`.`;
  const names = variablesOf(template);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    return `The path ${quote(template)} has the variable \`{${twice}}\` twice. Give each a name of its own.`;
  const greedy = names.find((name) => /^[+*]|[+*]$/.test(name));
  return greedy === undefined
    ? undefined
    : `The variable \`{${greedy}}\` in ${quote(template)} stands for one segment, as any variable does: OpenAPI has none for several.`;
}

/** The template up to a `?` or `#` that is no part of a variable's name. */
function withoutQuery(template: string): string {
  const hidden = template.replaceAll(/\{[^{}]*\}/g, (variable) => 'x'.repeat(variable.length));
  const end = hidden.search(/[?#]/);
  return end === -1 ? template : template.slice(0, end);
}

export function variablesOf(template: string): string[] {
  return [...template.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1] ?? '');
}

function segmentOf(text: string): Segment | undefined {
  const pieces = text.split(/(\{[^{}]*\})/).filter((piece) => piece !== '');
  const parts = pieces.map((piece) => (piece.startsWith('{') ? null : normalised(piece)));
  return parts.includes(undefined) ? undefined : parts.length === 0 ? [''] : (parts as Segment);
}

/** RFC 3986 §6.2.2: unreserved characters are not encoded, all others that a path cannot hold are, in capitals. */
function normalised(literal: string): string | undefined {
  if (/%(?![\da-fA-F]{2})/.test(literal)) return undefined;
  const encoded = literal.replaceAll(/[^\w\-.~!$&'()*+,;=:@%]+/g, (text) => encodeURIComponent(text));
  return encoded.replaceAll(/%[\da-fA-F]{2}/g, (triplet) => {
    const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
    return /[\w\-.~]/.test(character) ? character : triplet.toUpperCase();
  });
}

function pathOf(segments: readonly Segment[], address: string): string {
  const names = [...address.matchAll(/\{[^{}]*\}/g)].map((match) => match[0]);
  let next = 0;
  const write = (piece: string | null): string => piece ?? names[next++] ?? '';
  return `/${segments.map((segment) => segment.map(write).join('')).join('/')}`;
}

/** Two routes have the same rank if, and only if, precedence (literal, then longer literal text) orders them for no address. */
export function rankOf({ segments }: Route): string {
  return segments
    .map((segment) => {
      if (segment.length === 1) return segment[0] === null ? '{}' : `=${segment[0]}`;
      return `~${segment.reduce((sum, piece) => sum + (piece?.length ?? 0), 0)}`;
    })
    .join('/');
}

/** Whether two routes of one rank have an address in common. `budget` is spent; without it they count as having one. */
export function overlap(a: Route, b: Route, budget = { steps: Number.POSITIVE_INFINITY }): boolean {
  return a.segments.every((segment, index) => {
    const other = b.segments[index] ?? [];
    // Both have one rank: they are the same literal, or both are one variable.
    if (segment.length === 1 && other.length === 1)
      return segment[0] === other[0] || segment[0] === null || other[0] === null;
    return segmentsOverlap(segment, other, budget);
  });
}

/** Whether a text fits both segments, where a variable is one character at least. */
function segmentsOverlap(a: Segment, b: Segment, budget: { steps: number }): boolean {
  const [left, right] = [charactersOf(a), charactersOf(b)];
  budget.steps -= left.length * right.length;
  if (budget.steps < 0) return true;
  const reached = Array.from({ length: left.length + 1 }, () => new Uint8Array(right.length + 1));
  (reached[0] as Uint8Array)[0] = 1;
  // A variable becomes "one character, then any number": `?` and `*` of the two patterns walk side by side.
  for (let i = 0; i <= left.length; i += 1)
    for (let j = 0; j <= right.length; j += 1) {
      if (reached[i]?.[j] !== 1) continue;
      const [x, y] = [left[i], right[j]];
      if (x === '*') mark(reached, i + 1, j);
      if (y === '*') mark(reached, i, j + 1);
      if (x === undefined && y === undefined) return true;
      if (x === undefined || y === undefined) continue;
      if (x === '*' && y !== '*') mark(reached, i, j + 1);
      else if (y === '*' && x !== '*') mark(reached, i + 1, j);
      else if (x === y || x === '?' || y === '?') mark(reached, i + 1, j + 1);
    }
  return false;
}

function mark(reached: readonly Uint8Array[], i: number, j: number): void {
  const row = reached[i];
  if (row !== undefined && j < row.length) row[j] = 1;
}

/** Characters, with `?` and `*` for a variable. A literal cannot hold either unencoded `?`; a literal `*` is doubled. */
function charactersOf(segment: Segment): string[] {
  return segment.flatMap((piece) =>
    piece === null ? ['?', '*'] : [...piece].map((one) => (one === '*' ? '**' : one)),
  );
}

/** How frameworks that ignore letter case, a last slash, percent-encoding or matrix parameters read a route. */
export function looseReading({ segments }: Route): string {
  const text = segments.map((segment) => segment.map((piece) => (piece === null ? '{}' : piece)).join('')).join('/');
  const decoded = percentDecoded(text).toLowerCase();
  return decoded
    .split('/')
    .map((segment) => segment.replace(/;.*$/, ''))
    .filter((segment) => segment !== '')
    .join('/');
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replaceAll(/%[\dA-F]{2}/g, (triplet) => String.fromCharCode(Number.parseInt(triplet.slice(1), 16)));
  }
}
