/**
 * Chunked transfer coding (RFC 9112 §7.1), strictly. Sizes are hexadecimal digits only, and lines end in CRLF. Extensions
 * follow the grammar without optional whitespace and are bounded. Trailers follow the grammar of fields. Extensions and
 * trailers are read and dropped.
 */
import { mayBeHopByHop, role, roleOf } from './names.ts';
import {
  BACKSLASH,
  COLON,
  CR,
  EQUALS,
  hexValue,
  HTAB,
  LF,
  QUOTE,
  SEMICOLON,
  SP,
  tokenLower,
  valueOctet,
} from './octets.ts';

/** Receives the content, piece by piece. The octets are valid only during the call. */
export interface ContentSink {
  content(bytes: Buffer, from: number, to: number): void;
}

const SIZE_DIGITS_MAX = 16;
/**
 * The bound for the extensions of all chunks of one message. Without it, a sender could make us read 1,000 octets for every
 * octet of content.
 */
const EXTENSION_BYTES_MAX = 4096;
const TRAILER_BYTES_MAX = 8192;

const state = {
  size: 0,
  sizeLf: 1,
  extensionName: 2,
  extensionValue: 3,
  extensionQuoted: 4,
  extensionEscape: 5,
  extensionEnd: 6,
  data: 7,
  dataCr: 8,
  dataLf: 9,
  trailerStart: 10,
  trailerName: 11,
  trailerValue: 12,
  trailerLf: 13,
  endLf: 14,
  done: 15,
  failed: 16,
} as const;

/** Trailers that would change framing, routing or the caller's identity if a recipient merged them (RFC 9110 §6.5.1). */
function mayBeTrailer(name: string): boolean {
  const part = roleOf(name);
  return (part === role.endToEnd || part === role.date) && mayBeHopByHop(name);
}

export class ChunkedReader {
  #state: number = state.size;
  #left = 0;
  #digits = 0;
  #overhead = 0;
  #count = 0;
  #name = '';

  reset(): void {
    this.#state = state.size;
    this.#left = 0;
    this.#digits = 0;
    this.#overhead = 0;
    this.#count = 0;
    this.#name = '';
  }

  get done(): boolean {
    return this.#state === state.done;
  }

  get failed(): boolean {
    return this.#state === state.failed;
  }

  /** Reads on and returns the position. It stops behind the last octet of the message, or at an error. */
  read(bytes: Buffer, from: number, to: number, sink: ContentSink): number {
    let at = from;
    while (at < to && this.#state < state.done) {
      if (this.#state === state.data) {
        const end = Math.min(to, at + this.#left);
        this.#left -= end - at;
        if (this.#left === 0) this.#state = state.dataCr;
        sink.content(bytes, at, end);
        at = end;
      } else {
        this.#state = this.#step(bytes[at] as number);
        at += 1;
      }
    }
    return at;
  }

  #step(octet: number): number {
    switch (this.#state) {
      case state.size:
        return this.#size(octet);
      case state.sizeLf:
        return this.#sizeEnd(octet);
      case state.dataCr:
        return octet === CR ? state.dataLf : state.failed;
      case state.dataLf:
        return octet === LF ? state.size : state.failed;
      case state.endLf:
        return octet === LF ? state.done : state.failed;
      case state.trailerStart:
      case state.trailerName:
      case state.trailerValue:
      case state.trailerLf:
        this.#overhead += 1;
        return this.#overhead > TRAILER_BYTES_MAX ? state.failed : this.#trailer(octet);
      default:
        this.#overhead += 1;
        return this.#overhead > EXTENSION_BYTES_MAX ? state.failed : this.#extension(octet);
    }
  }

  #size(octet: number): number {
    const digit = hexValue[octet] as number;
    if (digit !== 255) {
      this.#digits += 1;
      this.#left = this.#left * 16 + digit;
      return this.#digits > SIZE_DIGITS_MAX || this.#left > Number.MAX_SAFE_INTEGER ? state.failed : state.size;
    }
    if (this.#digits === 0) return state.failed;
    return octet === SEMICOLON ? this.#startName() : this.#lineEnd(octet);
  }

  #sizeEnd(octet: number): number {
    if (octet !== LF) return state.failed;
    this.#digits = 0;
    if (this.#left > 0) return state.data;
    this.#overhead = 0;
    return state.trailerStart;
  }

  #startName(): number {
    this.#count = 0;
    return state.extensionName;
  }

  #lineEnd(octet: number): number {
    return octet === CR ? state.sizeLf : state.failed;
  }

  /** `;name`, `;name=token`, `;name="text"`. `#count` is the number of octets of the name or token. */
  #extension(octet: number): number {
    const isToken = tokenLower[octet] !== 0;
    if (this.#state === state.extensionQuoted) return this.#quoted(octet);
    if (this.#state === state.extensionEscape) return valueOctet[octet] === 1 ? state.extensionQuoted : state.failed;
    if (this.#state !== state.extensionEnd) {
      if (isToken) {
        this.#count += 1;
        return this.#state;
      }
      if (this.#count === 0)
        return octet === QUOTE && this.#state === state.extensionValue ? state.extensionQuoted : state.failed;
    }
    if (octet === EQUALS && this.#state === state.extensionName) {
      this.#count = 0;
      return state.extensionValue;
    }
    return octet === SEMICOLON ? this.#startName() : this.#lineEnd(octet);
  }

  #quoted(octet: number): number {
    if (octet === QUOTE) return state.extensionEnd;
    if (octet === BACKSLASH) return state.extensionEscape;
    return valueOctet[octet] === 1 ? state.extensionQuoted : state.failed;
  }

  #trailer(octet: number): number {
    if (this.#state === state.trailerLf) return octet === LF ? state.trailerStart : state.failed;
    if (this.#state === state.trailerValue) {
      if (octet === CR) return state.trailerLf;
      return valueOctet[octet] === 1 || octet === SP || octet === HTAB ? state.trailerValue : state.failed;
    }
    if (this.#state === state.trailerStart) {
      if (octet === CR) return state.endLf;
      this.#name = '';
    }
    const lower = tokenLower[octet] as number;
    if (lower !== 0) {
      this.#name += String.fromCharCode(lower);
      return state.trailerName;
    }
    return octet === COLON && this.#name !== '' && mayBeTrailer(this.#name) ? state.trailerValue : state.failed;
  }
}
