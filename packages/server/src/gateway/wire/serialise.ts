/** Writes heads. No line of a peer is passed on in its own form: every line is made here from the parsed values. */
import { STATUS_CODES } from 'node:http';
import type { Clock } from '../../kernel/clock.ts';
import { assert } from '../../kernel/assert.ts';
import type { ForwardOptions, RequestHead } from './exchange.ts';

const statusLines: string[] = Array.from(
  { length: 600 },
  (_, status) => `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`,
);
const unsafeTarget = /[^\x21-\x7e]/;
const unsafeValue = /[^\x20-\x7e]/;
const unsafeName = /[^!#$%&'*+\-.^_`|~0-9a-z]/;

export const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
export const LAST_CHUNK = '0\r\n\r\n';

/** A status line and its end; 100 to 599. */
export function statusLine(status: number): string {
  assert(Number.isInteger(status) && status >= 100 && status < 600, 'a status is between 100 and 599');
  return statusLines[status] as string;
}

/** Lines for our own fields. Throws on octets that could end a line: that would be a defect of the pipeline. */
export function ownFields(fields: readonly string[]): string {
  let text = '';
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    const value = fields[index + 1] as string;
    assert(
      name !== '' && !unsafeName.test(name) && !unsafeValue.test(value),
      'own fields are visible ASCII with lower-case names',
    );
    text += `${name}: ${value}\r\n`;
  }
  return text;
}

/** Methods whose requests state explicitly that they carry no content (RFC 9110 §8.6). */
function expectsContent(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH';
}

/** The head that is sent to the upstream. */
export function requestHead(head: RequestHead, options: ForwardOptions): string {
  const { target, upstream, dropFields, addFields } = options;
  assert(target !== '' && !unsafeTarget.test(target), 'a target is visible ASCII without spaces');
  assert(!unsafeTarget.test(upstream.hostField), 'a host is visible ASCII without spaces');
  let text = `${head.method} ${target} HTTP/1.1\r\nhost: ${upstream.hostField}\r\n`;
  const { fields, contentLength } = head;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    if (!dropFields.has(name)) text += `${name}: ${fields[index + 1] as string}\r\n`;
  }
  text += ownFields(addFields);
  if (contentLength > 0 || (contentLength === 0 && expectsContent(head.method)))
    text += `content-length: ${contentLength}\r\n`;
  else if (contentLength === -1) text += 'transfer-encoding: chunked\r\n';
  return `${text}\r\n`;
}

function has(fields: readonly string[], name: string): boolean {
  for (let index = 0; index < fields.length; index += 2) if (fields[index] === name) return true;
  return false;
}

/** Lines of an upstream's fields, without those that `own` replaces. */
export function passedFields(fields: readonly string[], own: readonly string[]): string {
  let text = '';
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] as string;
    if (!has(own, name)) text += `${name}: ${fields[index + 1] as string}\r\n`;
  }
  return text;
}

/** The UTF-8 octets of a text, one a character. */
export function octetsOf(text: string): string {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString('latin1');
}

/**
 * The head of our own answer. `date` and `persistence` are lines. `contentLength` -1: no length is sent, because a 204 or 304
 * has no content.
 */
export function ownHead(
  status: number,
  fields: readonly string[],
  date: string,
  contentLength: number,
  persistence: string,
): string {
  const length = contentLength === -1 ? '' : `content-length: ${contentLength}\r\n`;
  return `${statusLine(status)}${ownFields(fields)}${date}${length}${persistence}\r\n`;
}

/** One chunk's first line. */
export function chunkLine(length: number): string {
  return `${length.toString(16)}\r\n`;
}

/** The `date` line (RFC 9110 §6.6.1), made once a second. */
export class DateLine {
  readonly #clock: Clock;
  #second = Number.NaN;
  #line = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get line(): string {
    const now = this.#clock.now();
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#line = `date: ${new Date(now).toUTCString()}\r\n`;
    }
    return this.#line;
  }
}
