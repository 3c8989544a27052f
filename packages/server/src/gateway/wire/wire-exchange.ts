/** One request and its answer: between a client's connection, the pipeline, and an upstream's connection. */
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

/** begun: the pipeline has it; forwarding; held: complete, waits for the turn's end; ended. It only ever moves forward. */
type Stage = 'begun' | 'forwarding' | 'held' | 'ended';

/** The fields, with what `keep` leaves of each cookie. */
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
  /** What it has of its upstream's connections; the pool sets it. */
  hold: Hold | undefined;
  readonly #engine: Engine;
  readonly #connection: ClientConnection;
  readonly #startedAt: number;
  #upstream: UpstreamConnection | undefined;
  #ticket: Ticket | undefined;
  /** Content that waits for a connection; undefined: it is passed on as it comes. */
  #gathered: Buffer[] | undefined;
  #gatheredBytes = 0;
  /** Content is still to be gathered. */
  #gathering = false;
  #requestHead = '';
  #answerFields = '';
  #retried = false;
  #sentAt = 0;
  #upstreamUs = 0;
  #status = 0;
  #responseBytes = 0;
  #chunked = false;
  /** The answer's octets say where it ends; otherwise the end of the connection does. */
  #delimited = true;
  /** Some of the answer is out. */
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
    // Made now, so that what the pipeline got wrong is thrown at the pipeline.
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

  /** Some of the request's content is still to come. */
  get streams(): boolean {
    return !this.#connection.contentEnded;
  }

  /** A slow client must not hold a connection to the upstream: its content is kept, up to a bound, until it is there. */
  #gather(): void {
    this.#gathered = [];
    this.#gathering = true;
    if (this.#connection.wantsContinue) this.#connection.sayContinue(CONTINUE);
    // What came before the pipeline had decided.
    this.#connection.pump();
  }

  #acquire(): void {
    this.#ticket = this.#engine.pool.acquire((this.options as ForwardOptions).upstream, this, false);
  }

  /** A connection to the upstream is there: the head goes out, and with it what has come of the content. */
  onUpstream(upstream: UpstreamConnection): void {
    const options = this.options as ForwardOptions;
    this.#ticket = undefined;
    this.#upstream = upstream;
    this.#sentAt = this.#engine.clock.monotonic();
    upstream.begin(this, options, this.#requestHead);
    for (const piece of this.#gathered ?? []) upstream.sendContent(piece, 0, piece.length);
    this.#forgetGathered();
    // Where content has just been gathered, `contentTaken` goes on.
    if (this.#gathering) return;
    if (this.#connection.contentEnded) upstream.sendTaken(true);
    else this.#connection.pump();
  }

  /** No connection could be had. */
  onNoUpstream(code: ErrorCode, fault?: Fault): void {
    this.#ticket = undefined;
    this.hold?.giveBack();
    this.fail(code, fault);
  }

  /** The connection broke before any octet of an answer. One that had been idle may just have been closed under us. */
  onUpstreamLost(reused: boolean, fault: Fault): void {
    this.#upstream = undefined;
    this.hold?.giveBack();
    const repeatable = isIdempotent(this.head.method) && this.requestBytes === 0;
    if (!reused || this.#retried || !repeatable || this.stage !== 'forwarding')
      return this.fail('upstream_unreachable', fault);
    this.#retried = true;
    this.#ticket = this.#engine.pool.acquire((this.options as ForwardOptions).upstream, this, true);
  }

  /** Content from the client, on its way to the upstream. */
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

  /** All content that has come is taken; false: the upstream asks to wait. */
  contentTaken(ended: boolean): boolean {
    // Before the last octets leave: what is broken off here was never a whole request.
    if (ended && this.stage === 'forwarding' && this.options?.watch?.isGood() === false)
      this.fail('content_digest_mismatch');
    if (ended) this.hold?.endStreaming();
    if (this.#gathering && this.stage === 'forwarding' && !this.#goOn(ended)) return true;
    return this.#upstream?.sendTaken(ended) ?? true;
  }

  /** Whether enough has been gathered for a connection to be taken. */
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

  /** The upstream asked to wait, and now can go on. */
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

  /** What has been read is passed on, and more is to come; false: the client asks to wait. */
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

  /** The client asked to wait, and now can go on. */
  onClientDrain(): void {
    this.#upstream?.resumeReading();
  }

  /** Ends with an error: with an answer of ours where none has begun, by breaking off where one has. */
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

  /** The client is gone. What was not answered has nothing to record. */
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

  /** Fixes the outcome, just before it is recorded. */
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

  /** Lets the last octets go and gives back what the exchange held. Exactly once. */
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
