/** One request and its answer, between a client's connection, the pipeline, and an upstream's connection. */
import { errors, type ErrorCode } from '@tulou/contract/errors';
import { assert } from '../../kernel/assert.ts';
import type { ClientConnection } from './connection.ts';
import type { Engine } from './engine.ts';
import type { Exchange, ForwardOptions, Outcome, RequestHead } from './exchange.ts';
import type { Fault } from './faults.ts';
import type { Ticket } from './pool.ts';
import type { Hold } from './shares.ts';
import type { ResponseReader } from './response-head.ts';
import {
  chunkLine,
  CONTINUE,
  LAST_CHUNK,
  octetsOf,
  ownHead,
  ownFields,
  passedFields,
  requestHead,
  statusLine,
} from './serialise.ts';
import type { UpstreamConnection } from './upstream.ts';

type Ending = Outcome['error'];

/** begun: the pipeline has it; forwarding; held: complete, waits for the end of the turn; ended. The state only moves forward. */
type Stage = 'begun' | 'forwarding' | 'held' | 'ended';

/** The fields, with the parts of each cookie that `keep` returns. */
function withCookies(fields: readonly string[], keep: (value: string) => string | undefined): string[] {
  const kept: string[] = [];
  for (let index = 0; index < fields.length; index += 2) {
    const [name = '', value = ''] = fields.slice(index, index + 2);
    const left = name === 'set-cookie' ? keep(value) : value;
    if (left !== undefined) kept.push(name, left);
  }
  return kept;
}

function isIdempotent(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'PUT' || method === 'DELETE';
}

export class WireExchange implements Exchange {
  readonly head: RequestHead;
  readonly remoteAddress: string;
  readonly secure: boolean;
  context: unknown = undefined;
  stage: Stage = 'begun';
  options: ForwardOptions | undefined;
  requestBytes = 0;
  /** The connections of its upstream that it holds. The pool sets this. */
  hold: Hold | undefined;
  readonly #engine: Engine;
  readonly #connection: ClientConnection;
  readonly #startedAt: number;
  #upstream: UpstreamConnection | undefined;
  #ticket: Ticket | undefined;
  /** Content that waits for a connection; undefined: content is passed on as it arrives. */
  #gathered: Buffer[] | undefined;
  #gatheredBytes = 0;
  /** More content must be collected. */
  #gathering = false;
  #requestHead = '';
  #answerFields = '';
  #retried = false;
  #sentAt = 0;
  #upstreamUs = 0;
  #status = 0;
  #responseBytes = 0;
  #chunked = false;
  /** The octets of the answer show its end; otherwise the end of the connection does. */
  #delimited = true;
  /** A part of the answer was sent. */
  #started = false;
  #error: Ending;
  #fault: Fault | undefined;
  #outcome: Outcome | undefined;

  constructor(engine: Engine, connection: ClientConnection, head: RequestHead, startedAt: number) {
    this.#engine = engine;
    this.#connection = connection;
    this.head = head;
    this.remoteAddress = connection.remoteAddress;
    this.secure = connection.secure;
    this.#startedAt = startedAt;
  }

  respond(status: number, fields: readonly string[], body: string): void {
    if (this.stage === 'ended') return;
    assert(this.stage === 'begun', 'an exchange is answered or forwarded once');
    this.#answer(status, fields, body);
  }

  forward(options: ForwardOptions): void {
    if (this.stage === 'ended') return;
    assert(this.stage === 'begun', 'an exchange is answered or forwarded once');
    // The lines are made now, so that a defect of the pipeline throws in the pipeline.
    this.#requestHead = requestHead(this.head, options);
    this.#answerFields = ownFields(options.answerFields);
    this.stage = 'forwarding';
    this.options = options;
    if (this.head.contentLength > options.requestBytesMax) this.fail('content_too_large');
    else if (this.#connection.contentEnded) this.#acquire();
    else this.#gather();
  }

  get caller(): string | undefined {
    return this.options?.caller;
  }

  /** More content of the request will arrive. */
  get streams(): boolean {
    return !this.#connection.contentEnded;
  }

  /** A slow client must not hold a connection to the upstream. Its content is kept, up to a bound, until it is complete. */
  #gather(): void {
    this.#gathered = [];
    this.#gathering = true;
    if (this.#connection.wantsContinue) this.#connection.sayContinue(CONTINUE);
    // Content that arrived before the pipeline decided.
    this.#connection.pump();
  }

  #acquire(): void {
    this.#ticket = this.#engine.pool.acquire((this.options as ForwardOptions).upstream, this, false);
  }

  /** A connection to the upstream is available: the head is sent, together with the content so far. */
  onUpstream(upstream: UpstreamConnection): void {
    const options = this.options as ForwardOptions;
    this.#ticket = undefined;
    this.#upstream = upstream;
    this.#sentAt = this.#engine.clock.monotonic();
    upstream.begin(this, options, this.#requestHead);
    for (const piece of this.#gathered ?? []) upstream.sendContent(piece, 0, piece.length);
    this.#forgetGathered();
    // If content was collected just now, `contentTaken` continues.
    if (this.#gathering) return;
    if (this.#connection.contentEnded) upstream.sendTaken(true);
    else this.#connection.pump();
  }

  /** No connection was available. */
  onNoUpstream(code: ErrorCode, fault?: Fault): void {
    this.#ticket = undefined;
    this.hold?.giveBack();
    this.fail(code, fault);
  }

  /**
   * The connection broke before any octet of an answer. If it had been idle, the upstream may have closed it at the same
   * moment.
   */
  onUpstreamLost(reused: boolean, fault: Fault): void {
    this.#upstream = undefined;
    this.hold?.giveBack();
    const repeatable = isIdempotent(this.head.method) && this.requestBytes === 0;
    if (!reused || this.#retried || !repeatable || this.stage !== 'forwarding')
      return this.fail('upstream_unreachable', fault);
    this.#retried = true;
    this.#ticket = this.#engine.pool.acquire((this.options as ForwardOptions).upstream, this, true);
  }

  /** Content from the client for the upstream. */
  takeContent(bytes: Buffer, from: number, to: number): void {
    this.requestBytes += to - from;
    if (this.stage !== 'forwarding') return;
    const { requestBytesMax, watch } = this.options as ForwardOptions;
    if (this.requestBytes > requestBytesMax) return this.fail('content_too_large');
    watch?.take(bytes, from, to);
    if (this.#gathered === undefined) return this.#upstream?.sendContent(bytes, from, to);
    this.#gathered.push(Buffer.from(bytes.subarray(from, to)));
    this.#gatheredBytes += to - from;
    this.#engine.gatheredBytes += to - from;
  }

  /** All content so far is accepted; false: the upstream requires a wait. */
  contentTaken(ended: boolean): boolean {
    // Before the last octets leave: a request that is broken off here was never complete at the upstream.
    if (ended && this.stage === 'forwarding' && this.options?.watch?.isGood() === false)
      this.fail('content_digest_mismatch');
    if (ended) this.hold?.endStreaming();
    if (this.#gathering && this.stage === 'forwarding' && !this.#goOn(ended)) return true;
    return this.#upstream?.sendTaken(ended) ?? true;
  }

  /** Whether enough content was collected to take a connection. */
  #goOn(ended: boolean): boolean {
    const { limits, gatheredBytes } = this.#engine;
    const isFull = this.#gatheredBytes >= limits.gatheredBytesMax || gatheredBytes >= limits.gatheredBytesAllMax;
    if (!ended && !isFull) return false;
    this.#acquire();
    this.#gathering = false;
    return true;
  }

  #forgetGathered(): void {
    this.#engine.gatheredBytes -= this.#gatheredBytes;
    this.#gatheredBytes = 0;
    this.#gathered = undefined;
  }

  get takesContent(): boolean {
    return this.#gathering || this.#upstream !== undefined || this.stage === 'held' || this.stage === 'ended';
  }

  /** The upstream required a wait and can now continue. */
  onUpstreamDrain(): void {
    this.#connection.resumeReading();
  }

  onAnswerHead(reader: ResponseReader, length: number, bodiless: boolean): void {
    const { answerFields, keepCookie } = this.options as ForwardOptions;
    const fields =
      reader.setsCookies && keepCookie !== undefined ? withCookies(reader.fields, keepCookie) : reader.fields;
    this.#upstreamUs = this.#microsecondsSince(this.#sentAt);
    this.#status = reader.status;
    this.#chunked = length === -1 && !bodiless && this.head.minor === 1;
    this.#delimited = this.#chunked || length !== -1 || bodiless;
    if (!this.#delimited || !this.#connection.contentEnded) this.#connection.closeAfter = true;
    let text = statusLine(reader.status) + passedFields(fields, answerFields) + this.#answerFields;
    if (!reader.dated) text += this.#engine.date.line;
    if (reader.contentLength !== -1 && reader.status !== 204) text += `content-length: ${reader.contentLength}\r\n`;
    else if (this.#chunked) text += 'transfer-encoding: chunked\r\n';
    this.#connection.outbox.add(`${text}${this.#connection.persistenceLine()}\r\n`);
  }

  onAnswerContent(bytes: Buffer, from: number, to: number): void {
    const { outbox } = this.#connection;
    this.#responseBytes += to - from;
    if (this.#chunked) outbox.add(chunkLine(to - from));
    outbox.addBytes(bytes, from, to);
    if (this.#chunked) outbox.add('\r\n');
  }

  /** The octets so far are passed on, and more will arrive; false: the client requires a wait. */
  onAnswerPart(): boolean {
    if (this.#connection.outbox.empty) return true;
    this.#started = true;
    return this.#connection.flush();
  }

  onAnswerEnd(): void {
    this.#upstream = undefined;
    this.hold?.giveBack();
    if (this.#chunked) this.#connection.outbox.add(LAST_CHUNK);
    this.#hold(undefined);
  }

  /** The client required a wait and can now continue. */
  onClientDrain(): void {
    this.#upstream?.resumeReading();
  }

  /** Ends with an error: with our own answer if none has begun, otherwise by breaking off. */
  fail(error: ErrorCode | 'upstream_aborted', fault?: Fault): void {
    if (this.stage === 'held' || this.stage === 'ended') return;
    this.#fault = fault;
    this.#dropUpstream();
    const code = error === 'upstream_aborted' ? 'upstream_malformed' : error;
    this.#connection.outbox.clear();
    if (this.#started) {
      this.#connection.breakOff(this.#delimited);
      return this.#hold(error);
    }
    this.#error = error;
    this.#responseBytes = 0;
    const { fields, body } = this.#engine.handler.problem(code, this);
    this.#answer(errors[code].status, fields, body);
  }

  /** The client has disconnected. A call without an answer is not recorded. */
  abort(): void {
    if (this.stage === 'held' || this.stage === 'ended') return;
    this.#dropUpstream();
    this.#connection.outbox.clear();
    if (this.#started) return this.#hold('client_aborted');
    this.#error = 'client_aborted';
    this.stage = 'held';
    this.settle();
    this.release();
  }

  /** Fixes the result, just before it is recorded. */
  settle(): Outcome {
    const complete = this.#connection.writable;
    if (!complete) this.#error ??= 'client_aborted';
    this.#outcome = {
      status: complete || this.#started ? this.#status : 0,
      requestBytes: this.requestBytes,
      responseBytes: complete || this.#started ? this.#responseBytes : 0,
      complete,
      error: this.#error,
      ...(this.#fault === undefined ? {} : { fault: this.#fault }),
      durationUs: this.#microsecondsSince(this.#startedAt),
      upstreamUs: this.#upstreamUs,
    };
    return this.#outcome;
  }

  /** Sends the last octets and releases everything that the exchange held. Called exactly once. */
  release(): void {
    const outcome = this.#outcome as Outcome;
    assert(this.stage === 'held', 'an exchange ends once');
    this.stage = 'ended';
    if (outcome.complete) this.#connection.flush();
    this.#engine.ended += 1;
    this.#engine.handler.end(this, outcome);
    this.#connection.onExchangeEnd();
  }

  #answer(status: number, fields: readonly string[], body: string): void {
    const bodiless = status === 204 || status === 304;
    const octets = bodiless ? '' : octetsOf(body);
    if (!this.#connection.canDropContent()) this.#connection.closeAfter = true;
    const length = bodiless ? -1 : octets.length;
    let text = ownHead(status, fields, this.#engine.date.line, length, this.#connection.persistenceLine());
    this.#status = status;
    if (this.head.method !== 'HEAD') {
      text += octets;
      this.#responseBytes = octets.length;
    }
    this.#connection.outbox.add(text);
    this.#hold(this.#error);
  }

  #hold(error: Ending): void {
    this.stage = 'held';
    this.#error = error;
    this.#engine.turn.hold(this);
  }

  #dropUpstream(): void {
    this.#ticket?.cancel();
    this.#ticket = undefined;
    this.#upstream?.abandon();
    this.#upstream = undefined;
    this.hold?.giveBack();
    this.#gathering = false;
    this.#forgetGathered();
  }

  #microsecondsSince(moment: number): number {
    return Math.round((this.#engine.clock.monotonic() - moment) * 1000);
  }
}
