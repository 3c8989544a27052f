/** Reading content, within a bound. */
import type { IncomingMessage } from 'node:http';
import { Problem } from '@tulou/contract';
import type { HttpRequest } from './message.ts';

/** All of a message's content. Throws `content_too_large` as soon as the bound is passed; the rest is not kept. */
export async function readBody(message: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const tooLarge = new Problem('content_too_large', { detail: `at most ${bytesMax} bytes` });
  if (Number(message.headers['content-length'] ?? 0) > bytesMax) throw tooLarge;
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of message as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > bytesMax) throw tooLarge;
    pieces.push(piece);
  }
  return Buffer.concat(pieces, bytes);
}

const jsonType = /^application\/(?:json|[a-z0-9.+-]+\+json)\s*(?:;|$)/i;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A JSON body as a value. Throws `unsupported_media_type` or `malformed_request`. */
export async function readJson(request: HttpRequest, bytesMax: number): Promise<unknown> {
  const type = request.header('content-type');
  if (type !== undefined && !jsonType.test(type)) throw new Problem('unsupported_media_type');
  const bytes = await request.body(bytesMax);
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw new Problem('malformed_request', { cause, ...(bytes.length === 0 ? { detail: 'the body is empty' } : {}) });
  }
}
