/** Reading content, within a bound. */
import type { IncomingMessage } from 'node:http';
import { limits, Problem } from '@tulou/contract';
import { scanJson, type Span } from './json-scan.ts';
import type { HttpRequest } from './message.ts';
import { Refusal } from './refusal.ts';

/** All of a message's content. Throws `content_too_large` as soon as the bound is passed; the rest is not kept. */
export async function readBody(message: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const tooLarge = new Problem('content_too_large', { detail: `at most ${bytesMax} bytes` });
  if (Number(message.headers['content-length'] ?? 0) > bytesMax) throw tooLarge;
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of message as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > bytesMax) throw tooLarge;
      pieces.push(piece);
    }
  } catch (error) {
    // No client is there to answer, and nothing has failed here.
    throw message.destroyed && error !== tooLarge ? new Refusal('unavailable', 1000, 'the caller has gone') : error;
  }
  return Buffer.concat(pieces, bytes);
}

const jsonType = /^application\/(?:json|[a-z0-9.+-]+\+json)\s*(?:;|$)/i;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A JSON body as a value, within bounds of depth and number. Throws `unsupported_media_type` or `malformed_request`. */
export async function readJson(request: HttpRequest, bytesMax: number, raw: readonly string[] = []): Promise<unknown> {
  const type = request.header('content-type');
  if (type !== undefined && !jsonType.test(type)) throw new Problem('unsupported_media_type');
  const bytes = await request.body(bytesMax);
  const { jsonDepthMax: depthMax, jsonValuesMax: valuesMax } = limits;
  const scan = await scanJson(bytes, { depthMax, valuesMax, raw });
  if ('refused' in scan) throw new Problem('malformed_request', { detail: scan.refused });
  try {
    return parsed(bytes, scan.spans);
  } catch (cause) {
    throw new Problem('malformed_request', { cause, ...(bytes.length === 0 ? { detail: 'the body is empty' } : {}) });
  }
}

/** Parses what lies around the raw members, and puts each in as the text that was sent. */
function parsed(bytes: Uint8Array, spans: readonly Span[]): unknown {
  if (spans.length === 0) return JSON.parse(utf8.decode(bytes));
  const pieces: string[] = [];
  const texts: string[] = [];
  let from = 0;
  for (const { start, end } of spans) {
    pieces.push(utf8.decode(bytes.subarray(from, start)), JSON.stringify(rawMark + String(texts.length)));
    texts.push(utf8.decode(bytes.subarray(start, end)));
    from = end;
  }
  pieces.push(utf8.decode(bytes.subarray(from)));
  const value = JSON.parse(pieces.join('')) as Record<string, unknown>;
  // Where a name occurs twice the last one counts: its mark says which text that is.
  for (const key of new Set(spans.map((span) => span.key))) {
    const mark = value[key];
    if (typeof mark === 'string' && mark.startsWith(rawMark))
      value[key] = texts[Number(mark.slice(rawMark.length))] ?? mark;
  }
  return value;
}

/** A string that imitates a mark can only refer to a text of the same body, never of another. */
const rawMark = '\u0000raw ';
