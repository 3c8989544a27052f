/**
 * A connection to an upstream. It sends one request at a time, reads its answer, and returns to the pool if its state is
 * certain.
 */
import type { Socket } from 'node:net';
import { ChunkedReader, type ContentSink } from './chunked.ts';
import type { UpstreamCause } from '@tulou/contract/causes';
import type { ForwardOptions, WireLimits } from './exchange.ts';
import type { Fault } from './faults.ts';
import { Outbox } from './outbox.ts';
import type { Origin, PoolDeps } from './pool.ts';
import { ResponseReader } from './response-head.ts';
import { chunkLine, LAST_CHUNK } from './serialise.ts';
import type { Turn } from './turn.ts';
import { type Wheel, WheelEntry } from './wheel.ts';
import type { WireExchange } from './wire-exchange.ts';

/** No reasonable server sends more interim answers (RFC 9110 §15.2) than this before one answer. */
const INTERIM_MAX = 8;
/**
 * The connection closes this long before the upstream's own `Keep-Alive: timeout` would close it: a request on its way would
 * be lost.
 */
const IDLE_MARGIN_MS = 1000;

type Content = 'head' | 'length' | 'chunked' | 'close';

export class UpstreamConnection extends WheelEntry implements ContentSink {
  readonly socket: Socket;
  readonly #origin: Origin;
  readonly #wheel: Wheel;
  readonly #turn: Turn;
  readonly #limits: WireLimits;
  readonly #reader: ResponseReader;
  readonly #chunkedReader = new ChunkedReader();
  readonly #outbox = new Outbox();
  #exchange: WireExchange | undefined;
  #kept: Buffer | undefined;
  #content: Content = 'head';
  #left = 0;
  /** Octets of chunked content, its framing included. */
  #received = 0;
  #interim = 0;
  /** Any octet of the present answer has arrived. */
  #answering = false;
  #requestChunked = false;
  #requestEnded = true;
  /** The request is complete and waits for the end of the turn. None of it has been written. */
  #unsent = false;
  /** A part of the request has been written. */
  #begun = false;
  #timeoutTicks = 0;
  #idleMs: number;
  #answered = 0;
  #paused = false;
  #gone = false;
  #wasReset = false;

  constructor(
    origin: Origin,
    { wheel, turn, limits }: Pick<PoolDeps, 'wheel' | 'turn' | 'limits'>,
    open: (onBytes: (bytes: Buffer, length: number) => void) => Socket,
  ) {
    super();
    this.#origin = origin;
    this.#wheel = wheel;
    this.#turn = turn;
    this.#limits = limits;
    this.#idleMs = limits.upstreamIdleMs;
    this.#reader = new ResponseReader(limits);
    this.socket = open((bytes, length) => this.#onBytes(bytes, length));
    this.socket.on('drain', () => this.#onDrain());
    this.socket.on('end', () => this.#onEnd());
    this.socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(error));
    this.socket.on('close', () => this.destroy());
  }

  get bufferedBytes(): number {
    return this.#outbox.length + this.socket.writableLength + (this.#kept?.length ?? 0);
  }

  get busy(): boolean {
    return this.#exchange !== undefined;
  }

  /** Takes the connection for one exchange. The head waits for `sendTaken`, so that it is sent with the content. */
  begin(exchange: WireExchange, options: ForwardOptions, head: string): void {
    this.#exchange = exchange;
    this.#content = 'head';
    this.#interim = 0;
    this.#answering = false;
    this.#requestChunked = exchange.head.contentLength === -1;
    this.#requestEnded = false;
    this.#begun = false;
    this.#timeoutTicks = this.#wheel.ticks(options.timeoutMs);
    this.#outbox.add(head);
  }

  sendContent(bytes: Buffer, from: number, to: number): void {
    if (this.#requestChunked) this.#outbox.add(chunkLine(to - from));
    this.#outbox.addBytes(bytes, from, to);
    if (this.#requestChunked) this.#outbox.add('\r\n');
  }

  /** The content so far is complete, for now or permanently; false: wait for `drain`. */
  sendTaken(ended: boolean): boolean {
    if (this.#requestEnded) return true;
    if (ended && this.#requestChunked) this.#outbox.add(LAST_CHUNK);
    this.#requestEnded = ended;
    if (ended && !this.#begun) return this.#sendWithTurn();
    this.#begun = true;
    const flowing = this.#outbox.flush(this.socket);
    // While the client is slow, its own time-outs apply.
    if (ended || !flowing) this.#wheel.arm(this, this.#timeoutTicks);
    else this.#wheel.disarm(this);
    return flowing;
  }

  /** Writes what `sendTaken` left for the end of the turn. */
  sendUnsent(): void {
    if (!this.#unsent) return;
    this.#unsent = false;
    this.#outbox.flush(this.socket);
  }

  resumeReading(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#wheel.arm(this, this.#timeoutTicks);
    this.socket.resume();
  }

  /** The exchange no longer needs the connection. A message in progress makes the connection unusable. */
  abandon(): void {
    this.#exchange = undefined;
    this.destroy();
  }

  /** Ends the connection now; safe to call again. */
  destroy(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#kept = undefined;
    this.#unsent = false;
    this.#outbox.clear();
    this.#wheel.drop(this);
    this.socket.destroy();
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#origin.forget(this);
    if (exchange === undefined) return;
    if (!this.#answering)
      exchange.onUpstreamLost(this.#answered > 0, {
        cause: this.#wasReset ? 'reset_before_answer' : 'closed_before_answer',
      });
    else if (this.#content === 'head') exchange.fail('upstream_malformed', { cause: 'closed_in_head' });
    else exchange.fail('upstream_aborted', { cause: 'closed_in_content' });
  }

  /** Puts it among the idle connections. */
  rest(): void {
    this.#wheel.arm(this, this.#wheel.ticks(this.#idleMs));
  }

  content(bytes: Buffer, from: number, to: number): void {
    this.#exchange?.onAnswerContent(bytes, from, to);
  }

  override onDeadline(): void {
    const exchange = this.#exchange;
    if (exchange === undefined) return this.destroy();
    this.#exchange = undefined;
    const cause = this.#timeoutCause();
    this.destroy();
    exchange.fail('upstream_timeout', { cause });
  }

  #timeoutCause(): UpstreamCause {
    if (this.#content !== 'head') return 'content_timeout';
    return this.#answering || (this.#requestEnded && this.socket.writableLength === 0)
      ? 'answer_timeout'
      : 'send_timeout';
  }

  #onError({ code }: NodeJS.ErrnoException): void {
    this.#wasReset = code === 'ECONNRESET' || code === 'EPIPE';
    this.destroy();
  }

  #sendWithTurn(): boolean {
    this.#unsent = true;
    this.#turn.send(this);
    this.#wheel.arm(this, this.#timeoutTicks);
    return true;
  }

  #onBytes(chunk: Buffer, length: number): void {
    if (this.#gone) return;
    // Unrequested octets would be read as the answer to the next request.
    if (this.#exchange === undefined || this.#unsent) return this.destroy();
    this.#answering = true;
    let bytes = chunk;
    if (this.#kept !== undefined) {
      bytes = Buffer.concat([this.#kept, chunk.subarray(0, length)]);
      this.#kept = undefined;
    }
    this.#read(bytes, bytes === chunk ? length : bytes.length);
  }

  #read(bytes: Buffer, end: number): void {
    let at = 0;
    while (this.#content === 'head') {
      const reading = this.#reader.read(bytes, at, end);
      if (reading === 'failed') return this.#refuse(this.#reader.fault);
      if (reading === 'more') {
        this.#kept = Buffer.from(bytes.subarray(at, end));
        return;
      }
      at += this.#reader.length;
      if (!this.#takeHead()) return this.#refuse({ cause: 'interim_answers' });
      this.#reader.reset();
    }
    this.#readContent(bytes, at, end);
  }

  /** false: malformed. Leaves `#content` at `head` after an interim answer. */
  #takeHead(): boolean {
    const reader = this.#reader;
    const exchange = this.#exchange as WireExchange;
    const { status, contentLength, chunked } = reader;
    if (status < 200) {
      this.#interim += 1;
      return this.#interim <= INTERIM_MAX;
    }
    const bodiless = exchange.head.method === 'HEAD' || status === 204 || status === 304;
    // A 204 that announces content may send it, so nothing after it can be trusted.
    this.#reusable = reader.persistent && !(status === 204 && (chunked || contentLength > 0));
    if (reader.idleSeconds !== undefined)
      this.#idleMs = Math.min(this.#limits.upstreamIdleMs, reader.idleSeconds * 1000 - IDLE_MARGIN_MS);
    this.#left = bodiless ? 0 : contentLength;
    if (bodiless || contentLength !== -1) this.#content = 'length';
    else if (chunked) this.#content = 'chunked';
    else this.#content = 'close';
    if (this.#content === 'chunked') this.#chunkedReader.reset();
    this.#received = 0;
    if (this.#content === 'close') this.#reusable = false;
    exchange.onAnswerHead(reader, this.#left, bodiless);
    return true;
  }

  #reusable = false;

  #readContent(bytes: Buffer, from: number, end: number): void {
    if (this.#content === 'chunked') return this.#readChunked(bytes, from, end);
    const to = this.#content === 'close' ? end : Math.min(end, from + this.#left);
    if (to > from) this.content(bytes, from, to);
    if (this.#content === 'close') return this.#passOn();
    this.#left -= to - from;
    if (this.#left === 0) this.#complete(to === end);
    else this.#passOn();
  }

  #readChunked(bytes: Buffer, from: number, end: number): void {
    const at = this.#chunkedReader.read(bytes, from, end, this);
    this.#received += at - from;
    if (this.#chunkedReader.failed)
      this.#refuse({ cause: 'malformed_chunk', at: `octet ${this.#received} of the content` });
    else if (this.#chunkedReader.done) this.#complete(at === end);
    else this.#passOn();
  }

  #passOn(): void {
    const flowing = this.#exchange?.onAnswerPart() ?? true;
    if (this.#gone) return;
    if (flowing) return this.#wheel.arm(this, this.#timeoutTicks);
    this.#paused = true;
    this.#wheel.disarm(this);
    this.socket.pause();
  }

  /** The answer is complete. The connection is used again only if both messages are complete and nothing followed. */
  #complete(clean: boolean): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#answered += 1;
    const sound = clean && this.#reusable && this.#requestEnded && this.socket.writableLength === 0 && this.#idleMs > 0;
    if (sound && this.socket.writable) this.#origin.release(this);
    else this.destroy();
    exchange?.onAnswerEnd();
  }

  #refuse(fault: Fault): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.destroy();
    exchange?.fail('upstream_malformed', fault);
  }

  #onEnd(): void {
    if (this.#exchange !== undefined && this.#content === 'close') this.#complete(false);
    else this.destroy();
  }

  #onDrain(): void {
    if (this.#exchange === undefined || this.#requestEnded) return;
    this.#wheel.disarm(this);
    this.#exchange.onUpstreamDrain();
  }
}
