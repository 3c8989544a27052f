/**
 * How an upstream may read a path: servers and frameworks differ in case, escapes, empty segments, matrix parameters (`;x`),
 * suffixes (`.json`) and dots or spaces at the end. A reading is a list of segments, each with the texts that it may stand for,
 * in one folded form (`fold`) for paths and templates.
 */

/** What a segment may stand for, folded. An empty text: a server may pass the segment over. */
export type Segment = readonly string[];

/** An upstream that decodes more often than this decodes nothing sane. */
const decodingsMax = 3;

/**
 * All readings of a canonical path; a text: why there is none that can be trusted. `strict`: an encoded slash is not trusted,
 * as it may lead to what no document names.
 */
export function readingsOf(path: string, strict: boolean): readonly (readonly Segment[])[] | string {
  if (!/[%;.]/.test(path)) return [plainSegments(path)];
  const texts = decodingsOf(path);
  if (typeof texts === 'string') return texts;
  if (strict && texts.some((text) => hidesSlash(path, text))) return hidden;
  const readings: Segment[][] = [];
  // Fastify may take the first `;` for the beginning of the query.
  const cut = texts.filter((text) => text.includes(';')).map((text) => text.slice(0, text.indexOf(';')));
  for (const [level, text] of [...texts, ...cut].entries()) {
    const parts = text.split(level === 0 ? '/' : /[/\\]/).filter((part) => part !== '');
    const segments: Segment[] = [];
    for (const [index, part] of parts.entries()) {
      const segment = textsOf(part, index === parts.length - 1);
      if (segment === undefined) return hidden;
      segments.push(segment);
    }
    readings.push(segments);
  }
  return readings;
}

/** The form in which texts of paths and templates are compared: compatible characters and letters of any case are one. */
export const fold = (text: string): string =>
  ascii.test(text) ? text.toLowerCase() : text.normalize('NFKC').toUpperCase().toLowerCase();

/** A text without its escapes; as it is, where they are broken. */
export function decoded(text: string): string {
  try {
    return text.includes('%') ? decodeURIComponent(text) : text;
  } catch {
    return text;
  }
}

const ascii = /^[ -~]*$/;
const control = /[\0-\x1f\x7f-\x9f]/;
const hidden = 'A segment of the path hides a slash or a dot segment.';

const hidesSlash = (path: string, text: string): boolean =>
  text.includes('\\') || text.split('/').length !== path.split('/').length;

const plainSegments = (path: string): Segment[] =>
  path
    .toLowerCase()
    .split('/')
    .filter((part) => part !== '')
    .map((part) => [part]);

/** The path and what it is when its escapes are decoded, again and again. */
function decodingsOf(path: string): readonly string[] | string {
  const texts = [path];
  for (let last = path; last.includes('%');) {
    const next = tryDecode(last);
    // A `%` that is no escape is a character like others, once it has been decoded itself.
    if (next === undefined) return texts.length === 1 ? 'The escapes of the path are not UTF-8.' : texts;
    if (control.test(next)) return 'The path holds a control character.';
    if (next === last) return texts;
    if (texts.length > decodingsMax) return 'The path is encoded several times over.';
    texts.push(next);
    last = next;
  }
  return texts;
}

function tryDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** undefined: the segment hides what is no segment. */
function textsOf(part: string, isLast: boolean): Segment | undefined {
  const texts = new Set<string>();
  const decodings = decodingsOf(part);
  for (const one of typeof decodings === 'string' ? [part] : decodings) {
    const folded = fold(one);
    // Characters that only look like these become them where a server folds, as IIS does.
    if (!ascii.test(one) && /[/\\;]/.test(folded) && !/[/\\;]/.test(one)) return undefined;
    for (const text of withoutParameters(folded)) {
      if (text === '.' || text === '..') return undefined;
      addEndings(texts, text, isLast);
    }
  }
  return [...texts];
}

const withoutParameters = (text: string): readonly string[] =>
  text.includes(';') ? [text, text.slice(0, text.indexOf(';'))] : [text];

function addEndings(texts: Set<string>, text: string, isLast: boolean): void {
  texts.add(text);
  texts.add(text.replace(/[. ]+$/, '').replace(/^ +/, ''));
  const dot = isLast ? text.lastIndexOf('.') : -1;
  if (dot > 0) texts.add(text.slice(0, dot));
}
