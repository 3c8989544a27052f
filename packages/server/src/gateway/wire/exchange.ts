/**
 * The interface between the wire engine and the pipeline. The engine owns sockets, framing, time-outs and pooled upstream
 * connections; the pipeline owns meaning. Field lists are flat: name, value, name, value … (names lower-case).
 */
import type { ErrorCode } from '@tulou/contract';
import type { Fault } from './faults.ts';

/** The head of a request, already checked by RFC 9112: the engine rejects ambiguous heads. */
export interface RequestHead {
  readonly method: string;
  /** Origin-form, `/path?query` as sent (RFC 9112 §3.2.1), also if the client sent absolute-form. `*` for OPTIONS. */
  readonly target: string;
  /** From `Host`, or the authority of an absolute-form target: lower-case, with the port if one was sent. */
  readonly host: string;
  /** Minor version: HTTP/1.0 or HTTP/1.1. */
  readonly minor: 0 | 1;
  /** End-to-end fields in the order received, without hop-by-hop fields, framing fields and `host`. */
  readonly fields: readonly string[];
  /** Fields that upstreams trust (trust.ts), in the same form. They are never passed on. Absent: there are none. */
  readonly claims?: readonly string[];
  /** Bytes of content according to Content-Length; -1: chunked; 0: none. */
  readonly contentLength: number;
}

/** The destination of requests: one origin of a version's upstreams. The engine pools connections by `key`. */
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
  /** The time from sending the request to the answer's head, and between two pieces of its body. */
  readonly timeoutMs: number;
  readonly requestBytesMax: number;
  /** The group that shares connections to the upstream: all calls of one caller. Absent: the connections are not counted. */
  readonly caller?: string;
  /** Returns the parts of an upstream's `Set-Cookie` that are passed on; undefined: none. */
  readonly keepCookie?: (value: string) => string | undefined;
  /** Checks the content as it passes. If it is invalid, the upstream never gets the end of it. */
  readonly watch?: ContentWatch | undefined;
}

/** Checks the content of a request while it is passed on. */
export interface ContentWatch {
  take(bytes: Buffer, from: number, to: number): void;
  /** Called once, when all content has arrived. */
  isGood(): boolean;
}

/** The result of an exchange. */
export interface Outcome {
  /** The status that was sent to the client; 0: none. */
  readonly status: number;
  /** Content bytes received from the client, and sent to it. */
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** The whole answer was written to the client's socket. */
  readonly complete: boolean;
  /**
   * The reason why the engine itself answered or broke off; undefined if the answer of the upstream or the pipeline was
   * complete.
   */
  readonly error: ErrorCode | 'client_aborted' | 'upstream_aborted' | undefined;
  /** The reason why the upstream gave no valid answer: for every 502 and 504 of the engine, and every answer that broke off. */
  readonly fault?: Fault | undefined;
  /** Microseconds from the first byte of the head to the end. */
  readonly durationUs: number;
  /** Microseconds from the end of the request's head to the answer's head; 0: not forwarded. */
  readonly upstreamUs: number;
}

/** One request and its answer, as the pipeline sees them. It calls exactly one of the two methods, once. */
export interface Exchange {
  readonly head: RequestHead;
  /** Address of the peer's socket. IPv4-mapped addresses are shown as IPv4. */
  readonly remoteAddress: string;
  readonly secure: boolean;
  /**
   * Answers without an upstream. The rest of the request is read and dropped within bounds, otherwise the connection is
   * closed.
   */
  respond(status: number, fields: readonly string[], body: string): void;
  forward(options: ForwardOptions): void;
  /** The pipeline's own data about this exchange. The engine never reads it. */
  context: unknown;
}

/** The functions that the pipeline gives the engine. */
export interface ExchangeHandler {
  /** The head of a request has arrived. Called once per exchange; the pipeline must answer or forward, now or later. */
  begin(exchange: Exchange): void;
  /**
   * These answers are complete except for their last bytes, which are not yet in the sockets: record them first. Called once
   * per turn of the event loop with all of them (so one write serves many); then the engine flushes. Must not throw. An
   * exchange whose answer broke off after its head was sent comes here too, with `complete: false`.
   */
  commit(ended: readonly Ended[]): void;
  /** Called exactly once per exchange, for every kind of end, also if nothing was sent. Slots and counters are released here. */
  end(exchange: Exchange, outcome: Outcome): void;
  /** A message that never became an exchange was refused with this code, and the connection was closed. */
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
  /** From the first byte of a head to its end. It limits slow writers. */
  readonly headTimeoutMs: number;
  /** Between two pieces of a request's content. */
  readonly bodyTimeoutMs: number;
  /** The total time for a request's content. It may take longer only while it arrives at `bodyBytesPerSecondMin` on average. */
  readonly bodyGraceMs: number;
  readonly bodyBytesPerSecondMin: number;
  /** Content that is kept before a connection to the upstream is taken: for one request, and in total. */
  readonly gatheredBytesMax: number;
  readonly gatheredBytesAllMax: number;
  /** The time in which no octet of an answer could be written. It limits slow readers. */
  readonly writeTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly requestsPerConnectionMax: number;
  /** The number of octets that may wait in memory for a slow side before the other side is paused. */
  readonly bufferedBytesMax: number;
  readonly upstreamConnectionsMax: number;
  readonly upstreamIdleMs: number;
  readonly connectTimeoutMs: number;
}

/**
 * Checks an address of an upstream's name, immediately before a connection to exactly that address. Undefined: allowed; a
 * text: the reason of the refusal.
 */
export type AddressGuard = (address: string, family: 4 | 6) => string | undefined;
