/**
 * A client's connection: reads requests one after the other, keeps the octets pipelined behind them, writes answers, enforces
 * time-outs.
 */
import type { Socket } from 'node:net';
import { errors, type ErrorCode } from '@tulou/contract/errors';
import type { ContentSink } from './chunked.ts';
import { RequestContent } from './content.ts';
import type { Engine } from './engine.ts';
import { Outbox } from './outbox.ts';
import { RequestReader } from './request-head.ts';
import { octetsOf, ownHead } from './serialise.ts';
import { adopt } from './transport.ts';
import { WheelEntry } from './wheel.ts';
import { WireExchange } from './wire-exchange.ts';

/**
 * A connection is still read after its last answer for this time and this number of octets, so that a reset does not destroy
 * the answer.
 */
const LINGER_MS = 2000;
const LINGER_BYTES_MAX = 1_048_576;
const NOTHING = Buffer.alloc(0);

/** idle: between requests; head: reading one; exchange: one is in progress; linger: the last answer was sent; gone. */
type Phase = 'idle' | 'head' | 'exchange' | 'linger' | 'gone';

export class ClientConnection extends WheelEntry implements ContentSink {
  readonly remoteAddress: string;
  readonly secure = false;
  readonly outbox = new Outbox();
  /** The connection ends with this answer. */
  closeAfter = false;
  /** The client waits for 100 before it sends content. */
  wantsContinue = false;
  readonly #engine: Engine;
  readonly #socket: Socket;
  readonly #reader: RequestReader;
  readonly #content = new RequestContent();
  #phase: Phase = 'idle';
  #exchange: WireExchange | undefined;
  #bytes: Buffer = NOTHING;
  #at = 0;
  #end = 0;
  #persistent = true;
  #minor: 0 | 1 = 1;
  #served = 0;
  #lingered = 0;
  #headAt = 0;
  #progress = 0;
  #paused = false;
  #broken = false;
  /** When the content began to arrive, plus the time that it had to wait; and how much has arrived. */
  #contentSince = 0;
  #contentBytes = 0;
  #pausedAt = 0;

  constructor(engine: Engine, accepted: Socket, remoteAddress: string) {
    super();
    const { limits, readBuffer, wheel } = engine;
    this.#engine = engine;
    this.remoteAddress = remoteAddress;
    this.#reader = new RequestReader(limits, this.secure);
    this.#socket = adopt(accepted, readBuffer, limits.bufferedBytesMax, (bytes, length) =>
      this.#onBytes(bytes, length),
    );
    this.#socket.setNoDelay(true);
    this.#socket.on('drain', () => this.#onDrain());
    this.#socket.on('end', () => this.#onEnd());
    this.#socket.on('error', () => this.destroy());
    this.#socket.on('close', () => this.destroy());
    wheel.arm(this, wheel.ticks(limits.headTimeoutMs));
  }

  get writable(): boolean {
    return this.#phase !== 'gone' && !this.#broken && this.#socket.writable;
  }

  /** Octets in memory: read and not yet processed, or written and not yet accepted by the kernel. */
  get bufferedBytes(): number {
    return this.#end - this.#at + this.outbox.length + this.#socket.writableLength;
  }

  /** All content of the request has been read. */
  get contentEnded(): boolean {
    return this.#content.ended;
  }

  get idle(): boolean {
    return this.#phase === 'idle' && this.contentEnded;
  }

  /** The `connection` line of the answer in progress. */
  persistenceLine(): string {
    if (!this.#persistent || this.#engine.draining || this.#served >= this.#engine.limits.requestsPerConnectionMax)
      this.closeAfter = true;
    if (this.closeAfter) return 'connection: close\r\n';
    return this.#minor === 0 ? 'connection: keep-alive\r\n' : '';
  }

  /** Whether the rest of the content is short enough to be read and dropped. */
  canDropContent(): boolean {
    return this.contentEnded || (!this.wantsContinue && this.#content.isWithin(this.#engine.limits.bufferedBytesMax));
  }

  sayContinue(text: string): void {
    this.wantsContinue = false;
    if (this.#at === this.#end) this.#socket.write(text, 'latin1');
  }

  /** Writes the outbox; false: the socket requires a wait. */
  flush(): boolean {
    const flowing = this.outbox.flush(this.#socket);
    if (this.#socket.writableLength > 0) this.#watchWriting();
    return flowing;
  }

  /**
   * The answer cannot be finished. If only the end of the connection shows the answer's length, the end must be a reset: a
   * normal close would look complete.
   */
  breakOff(delimited: boolean): void {
    this.#broken = true;
    if (!delimited) this.#socket.resetAndDestroy();
  }

  content(bytes: Buffer, from: number, to: number): void {
    this.#contentBytes += to - from;
    this.#exchange?.takeContent(bytes, from, to);
  }

  /** Passes on the content that has arrived. */
  pump(): void {
    const exchange = this.#exchange;
    if (this.contentEnded || (exchange !== undefined && !exchange.takesContent)) return;
    this.#readContent();
    const flowing = exchange?.contentTaken(this.contentEnded) ?? true;
    if (!flowing) this.#pause();
    else if (this.#paused && !this.contentEnded && this.#at === this.#end) this.#resume();
    if (this.contentEnded || this.#paused) this.#engine.wheel.disarm(this);
    else this.#arm(Math.min(this.#engine.limits.bodyTimeoutMs, this.#contentLeftMs()));
  }

  /** The remaining total time for the content. Time in which the recipient did not take content does not count. */
  #contentLeftMs(): number {
    const { bodyGraceMs, bodyBytesPerSecondMin } = this.#engine.limits;
    const allowedMs = bodyGraceMs + (this.#contentBytes / bodyBytesPerSecondMin) * 1000;
    return Math.max(0, this.#contentSince + allowedMs - this.#engine.clock.monotonic());
  }

  /** The upstream can accept content again. */
  resumeReading(): void {
    this.#resume();
    this.#work();
  }

  /** The exchange is over: the next one begins, or the connection ends. */
  onExchangeEnd(): void {
    this.#exchange = undefined;
    if (this.#phase === 'gone') return;
    if (this.#broken) return this.destroy();
    if (this.closeAfter) return this.#linger();
    this.#phase = 'idle';
    this.#arm(this.#engine.limits.keepAliveMs);
    if (this.#socket.writableLength > 0) this.#watchWriting();
    if (this.#paused && !this.#socket.writableNeedDrain) this.#resume();
    if (this.#at < this.#end) this.#work();
  }

  /** Ends the connection now; safe to call again. */
  destroy(): void {
    if (this.#phase === 'gone') return;
    this.#phase = 'gone';
    this.#engine.connections.delete(this);
    this.#engine.wheel.drop(this);
    this.#bytes = NOTHING;
    this.#at = 0;
    this.#end = 0;
    this.#socket.destroy();
    this.#exchange?.abort();
  }

  /** While draining, an idle connection gets a short time for a request that may be on its way. */
  onDraining(graceMs: number): void {
    if (this.idle) this.#arm(graceMs);
  }

  override onDeadline(): void {
    if (this.#socket.writableLength > 0) return this.#onSlowReader();
    if (this.#phase === 'head') return this.#refuse('request_timeout');
    if (this.#phase !== 'exchange') return this.destroy();
    if (this.contentEnded || this.#paused) return;
    this.closeAfter = true;
    this.#exchange?.fail('request_timeout');
  }

  #onBytes(chunk: Buffer, length: number): void {
    if (this.#phase === 'gone') return;
    if (this.#phase === 'linger') return this.#onLingering(length);
    const kept = this.#end - this.#at;
    if (kept === 0) this.#bytes = chunk;
    else this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at, this.#end), chunk.subarray(0, length)]);
    this.#at = 0;
    this.#end = kept + length;
    this.#work();
    this.#keepRest(chunk);
  }

  /** Unprocessed octets must outlive the read buffer. */
  #keepRest(chunk: Buffer): void {
    if (this.#at === this.#end) {
      this.#bytes = NOTHING;
      this.#at = 0;
      this.#end = 0;
      return;
    }
    if (this.#bytes === chunk) {
      this.#bytes = Buffer.from(chunk.subarray(this.#at, this.#end));
      this.#end -= this.#at;
      this.#at = 0;
    }
    if (this.#phase === 'exchange' && this.#end - this.#at > this.#engine.limits.bufferedBytesMax) this.#pause();
  }

  #work(): void {
    while (this.#phase !== 'gone' && this.#phase !== 'linger') {
      this.pump();
      if (this.#exchange !== undefined || !this.contentEnded || this.#at === this.#end) return;
      // A client that does not read its answers gets no further answers made.
      if (this.#socket.writableNeedDrain) return this.#pause();
      if (!this.#readHead()) return;
    }
  }

  #readHead(): boolean {
    const isFirst = this.#phase === 'idle';
    if (isFirst) {
      this.#phase = 'head';
      this.#headAt = this.#engine.clock.monotonic();
    }
    const reading = this.#reader.read(this.#bytes, this.#at, this.#end);
    if (reading === 'done') this.#begin();
    else if (reading === 'failed') this.#refuse(this.#reader.code);
    else if (isFirst) this.#arm(this.#engine.limits.headTimeoutMs);
    return reading === 'done';
  }

  #begin(): void {
    const reader = this.#reader;
    const head = reader.head();
    this.#at += reader.length;
    this.#persistent = reader.persistent;
    this.#minor = head.minor;
    this.#content.begin(head.contentLength);
    this.#contentSince = this.#headAt;
    this.#contentBytes = 0;
    this.wantsContinue = reader.expectsContinue && !this.contentEnded;
    reader.reset();
    this.#served += 1;
    this.#phase = 'exchange';
    this.#engine.wheel.disarm(this);
    this.#engine.begun += 1;
    const exchange = new WireExchange(this.#engine, this, head, this.#headAt);
    this.#exchange = exchange;
    try {
      this.#engine.handler.begin(exchange);
    } catch {
      // The pipeline handles its own errors. An error that escapes it must not end the other connections of this thread.
      exchange.fail('internal');
    }
  }

  #readContent(): void {
    const at = this.#content.read(this.#bytes, this.#at, this.#end, this);
    this.#at = at === -1 ? this.#end : at;
    if (at !== -1) return;
    this.closeAfter = true;
    if (this.#exchange === undefined) this.destroy();
    else this.#exchange.fail('malformed_request');
  }

  /** Answers a message that never became an exchange, and closes: the beginning of the next request is unknown. */
  #refuse(code: ErrorCode): void {
    const { handler, date } = this.#engine;
    handler.refused(code);
    const { fields, body } = handler.problem(code, undefined);
    const octets = octetsOf(body);
    this.outbox.add(ownHead(errors[code].status, fields, date.line, octets.length, 'connection: close\r\n') + octets);
    this.flush();
    this.#linger();
  }

  #linger(): void {
    this.#phase = 'linger';
    this.#at = 0;
    this.#end = 0;
    this.#bytes = NOTHING;
    this.#socket.end();
    this.#resume();
    this.#arm(LINGER_MS);
    if (this.#socket.writableLength > 0) this.#watchWriting();
  }

  #onLingering(length: number): void {
    this.#lingered += length;
    if (this.#lingered > LINGER_BYTES_MAX) this.destroy();
  }

  /** The client has closed its side. A client that still waits for an answer does not do that. */
  #onEnd(): void {
    if (this.#phase === 'linger') return;
    if (this.#exchange?.stage === 'held') this.closeAfter = true;
    else this.destroy();
  }

  #onDrain(): void {
    if (this.#exchange !== undefined) return this.#exchange.onClientDrain();
    if (this.#paused) this.#resume();
    if (this.#at < this.#end) this.#work();
  }

  #onSlowReader(): void {
    const taken = this.#socket.bytesWritten - this.#socket.writableLength;
    if (taken === this.#progress) this.destroy();
    else this.#watchWriting();
  }

  #watchWriting(): void {
    this.#progress = this.#socket.bytesWritten - this.#socket.writableLength;
    this.#arm(this.#engine.limits.writeTimeoutMs);
  }

  #arm(durationMs: number): void {
    this.#engine.wheel.arm(this, this.#engine.wheel.ticks(durationMs));
  }

  #pause(): void {
    if (!this.#paused) this.#pausedAt = this.#engine.clock.monotonic();
    this.#paused = true;
    this.#socket.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#contentSince += this.#engine.clock.monotonic() - this.#pausedAt;
    this.#socket.resume();
  }
}
