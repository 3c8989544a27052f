/**
 * The tests' own parser of HTTP/1.1, as narrow as the standard allows and separate from the engine's. No one should send a
 * message that it cannot frame. Octets are the characters of a text (latin1).
 */
export interface Message {
  readonly startLine: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** The octets as they arrived. */
  readonly raw: string;
}

export interface Framed {
  readonly messages: readonly Message[];
  /** The rest after the last whole message: the beginning of another, or garbage. */
  readonly rest: string;
  /** The reason why the rest can never become a message. */
  readonly fault: string | undefined;
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const requestLine = new RegExp(`^${token} [!-~]+ HTTP/1\\.[01]$`);
const statusLine = /^HTTP\/1\.[01] [1-5]\d\d (?:[\t -~\x80-\xff]*)$/;
const fieldLine = new RegExp(`^(${token}):[\\t ]*([^\\x00-\\x08\\x0a-\\x1f\\x7f]*?)[\\t ]*$`);

class Fault extends Error {}

/** Frames a stream of requests. */
export function frameRequests(bytes: string): Framed {
  return frame(bytes, (head) => {
    if (!requestLine.test(head.startLine)) throw new Fault(`not a request line: ${head.startLine}`);
    return lengthOf(head.fields) ?? 0;
  });
}

/** Frames a stream of answers to requests that were not HEAD. An answer without a length lasts until the connection ends. */
export function frameResponses(bytes: string, ended: boolean): Framed {
  return frame(bytes, (head) => {
    if (!statusLine.test(head.startLine)) throw new Fault(`not a status line: ${head.startLine}`);
    const status = statusOf(head.startLine);
    if (status < 200 || status === 204 || status === 304) return 0;
    return lengthOf(head.fields) ?? (ended ? 'rest' : 'more');
  });
}

/** The status of a status line. */
export function statusOf(startLine: string): number {
  return Number(startLine.slice(9, 12));
}

type Head = Pick<Message, 'startLine' | 'fields'>;
type Length = number | 'chunked' | 'rest' | 'more';

function frame(bytes: string, lengthFor: (head: Head) => Length): Framed {
  const messages: Message[] = [];
  let at = 0;
  try {
    for (;;) {
      const message = next(bytes, at, lengthFor);
      if (message === undefined) return { messages, rest: bytes.slice(at), fault: undefined };
      messages.push(message);
      at += message.raw.length;
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { messages, rest: bytes.slice(at), fault: error.message };
  }
}

function next(bytes: string, start: number, lengthFor: (head: Head) => Length): Message | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n', start);
  if (headEnd === -1) return undefined;
  const [startLine = '', ...lines] = bytes.slice(start, headEnd).split('\r\n');
  const head = { startLine, fields: lines.map(parseField) };
  const length = lengthFor(head);
  const bodyStart = headEnd + 4;
  if (length === 'more') return undefined;
  if (length === 'chunked') {
    const content = dechunk(bytes, bodyStart);
    return content === undefined ? undefined : { ...head, body: content.body, raw: bytes.slice(start, content.end) };
  }
  const end = length === 'rest' ? bytes.length : bodyStart + length;
  if (bytes.length < end) return undefined;
  return { ...head, body: bytes.slice(bodyStart, end), raw: bytes.slice(start, end) };
}

function parseField(line: string): [name: string, value: string] {
  const match = fieldLine.exec(line);
  if (match === null) throw new Fault(`not a field: ${line.slice(0, 80)}`);
  return [String(match[1]).toLowerCase(), String(match[2])];
}

function lengthOf(fields: Message['fields']): number | 'chunked' | undefined {
  const lengths = fields.filter(([name]) => name === 'content-length').map(([, value]) => value);
  const codings = fields.filter(([name]) => name === 'transfer-encoding').map(([, value]) => value);
  if (lengths.length + codings.length > 1) throw new Fault('more than one length');
  if (codings.length === 1) {
    if (codings[0] !== 'chunked') throw new Fault(`coding ${codings[0]}`);
    return 'chunked';
  }
  if (lengths[0] === undefined) return undefined;
  if (!/^\d{1,15}$/.test(lengths[0])) throw new Fault(`length ${lengths[0]}`);
  return Number(lengths[0]);
}

function dechunk(bytes: string, start: number): { body: string; end: number } | undefined {
  let body = '';
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const size = bytes.slice(at, lineEnd);
    if (!/^[0-9A-Fa-f]{1,13}$/.test(size)) throw new Fault(`chunk size ${size.slice(0, 40)}`);
    const length = Number.parseInt(size, 16);
    const end = lineEnd + 2 + length;
    if (bytes.length < end + 2) return undefined;
    if (bytes.slice(end, end + 2) !== '\r\n') throw new Fault('a chunk that does not end where it says');
    if (length === 0) return { body, end: end + 2 };
    body += bytes.slice(lineEnd + 2, end);
    at = end + 2;
  }
}
