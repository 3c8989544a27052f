/**
 * Measures a JSON text before it is parsed, in slices between which others get their turn: how deep it is nested, how many
 * values it holds, and where the members of its outermost object are that are not to be parsed at all.
 */

export interface ScanBounds {
  readonly depthMax: number;
  readonly valuesMax: number;
  /** Members of the outermost object whose objects are handed on as text. Nothing in them is measured. */
  readonly raw: readonly string[];
}

/** Where a raw member's value is, in bytes. */
export interface Span {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

export type Scan = { readonly refused: string } | { readonly spans: readonly Span[] };

const sliceBytes = 512 * 1024;
const [quote, comma, colon, backslash] = [0x22, 0x2c, 0x3a, 0x5c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Says nothing of the text's validity: what it lets pass, the parser still judges. */
export async function scanJson(bytes: Uint8Array, bounds: ScanBounds): Promise<Scan> {
  const scanner = new Scanner(bytes, bounds);
  while (!scanner.isOver()) {
    scanner.run(sliceBytes);
    if (scanner.refused !== undefined) return { refused: scanner.refused };
    if (!scanner.isOver()) await new Promise((resolve) => void setImmediate(resolve));
  }
  return { spans: scanner.spans };
}

class Scanner {
  readonly spans: Span[] = [];
  refused: string | undefined;
  readonly #bytes: Uint8Array;
  readonly #bounds: ScanBounds;
  #at = 0;
  #depth = 0;
  #values = 0;
  #inString = false;
  /** The string of the outermost object that may become a key, and the key whose value follows. */
  #string: { start: number; end: number } | undefined;
  #stringStart = 0;
  #member: string | undefined;
  #raw: { readonly key: string; readonly start: number } | undefined;

  constructor(bytes: Uint8Array, bounds: ScanBounds) {
    this.#bytes = bytes;
    this.#bounds = bounds;
  }

  isOver(): boolean {
    return this.#at >= this.#bytes.length;
  }

  run(count: number): void {
    const end = Math.min(this.#bytes.length, this.#at + count);
    while (this.#at < end && this.refused === undefined) {
      if (this.#inString) this.#skipString(end);
      else this.#step(this.#bytes[this.#at] ?? 0);
      this.#at += 1;
    }
  }

  /** Goes to the closing quote, or to the end of the slice. */
  #skipString(end: number): void {
    for (; this.#at < end; this.#at += 1) {
      const code = this.#bytes[this.#at];
      if (code === backslash) this.#at += 1;
      else if (code === quote) {
        this.#inString = false;
        if (this.#depth === 1) this.#string = { start: this.#stringStart, end: this.#at + 1 };
        return;
      }
    }
    this.#at -= 1;
  }

  #step(code: number): void {
    if (code === quote) {
      this.#inString = true;
      this.#stringStart = this.#at;
    } else if (code === openObject || code === openList) this.#open(code);
    else if (code === closeObject || code === closeList) this.#close();
    else if (code === comma) this.#count();
    else if (code === colon && this.#depth === 1) this.#member = this.#keyText();
  }

  #open(code: number): void {
    if (
      this.#depth === 1 &&
      code === openObject &&
      this.#member !== undefined &&
      this.#bounds.raw.includes(this.#member)
    )
      this.#raw = { key: this.#member, start: this.#at };
    this.#member = undefined;
    this.#depth += 1;
    this.#count();
    if (this.#raw === undefined && this.#depth > this.#bounds.depthMax)
      this.refused = `the JSON is nested deeper than ${this.#bounds.depthMax} levels`;
  }

  #close(): void {
    this.#depth -= 1;
    if (this.#depth !== 1 || this.#raw === undefined) return;
    this.spans.push({ ...this.#raw, end: this.#at + 1 });
    this.#raw = undefined;
  }

  #count(): void {
    if (this.#raw !== undefined) return;
    this.#values += 1;
    if (this.#depth === 1) this.#member = undefined;
    if (this.#values > this.#bounds.valuesMax)
      this.refused = `the JSON has more than ${this.#bounds.valuesMax.toLocaleString('en')} values`;
  }

  #keyText(): string | undefined {
    if (this.#string === undefined || this.#string.end - this.#string.start > keyBytesMax) return undefined;
    try {
      const text = new TextDecoder().decode(this.#bytes.subarray(this.#string.start, this.#string.end));
      return String(JSON.parse(text));
    } catch {
      return undefined;
    }
  }
}

const keyBytesMax = 200;
