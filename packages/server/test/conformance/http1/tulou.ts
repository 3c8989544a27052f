/** Tulou's wire engine as the tests run it: it forwards every request to one back end, and records everything. */
import { connect, type Socket } from 'node:net';
import { errors, problemBody, type ErrorCode } from '@tulou/contract';
import type { Exchange, ExchangeHandler, Outcome, WireLimits } from '../../../src/gateway/wire/exchange.ts';
import { openWireServer, type WireServer } from '../../../src/gateway/wire/server.ts';
import { systemClock } from '../../../src/kernel/clock.ts';

const limits: WireLimits = {
  connectionsMax: 100,
  headBytesMax: 16_384,
  fieldsMax: 100,
  targetBytesMax: 8192,
  headTimeoutMs: 1000,
  bodyTimeoutMs: 1000,
  bodyGraceMs: 5000,
  bodyBytesPerSecondMin: 1,
  gatheredBytesMax: 16_384,
  gatheredBytesAllMax: 1_048_576,
  writeTimeoutMs: 5000,
  keepAliveMs: 2000,
  requestsPerConnectionMax: 1000,
  bufferedBytesMax: 65_536,
  upstreamConnectionsMax: 100,
  upstreamIdleMs: 60_000,
  connectTimeoutMs: 2000,
};

/** A request as the engine read it, and its result. */
export interface Meant {
  readonly method: string;
  readonly target: string;
  readonly outcome: Outcome;
}

export class TulouUnderTest {
  readonly #wire: WireServer;
  readonly #handler: Handler;

  private constructor(wire: WireServer, handler: Handler) {
    this.#wire = wire;
    this.#handler = handler;
  }

  static async open(backendPort: number, bounds: Partial<WireLimits> = {}): Promise<TulouUnderTest> {
    const handler = new Handler(backendPort);
    const wire = await openWireServer({
      listen: { host: '127.0.0.1', port: 0 },
      reusePort: false,
      limits: { ...limits, ...bounds },
      handler,
      clock: systemClock,
      guard: () => undefined,
    });
    return new TulouUnderTest(wire, handler);
  }

  connect(): Client {
    return new Client(this.#wire.address.port);
  }

  /** The readings of the engine since the last call. */
  takeMeant(): readonly Meant[] {
    return this.#handler.take();
  }

  close(): Promise<void> {
    return this.#wire.close();
  }
}

class Handler implements ExchangeHandler {
  readonly #port: number;
  #meant: Meant[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  begin(exchange: Exchange): void {
    exchange.forward({
      upstream: {
        key: `http://127.0.0.1:${this.#port}`,
        tls: false,
        host: '127.0.0.1',
        port: this.#port,
        hostField: 'backend',
      },
      target: exchange.head.target,
      dropFields: new Set(),
      addFields: [],
      answerFields: [],
      timeoutMs: 5000,
      requestBytesMax: 1_000_000,
    });
  }

  commit(): void {
    return undefined;
  }

  end({ head }: Exchange, outcome: Outcome): void {
    this.#meant.push({ method: head.method, target: head.target, outcome });
  }

  refused(): void {
    return undefined;
  }

  problem(code: ErrorCode): { readonly fields: readonly string[]; readonly body: string } {
    const body = JSON.stringify(problemBody(code));
    return { fields: ['content-type', 'application/problem+json', 'x-status', String(errors[code].status)], body };
  }

  take(): readonly Meant[] {
    const meant = this.#meant;
    this.#meant = [];
    return meant;
  }
}

/** A client on a raw socket. */
export class Client {
  received = '';
  /** Settles when the connection is closed, for any reason. */
  readonly closed: Promise<void>;
  isClosed = false;
  readonly #socket: Socket;
  #wake: () => void = () => undefined;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.on('data', (bytes) => {
      this.received += bytes.toString('latin1');
      this.#wake();
    });
    this.#socket.on('error', () => undefined);
    this.closed = new Promise((resolve) =>
      this.#socket.once('close', () => {
        this.isClosed = true;
        this.#wake();
        resolve();
      }),
    );
  }

  send(bytes: string): void {
    this.#socket.write(bytes, 'latin1');
  }

  /** Ends this side; the other may still answer. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Waits until `enough` accepts the octets so far, or the connection is closed. */
  async until(enough: (received: string) => boolean): Promise<void> {
    while (!this.isClosed && !enough(this.received)) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}
