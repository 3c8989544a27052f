/**
 * Structured fields (RFC 9651), to the extent that signatures need them: dictionaries whose members are inner lists of
 * strings, or items. A repeated name, or a kind of value that no signature has, makes the whole field unreadable.
 */

/** A token, as distinct from a string. */
export interface Token {
  readonly token: string;
}

export type Bare = string | number | boolean | Buffer | Token;
export type Parameters = ReadonlyMap<string, Bare>;

export interface InnerList {
  readonly items: readonly { readonly value: string; readonly params: Parameters }[];
  readonly params: Parameters;
  /** Its canonical form (RFC 9651 §4.1.1.1), independent of the form that was sent. */
  readonly text: string;
}

/** A member is an inner list, or an item whose parameters are ignored here. */
export type Member = InnerList | { readonly item: Bare };

/** Reads a dictionary (RFC 9651 §4.2.2); undefined: the text is not a dictionary. */
export function readDictionary(text: string): ReadonlyMap<string, Member> | undefined {
  try {
    return new Reader(text).dictionary();
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

class Unreadable extends Error {}

const shapes = {
  key: /[a-z*][a-z0-9_.*-]*/y,
  string: /"((?:[ !#-[\]-~]|\\["\\])*)"/y,
  integer: /-?\d{1,15}(?![\d.])/y,
  token: /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y,
  bytes: /:([A-Za-z0-9+/]*={0,2}):/y,
  truth: /\?[01]/y,
  spaces: / */y,
  blanks: /[ \t]*/y,
};

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.replace(/^ +| +$/g, '');
  }

  dictionary(): ReadonlyMap<string, Member> {
    const members = new Map<string, Member>();
    while (this.#at < this.#text.length) {
      if (members.size > 0) this.#comma();
      const name = this.#need('key');
      if (members.has(name)) throw new Unreadable();
      members.set(name, this.#member());
    }
    return members;
  }

  #comma(): void {
    this.#need('blanks');
    if (!this.#take(',')) throw new Unreadable();
    this.#need('blanks');
    if (this.#at === this.#text.length) throw new Unreadable();
  }

  #member(): Member {
    if (this.#take('=')) return this.#text[this.#at] === '(' ? this.#innerList() : this.#item();
    this.#parameters();
    return { item: true };
  }

  #item(): Member {
    const item = this.#bare();
    this.#parameters();
    return { item };
  }

  #innerList(): InnerList {
    const items: { value: string; params: Parameters }[] = [];
    this.#take('(');
    for (;;) {
      this.#need('spaces');
      if (this.#take(')')) break;
      const value = this.#bare();
      if (typeof value !== 'string') throw new Unreadable();
      items.push({ value, params: this.#parameters() });
      if (this.#text[this.#at] !== ' ' && this.#text[this.#at] !== ')') throw new Unreadable();
    }
    const params = this.#parameters();
    const inner = items.map((item) => textOf(item.value) + textOfParameters(item.params)).join(' ');
    return { items, params, text: `(${inner})${textOfParameters(params)}` };
  }

  #parameters(): Parameters {
    const params = new Map<string, Bare>();
    while (this.#take(';')) {
      this.#need('spaces');
      const name = this.#need('key');
      if (params.has(name)) throw new Unreadable();
      params.set(name, this.#take('=') ? this.#bare() : true);
    }
    return params;
  }

  #bare(): Bare {
    const first = this.#text[this.#at] ?? '';
    if (first === '"') return this.#need('string').slice(1, -1).replaceAll(/\\(.)/g, '$1');
    if (first === ':') return bytesOf(this.#need('bytes').slice(1, -1));
    if (first === '?') return this.#need('truth') === '?1';
    if (/[-\d]/.test(first)) return Number(this.#need('integer'));
    return { token: this.#need('token') };
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #need(shape: keyof typeof shapes): string {
    const pattern = shapes[shape];
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found === undefined) throw new Unreadable();
    this.#at += found.length;
    return found;
  }
}

/** Accepts one spelling only for the same bytes. */
function bytesOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new Unreadable();
  return bytes;
}

function textOf(value: Bare): string {
  if (typeof value === 'string') return `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? '?1' : '?0';
  return Buffer.isBuffer(value) ? `:${value.toString('base64')}:` : value.token;
}

const textOfParameters = (params: Parameters): string =>
  Array.from(params, ([name, value]) => (value === true ? `;${name}` : `;${name}=${textOf(value)}`)).join('');
