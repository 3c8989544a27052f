/**
 * The ways in which an upstream may read a path. Servers and frameworks differ in case, escapes, empty segments, matrix
 * parameters (`;x`), suffixes (`.json`) and trailing dots or spaces. A reading is a list of segments. Each segment has the
 * texts that it may mean, in one folded form (`fold`) for paths and templates.
 */

/** The texts that a segment may mean, folded. An empty text: a server may skip the segment. */
export type Segment = readonly string[];

/** No reasonable upstream decodes more often than this. */
const decodingsMax = 3;

/**
 * All readings of a canonical path; a text: why no reading can be trusted. `strict`: an encoded slash is not trusted, because
 * it may lead to an undocumented path.
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

/** The form in which texts of paths and templates are compared: compatible characters and letters of any case are equal. */
export const fold = (text: string): string =>
  ascii.test(text) ? text.toLowerCase() : text.normalize('NFKC').toUpperCase().toLowerCase();

/** A text without its escapes, or the unchanged text if they are broken. */
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

/** The path, and its results when its escapes are decoded repeatedly. */
function decodingsOf(path: string): readonly string[] | string {
  const texts = [path];
  for (let last = path; last.includes('%');) {
    const next = tryDecode(last);
    // A `%` that is no escape is an ordinary character after it has been decoded itself.
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

/** undefined: the segment hides characters that change its meaning. */
function textsOf(part: string, isLast: boolean): Segment | undefined {
  const texts = new Set<string>();
  const decodings = decodingsOf(part);
  for (const one of typeof decodings === 'string' ? [part] : decodings) {
    const folded = fold(one);
    // Characters that look like these become them on a server that folds, as IIS does.
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
