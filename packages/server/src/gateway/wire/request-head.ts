/** Reads the head of a request (RFC 9112 §3, §5). An ambiguous head is refused. */
import { isIPv6 } from 'node:net';
import type { RequestHead } from './exchange.ts';
import { HeadReader, type HeadBounds, type Reading } from './fields.ts';
import { role, type Role } from './names.ts';
import { CR, hexValue, LF, pathOctet, queryOctet, SP, tokenLower } from './octets.ts';

export interface RequestBounds extends HeadBounds {
  readonly targetBytesMax: number;
}

const METHOD_BYTES_MAX = 32;
const SLASH = 0x2f;
const PERCENT = 0x25;
const QUESTION = 0x3f;
const VERSION = Buffer.from('HTTP/', 'latin1');
const hostPattern = /^(?:[a-z0-9._-]{1,255}|\[([0-9a-f:.]{2,45})\])(?::([0-9]{1,5}))?$/;
const absolutePattern = /^(https?):\/\/([^/?]+)([^?]*)(\?.*)?$/i;

/** The host of a valid `Host` value, lower-case; undefined: not valid (RFC 9110 §7.2: exactly one, of a URI's authority). */
function hostOf(value: string): string | undefined {
  const host = value.toLowerCase();
  const match = hostPattern.exec(host);
  if (match === null || Number(match[2] ?? 0) > 65_535) return undefined;
  return match[1] === undefined || isIPv6(match[1]) ? host : undefined;
}

/** The end of a piece of the start line, or one of these. */
const MORE = -1;
const FAILED = -2;
const TOO_LONG = -3;

export class RequestReader extends HeadReader {
  method = '';
  target = '';
  minor: 0 | 1 = 1;
  host: string | undefined;
  expectsContinue = false;
  readonly #targetBytesMax: number;
  readonly #secure: boolean;
  #expectsOther = false;
  #upgrades = false;
  /** The connection's last `Host`, as sent and as checked: a client repeats the same value. */
  #lastHostSent = '';
  #lastHost: string | undefined;

  constructor(bounds: RequestBounds, secure: boolean) {
    super(bounds, 'malformed_request');
    this.#targetBytesMax = bounds.targetBytesMax;
    this.#secure = secure;
  }

  override reset(): void {
    super.reset();
    this.method = '';
    this.target = '';
    this.host = undefined;
    this.expectsContinue = false;
    this.#expectsOther = false;
    this.#upgrades = false;
  }

  /** The head, after `read` has returned `done`. */
  head(): RequestHead {
    return {
      method: this.method,
      target: this.target,
      host: this.host ?? '',
      minor: this.minor,
      fields: this.fields,
      claims: this.claims,
      contentLength: this.chunked ? -1 : Math.max(this.contentLength, 0),
    };
  }

  /** Whether the connection may serve another request after this one (RFC 9112 §9.3). */
  get persistent(): boolean {
    return !this.close && (this.minor === 1 || this.keepAlive);
  }

  /** One empty line before the request line is skipped, as RFC 9112 §2.2 recommends to servers. A second one is refused. */
  protected startLine(bytes: Buffer, start: number, limit: number): Reading {
    let at = start;
    if (at < limit && bytes[at] === CR) {
      if (at + 1 === limit) return 'more';
      if (bytes[at + 1] !== LF) return 'failed';
      at += 2;
    }
    const methodEnd = this.#methodEnd(bytes, at, limit);
    if (methodEnd < 0) return this.#stop(methodEnd);
    this.method = this.text.substring(at - start, methodEnd - start);
    if (this.method === 'CONNECT' || this.method === 'TRACE') return this.fail('method_unsupported');
    const targetStart = methodEnd + 1;
    const targetEnd = this.#targetEnd(bytes, targetStart, limit);
    if (targetEnd < 0) return this.#stop(targetEnd);
    this.target = this.text.substring(targetStart - start, targetEnd - start);
    return this.#version(bytes, start, targetEnd + 1, limit);
  }

  protected takeSpecial(part: Role, name: string, value: string): boolean {
    if (part === role.host) return this.#takeHost(value);
    if (part === role.expect) this.#takeExpect(value);
    else if (part === role.upgrade) this.#takeUpgrade(value);
    else if (part === role.claim) this.claims.push(name, value);
    else if (part === role.date) this.fields.push(name, value);
    return true;
  }

  protected judge(): Reading {
    if (this.minor === 1 && this.host === undefined) return 'failed';
    if (this.minor === 0 && this.chunked) return 'failed';
    if (!this.target.startsWith('/') && !this.#otherForm()) return 'failed';
    if (this.#upgrades) return this.fail('upgrade_refused');
    if (this.#expectsOther) return this.fail('expectation_failed');
    return 'done';
  }

  #stop(result: number): Reading {
    if (result === TOO_LONG) return this.fail('uri_too_long');
    return result === MORE ? 'more' : 'failed';
  }

  #methodEnd(bytes: Buffer, from: number, limit: number): number {
    let at = from;
    while (at < limit && tokenLower[bytes[at] as number] !== 0) at += 1;
    if (at - from > METHOD_BYTES_MAX) return FAILED;
    if (at === limit) return MORE;
    return bytes[at] === SP && at > from ? at : FAILED;
  }

  #targetEnd(bytes: Buffer, from: number, limit: number): number {
    const bound = Math.min(limit, from + this.#targetBytesMax + 1);
    let at = from;
    if (at < limit && bytes[at] === SLASH) {
      at = this.#pathEnd(bytes, at, bound);
      if (at < 0) return at;
    }
    while (at < bound && queryOctet[bytes[at] as number] === 1) at += 1;
    if (at - from > this.#targetBytesMax) return TOO_LONG;
    if (at === limit) return MORE;
    return bytes[at] === SP && at > from ? at : FAILED;
  }

  /** Broken escapes in a path are refused, because servers read them differently. */
  #pathEnd(bytes: Buffer, from: number, bound: number): number {
    let at = from;
    while (at < bound && pathOctet[bytes[at] as number] === 1) {
      if (bytes[at] === PERCENT) {
        if (at + 1 < bound && hexValue[bytes[at + 1] as number] === 255) return FAILED;
        if (at + 2 < bound && hexValue[bytes[at + 2] as number] === 255) return FAILED;
      }
      at += 1;
    }
    return at === bound || bytes[at] === QUESTION || bytes[at] === SP ? at : FAILED;
  }

  #version(bytes: Buffer, start: number, from: number, limit: number): Reading {
    for (let index = 0; index < VERSION.length; index += 1) {
      if (from + index === limit) return 'more';
      if (bytes[from + index] !== VERSION[index]) return 'failed';
    }
    const at = from + VERSION.length;
    const rest = this.text.substring(at - start, at - start + 5);
    if (rest !== '1.1\r\n' && rest !== '1.0\r\n') return this.#oddVersion(rest);
    this.minor = rest.charCodeAt(2) === 0x31 ? 1 : 0;
    this.length = at + 5 - start;
    return 'done';
  }

  #oddVersion(rest: string): Reading {
    if (/^(?!1\.[01])[0-9]\.[0-9]/.test(rest)) return this.fail('http_version_unsupported');
    return /^(?:[0-9](?:\.(?:[01](?:\r)?)?)?)?$/.test(rest) ? 'more' : 'failed';
  }

  #takeHost(value: string): boolean {
    if (this.host !== undefined) return false;
    if (value !== this.#lastHostSent) {
      this.#lastHostSent = value;
      this.#lastHost = hostOf(value);
    }
    this.host = this.#lastHost;
    return this.host !== undefined;
  }

  #takeExpect(value: string): void {
    if (this.minor === 0) return;
    if (value.toLowerCase() === '100-continue' && !this.expectsContinue) this.expectsContinue = true;
    else this.#expectsOther = true;
  }

  /** `h2c` is ignored, as RFC 9110 §7.8 allows: Java's client offers it with every request. It is never forwarded. */
  #takeUpgrade(value: string): void {
    if (value.toLowerCase() !== 'h2c') this.#upgrades = true;
  }

  /** Converts absolute-form and asterisk-form (RFC 9112 §3.2.2, §3.2.4) to the form of `RequestHead`. */
  #otherForm(): boolean {
    if (this.target === '*') return this.method === 'OPTIONS';
    const match = absolutePattern.exec(this.target);
    if (match === null) return false;
    const [, scheme = '', authority = '', path = '', query = ''] = match;
    if ((scheme.toLowerCase() === 'https') !== this.#secure) return false;
    const host = hostOf(authority);
    if (host === undefined || (this.host !== undefined && this.host !== host)) return false;
    this.host = host;
    this.target =
      path === '' && query === '' && this.method === 'OPTIONS' ? '*' : `${path === '' ? '/' : path}${query}`;
    return this.#isPath(path);
  }

  #isPath(path: string): boolean {
    const bytes = Buffer.from(path, 'latin1');
    return this.#pathEnd(bytes, 0, bytes.length) === bytes.length && !/%(?![0-9a-f]{2})/i.test(path);
  }
}
