/** Messages between a listener and its handlers. Plain values, so that a handler never touches a socket. */
import type { Readable } from 'node:stream';

export interface HttpRequest {
  readonly method: string;
  /** As sent, percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly requestId: string;
  /** The address of the client: the peer, or the client that a trusted proxy names. IPv4-mapped ones as IPv4. */
  readonly address: string;
  /** The value of a field, by its lower-case name; several of one name are joined as RFC 9110 §5.3 says. */
  header(name: string): string | undefined;
  /** Adds a field to the answer, whatever the answer will be. */
  addField(name: string, value: string): void;
  /** Reads the content, once. Throws `content_too_large` beyond the bound. */
  body(bytesMax: number): Promise<Buffer>;
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal;
  /** Aborted when the listener begins to close: a handler that only waits should answer now. */
  readonly draining: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
}

/** Answers a request; what it throws is rendered in one place (`problem.ts`). */
export type HttpHandler = (request: HttpRequest) => Promise<HttpAnswer>;

/** An answer of JSON. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}
