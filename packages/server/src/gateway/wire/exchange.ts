/**
 * What the wire engine and the pipeline say to each other. The engine owns sockets, framing, time-outs and pooled
 * upstream connections; the pipeline owns meaning. Field lists are flat: name, value, name, value … (names lower-case).
 */
import type { ErrorCode } from '@tulou/contract';
import type { Fault } from './faults.ts';

/** A request's head, already held to RFC 9112: what is ambiguous never gets here. */
export interface RequestHead {
  readonly method: string;
  /** Origin-form, `/path?query` as sent (RFC 9112 §3.2.1), also where the client sent absolute-form. `*` for OPTIONS. */
  readonly target: string;
  /** From `Host`, or the authority of an absolute-form target: lower-case, with the port where one was sent. */
  readonly host: string;
  /** Minor version: HTTP/1.0 or HTTP/1.1. */
  readonly minor: 0 | 1;
  /** End-to-end fields in the order received; hop-by-hop, framing and `host` are gone. */
  readonly fields: readonly string[];
  /** Fields that upstreams trust (trust.ts), in the same form: never passed on. Absent: none. */
  readonly claims?: readonly string[];
  /** Bytes of content that Content-Length promises; -1: chunked; 0: none. */
  readonly contentLength: number;
}

/** Where requests go: one origin of a version's upstreams. The engine pools connections by `key`. */
export interface UpstreamOrigin {
  /** `http://orders.internal:8000`; equal keys share a pool. */
  readonly key: string;
  readonly tls: boolean;
  readonly host: string;
  readonly port: number;
  /** Value of `host` to send. */
  readonly hostField: string;
  /** A Unix socket in the place of host and port. */
  readonly socket?: string;
  /** The ingress of the platform's own host: no name is resolved, and no address judged. */
  readonly isIngress?: true;
}

export interface ForwardOptions {
  readonly upstream: UpstreamOrigin;
  /** Origin-form, with the upstream's base path. */
  readonly target: string;
  /** Names (lower-case) of the client's fields that are not forwarded. `tulou-*` and hop-by-hop never are. */
  readonly dropFields: ReadonlySet<string>;
  /** Fields that are added to the request. Values are visible ASCII; the engine asserts it. */
  readonly addFields: readonly string[];
  /** Fields that are added to the answer; they replace the upstream's of the same name. */
  readonly answerFields: readonly string[];
  /** From sending the request to the answer's head, and between two pieces of its body. */
  readonly timeoutMs: number;
  readonly requestBytesMax: number;
  /** Who shares connections to the upstream with whom: all calls of one caller. Absent: they are not counted. */
  readonly caller?: string;
  /** What is left of a `Set-Cookie` of the upstream; undefined: nothing. */
  readonly keepCookie?: (value: string) => string | undefined;
  /** Sees the content on its way; where it is not good, the upstream never gets the end of it. */
  readonly watch?: ContentWatch | undefined;
}

/** Judges a request's content while it is passed on. */
export interface ContentWatch {
  take(bytes: Buffer, from: number, to: number): void;
  /** Asked once, when all has come. */
  isGood(): boolean;
}

/** How an exchange ended. */
export interface Outcome {
  /** The status that the client was sent; 0: none was. */
  readonly status: number;
  /** Content bytes received from the client, and sent to it. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** The whole answer was handed to the client's socket. */
  readonly complete: boolean;
  /** Why the engine itself answered or broke off; undefined where the upstream's or the pipeline's answer ended well. */
  readonly error: ErrorCode | 'client_aborted' | 'upstream_aborted' | undefined;
  /** Why the upstream gave no good answer: behind every 502 and 504 of the engine, and every answer that broke off. */
  readonly fault?: Fault | undefined;
  /** Microseconds from the first byte of the head to the end. */
  readonly durationUs: number;
  /** Microseconds from the request's head being sent upstream to the answer's head; 0: not forwarded. */
  readonly upstreamUs: number;
}

/** One request and its answer, in the hands of the pipeline. Exactly one of the two methods is called, once. */
export interface Exchange {
  readonly head: RequestHead;
  /** Address of the peer's socket, IPv4-mapped ones as IPv4. */
  readonly remoteAddress: string;
  readonly secure: boolean;
  /** Answers without an upstream; what is left of the request is read and dropped, within bounds, or the connection closed. */
  respond(status: number, fields: readonly string[], body: string): void;
  forward(options: ForwardOptions): void;
  /** The pipeline's own data about this exchange; the engine never looks at it. */
  context: unknown;
}

/** What the pipeline gives the engine. */
export interface ExchangeHandler {
  /** A request's head has come. Called once an exchange; must answer or forward, now or later. */
  begin(exchange: Exchange): void;
  /**
   * These answers are complete but for handing their last bytes to the sockets: record them first. Called once per turn
   * of the event loop with all of them (so one write serves many), then the engine flushes. Must not throw. Exchanges
   * whose answer broke off after its head was sent come here too, with `complete: false`.
   */
  commit(ended: readonly Ended[]): void;
  /** Exactly once an exchange, however it ended, also when nothing was sent: slots and counters are released here. */
  end(exchange: Exchange, outcome: Outcome): void;
  /** A message that never became an exchange was refused with this code, and the connection closed. */
  refused(code: ErrorCode, cause?: Error): void;
  /** Body and media type of the answers that the engine makes itself (400, 408, 431, 502, 504 …). */
  problem(
    code: ErrorCode,
    exchange: Exchange | undefined,
  ): { readonly fields: readonly string[]; readonly body: string };
}

export interface Ended {
  readonly exchange: Exchange;
  readonly outcome: Outcome;
}

/** Every bound of the engine. */
export interface WireLimits {
  readonly connectionsMax: number;
  readonly headBytesMax: number;
  readonly fieldsMax: number;
  readonly targetBytesMax: number;
  /** From the first byte of a head to its end; against slow writers. */
  readonly headTimeoutMs: number;
  /** Between two pieces of a request's content. */
  readonly bodyTimeoutMs: number;
  /** All of a request's content may take so long, and longer only while it comes at `bodyBytesPerSecondMin` on average. */
  readonly bodyGraceMs: number;
  readonly bodyBytesPerSecondMin: number;
  /** Content that is kept before a connection to the upstream is taken: of one request, and of all. */
  readonly gatheredBytesMax: number;
  readonly gatheredBytesAllMax: number;
  /** Nothing of an answer could be written for so long; against slow readers. */
  readonly writeTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly requestsPerConnectionMax: number;
  /** What may wait in memory for a slow side before the other is paused. */
  readonly bufferedBytesMax: number;
  readonly upstreamConnectionsMax: number;
  readonly upstreamIdleMs: number;
  readonly connectTimeoutMs: number;
}

/**
 * Judges an address that an upstream's name resolved to, just before connecting to exactly that address. Undefined:
 * allowed; a text: why not.
 */
export type AddressGuard = (address: string, family: 4 | 6) => string | undefined;
