/**
 * Reads a field section (RFC 9112 §5), the part that requests and responses share. It is incremental: it stops at the end of
 * the octets and continues from the start of that line when more have arrived. Every split of a message thus gives the same
 * result.
 */
import type { ErrorCode } from '@tulou/contract';
import { hashStep, lookUp, mayBeHopByHop, role, roleOf, type Role } from './names.ts';
import { COLON, CR, decimal, HTAB, LF, SP, tokenLower, valueOctet } from './octets.ts';

/** `more`: the head is not complete; `done`: it is; `failed`: refused with `code`. */
export type Reading = 'more' | 'done' | 'failed';

export interface HeadBounds {
  readonly headBytesMax: number;
  readonly fieldsMax: number;
}

export abstract class HeadReader {
  /** The reason of the failure. */
  code: ErrorCode;
  /** Bytes from the head's start to the next line to read; at the end, the length of the head. */
  length = 0;
  /** End-to-end fields: name, value, name, value … */
  fields: string[] = [];
  /** Fields of names that upstreams trust (trust.ts), in the same form. Those of a client are never passed on. */
  claims: string[] = [];
  /** -1: no Content-Length. */
  contentLength = -1;
  chunked = false;
  close = false;
  keepAlive = false;
  /** The octets read in this pass as text, from the head's start. */
  protected text = '';
  readonly #malformed: ErrorCode;
  readonly #headBytesMax: number;
  readonly #fieldsMax: number;
  #count = 0;
  #named: Set<string> | undefined;
  #startLineRead = false;

  constructor(bounds: HeadBounds, malformed: ErrorCode) {
    this.#headBytesMax = bounds.headBytesMax;
    this.#fieldsMax = bounds.fieldsMax;
    this.#malformed = malformed;
    this.code = malformed;
  }

  /** Resets the reader for the next message. */
  reset(): void {
    this.code = this.#malformed;
    this.length = 0;
    this.fields = [];
    if (this.claims.length > 0) this.claims = [];
    this.contentLength = -1;
    this.chunked = false;
    this.close = false;
    this.keepAlive = false;
    this.#count = 0;
    this.#named = undefined;
    this.text = '';
    this.#startLineRead = false;
  }

  /** Reads on. `start` is the beginning of the head in `bytes`, also in calls with more octets. */
  read(bytes: Buffer, start: number, end: number): Reading {
    const limit = Math.min(end, start + this.#headBytesMax);
    this.text = bytes.toString('latin1', start, limit);
    let reading: Reading = 'done';
    if (!this.#startLineRead) {
      reading = this.startLine(bytes, start, limit);
      this.#startLineRead = reading === 'done';
    }
    if (reading === 'done') reading = this.#fieldLines(bytes, start, limit);
    if (reading === 'done') reading = this.#finish();
    if (reading === 'more' && limit - start === this.#headBytesMax) return this.fail('header_fields_too_large');
    return reading;
  }

  /** Content octets that arrived in the same pass, as text. */
  textFrom(offset: number, length: number): string | undefined {
    return this.text.length >= offset + length ? this.text.substring(offset, offset + length) : undefined;
  }

  /** Reads the first line and sets `length` behind it. */
  protected abstract startLine(bytes: Buffer, start: number, limit: number): Reading;
  /** Processes a field that has a meaning only in requests or only in responses. */
  protected abstract takeSpecial(part: Role, name: string, value: string): boolean;
  /** The checks that need all fields. */
  protected abstract judge(): Reading;

  protected fail(code: ErrorCode): Reading {
    this.code = code;
    return 'failed';
  }

  #fieldLines(bytes: Buffer, start: number, limit: number): Reading {
    let at = start + this.length;
    while (at < limit) {
      const lineStart = at;
      if (bytes[at] === CR) {
        if (at + 1 === limit) return 'more';
        this.length = at + 2 - start;
        return bytes[at + 1] === LF ? 'done' : 'failed';
      }
      let hash = 0;
      let lower = 0;
      while (at < limit && (lower = tokenLower[bytes[at] as number] as number) !== 0) {
        hash = hashStep(hash, lower);
        at += 1;
      }
      if (at === limit) return 'more';
      if (bytes[at] !== COLON || at === lineStart) return 'failed';
      const nameEnd = at;
      at += 1;
      while (at < limit && (bytes[at] === SP || bytes[at] === HTAB)) at += 1;
      const valueStart = at;
      while (at < limit && valueOctet[bytes[at] as number] === 1) at += 1;
      if (at === limit) return 'more';
      if (bytes[at] !== CR) return 'failed';
      if (at + 1 === limit) return 'more';
      if (bytes[at + 1] !== LF) return 'failed';
      let valueEnd = at;
      while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) valueEnd -= 1;
      const value = this.text.substring(valueStart - start, valueEnd - start);
      if (!this.#take(bytes, lineStart, nameEnd, hash, start, value)) return 'failed';
      at += 2;
      this.length = at - start;
    }
    return 'more';
  }

  #take(bytes: Buffer, nameStart: number, nameEnd: number, hash: number, start: number, value: string): boolean {
    this.#count += 1;
    if (this.#count > this.#fieldsMax) {
      this.code = 'header_fields_too_large';
      return false;
    }
    const known = lookUp(bytes, nameStart, nameEnd, hash);
    const name =
      known === undefined ? this.text.substring(nameStart - start, nameEnd - start).toLowerCase() : known.text;
    const part = known === undefined ? roleOf(name) : known.role;
    if (part === role.endToEnd) {
      this.fields.push(name, value);
      return true;
    }
    return this.#takeFraming(part, name, value);
  }

  #takeFraming(part: Role, name: string, value: string): boolean {
    switch (part) {
      case role.contentLength:
        return this.#takeContentLength(value);
      case role.transferEncoding:
        return this.#takeTransferEncoding(value);
      case role.connection:
        return this.#takeConnection(value);
      case role.hop:
      case role.reserved:
        return true;
      case role.confusable:
        return false;
      default:
        return this.takeSpecial(part, name, value);
    }
  }

  /**
   * A second one is refused even with the same value: RFC 9112 §6.3 no. 5 allows that, and recipients differ in the value
   * that they use.
   */
  #takeContentLength(value: string): boolean {
    if (this.contentLength !== -1) return false;
    this.contentLength = decimal(value);
    return this.contentLength !== -1;
  }

  /** `chunked`, once, in one line. The next hop might read any other coding differently (RFC 9112 §6.1). */
  #takeTransferEncoding(value: string): boolean {
    if (this.chunked || (value !== 'chunked' && value.toLowerCase() !== 'chunked')) return false;
    this.chunked = true;
    return true;
  }

  #takeConnection(value: string): boolean {
    if (value === 'keep-alive') this.keepAlive = true;
    else if (value === 'close') this.close = true;
    else return this.#takeOptions(value);
    return true;
  }

  #takeOptions(value: string): boolean {
    for (const part of value.split(',')) {
      const option = part.replace(/^[ \t]+|[ \t]+$/g, '').toLowerCase();
      if (option === '') continue;
      if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(option) || !mayBeHopByHop(option)) return false;
      if (option === 'close') this.close = true;
      else if (option === 'keep-alive') this.keepAlive = true;
      else (this.#named ??= new Set()).add(option);
    }
    return true;
  }

  #finish(): Reading {
    if (this.chunked && this.contentLength !== -1) return this.fail(this.#malformed);
    if (this.#named !== undefined) this.#dropNamed(this.#named);
    return this.judge();
  }

  #dropNamed(named: ReadonlySet<string>): void {
    const kept: string[] = [];
    for (let index = 0; index < this.fields.length; index += 2) {
      const name = this.fields[index] as string;
      if (!named.has(name)) kept.push(name, this.fields[index + 1] as string);
    }
    this.fields = kept;
  }
}
