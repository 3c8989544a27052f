/**
 * Reads the head of an upstream's answer (RFC 9112 §4), as strictly as that of a request: we are responsible for what we send
 * on.
 */
import type { Fault } from './faults.ts';
import { HeadReader, type HeadBounds, type Reading } from './fields.ts';
import { role, type Role } from './names.ts';
import { CR, LF, valueOctet } from './octets.ts';

const statusPattern = /^HTTP\/1\.([01]) ([1-5][0-9]{2})(?: |$)/;

export class ResponseReader extends HeadReader {
  status = 0;
  minor: 0 | 1 = 1;
  dated = false;
  /** `Set-Cookie` is among the fields. */
  setsCookies = false;
  /** The time for which the upstream keeps an idle connection (`Keep-Alive: timeout=`); undefined: not stated. */
  idleSeconds: number | undefined;

  constructor(bounds: HeadBounds) {
    super(bounds, 'upstream_malformed');
  }

  override reset(): void {
    super.reset();
    this.status = 0;
    this.dated = false;
    this.setsCookies = false;
    this.idleSeconds = undefined;
  }

  /** The reason why `read` returned `failed`: the malformed part and its line. */
  get fault(): Fault {
    if (this.code === 'header_fields_too_large') return { cause: 'head_too_large' };
    const read = this.text.slice(0, this.length);
    if (read === '') return { cause: 'malformed_status_line', at: 'line 1' };
    if (read.endsWith('\r\n\r\n')) return this.#contradiction;
    const isLength = /^(?:content.length|transfer.encoding)[ \t]*:/i.test(this.text.slice(this.length));
    return { cause: isLength ? 'malformed_length' : 'malformed_field', at: `line ${read.split('\r\n').length}` };
  }

  /** Each line is well-formed, but the head as a whole is not. */
  get #contradiction(): Fault {
    if (this.chunked && this.contentLength !== -1) return { cause: 'malformed_length' };
    if (this.status < 200) return { cause: 'interim_answers', at: `status ${this.status}` };
    return { cause: 'malformed_head' };
  }

  /** Whether another request may follow on this connection. */
  get persistent(): boolean {
    return !this.close && (this.minor === 1 || this.keepAlive);
  }

  protected startLine(bytes: Buffer, start: number, limit: number): Reading {
    let at = start;
    while (at < limit && valueOctet[bytes[at] as number] === 1) at += 1;
    if (at === limit) return 'more';
    if (bytes[at] !== CR) return 'failed';
    if (at + 1 === limit) return 'more';
    if (bytes[at + 1] !== LF) return 'failed';
    const match = statusPattern.exec(this.text.substring(0, at - start));
    if (match === null) return 'failed';
    this.minor = match[1] === '1' ? 1 : 0;
    this.status = Number(match[2]);
    this.length = at + 2 - start;
    return 'done';
  }

  protected takeSpecial(part: Role, name: string, value: string): boolean {
    if (part === role.keepAlive) this.#takeKeepAlive(value);
    else if (part === role.date) {
      this.dated = true;
      this.fields.push(name, value);
    } else if (part !== role.upgrade) {
      this.setsCookies ||= part === role.setCookie;
      this.fields.push(name, value);
    }
    return true;
  }

  /** Interim answers have no content (RFC 9110 §15.2). HTTP/1.0 has no chunked coding. No request asks for 101. */
  protected judge(): Reading {
    const interim = this.status < 200;
    if (interim && (this.chunked || this.contentLength !== -1 || this.status === 101)) return 'failed';
    return this.minor === 0 && this.chunked ? 'failed' : 'done';
  }

  #takeKeepAlive(value: string): void {
    const match = /(?:^|[,; \t])timeout=([0-9]{1,6})/i.exec(value);
    if (match !== null) this.idleSeconds = Number(match[1]);
  }
}
