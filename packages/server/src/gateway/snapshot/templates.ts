/** Segments of path templates (OpenAPI 3.1 §4.8.8): literal text with parameters between, `{name}:{verb}`. */

/** The literal texts around the parameters of a segment: `{name}:{verb}` is `['', ':', '']`. One text: there is no parameter. */
export type Parts = readonly string[];

export const partsOf = (segment: string): Parts => segment.split(/\{[^{}]*\}/);

/** Whether a segment matches: every parameter takes at least one character. */
export function fits(segment: string, parts: Parts): boolean {
  const first = parts[0] ?? '';
  if (parts.length === 1) return segment === first;
  if (!segment.startsWith(first)) return false;
  let at = first.length;
  for (let index = 1; index < parts.length - 1; index += 1) {
    const part = parts[index] ?? '';
    const found = segment.indexOf(part, at + 1);
    if (found === -1) return false;
    at = found + part.length;
  }
  const last = parts[parts.length - 1] ?? '';
  return segment.length - last.length > at && segment.endsWith(last);
}

/** Represents the value of a parameter. No path contains it. */
const anything = '\u0001';

/** Whether every segment that matches `narrow` also matches `wide`. */
export const covers = (wide: Parts, narrow: Parts): boolean => fits(narrow.join(anything), wide);

/** More literal text first, because it makes a segment more specific. Equal segments have a fixed order. */
export function bySpecificity(a: Parts, b: Parts): number {
  const difference = literalLength(b) - literalLength(a) || a.length - b.length;
  if (difference !== 0) return difference;
  const [one, other] = [a.join(anything), b.join(anything)];
  return one < other ? -1 : Number(one > other);
}

const literalLength = (parts: Parts): number => parts.reduce((sum, part) => sum + part.length, 0);

/**
 * The canonical form of a path (RFC 3986 §6.2.2): characters that need no escape are not escaped, and digits of escapes are
 * in upper case. Dot segments do not occur: step `target` refuses them.
 */
export const canonical = (path: string): string =>
  path.includes('%') ? path.replaceAll(/%[0-9a-f]{2}/gi, canonicalEscape) : path;

function canonicalEscape(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  return /[A-Za-z0-9\-._~]/.test(character) ? character : escape.toUpperCase();
}

/** A template in the form of canonical paths: outside of parameters, characters that a path cannot hold are escaped. */
export const canonicalTemplate = (path: string): string =>
  path
    .split(/(\{[^{}]*\})/)
    .map((text, index) => (index % 2 === 1 ? text : canonical(escaped(text))))
    .join('');

const escaped = (text: string): string => text.replaceAll(/[^!-~]|["<>\\^`|]/gu, (character) => encode(character));

function encode(character: string): string {
  // A lone surrogate has no octets: it matches no path.
  return character.isWellFormed() ? encodeURIComponent(character) : character;
}
