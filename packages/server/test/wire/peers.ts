/** Both neighbours of the wire engine, as tests need them: a client that writes octets, an origin that answers with octets. */
import { EventEmitter, once } from 'node:events';
import type { TestContext } from 'node:test';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { errors, type ErrorCode } from '@tulou/contract';
import { systemClock } from '../../src/kernel/clock.ts';
import type {
  Ended,
  Exchange,
  ExchangeHandler,
  ForwardOptions,
  Outcome,
  UpstreamOrigin,
  WireLimits,
} from '../../src/gateway/wire/exchange.ts';
import { openWireServer, type WireServer, type WireServerOptions } from '../../src/gateway/wire/server.ts';

export const limits: WireLimits = {
  connectionsMax: 2000,
  headBytesMax: 16_384,
  fieldsMax: 100,
  targetBytesMax: 8192,
  headTimeoutMs: 20_000,
  bodyTimeoutMs: 20_000,
  bodyGraceMs: 20_000,
  bodyBytesPerSecondMin: 1,
  gatheredBytesMax: 0,
  gatheredBytesAllMax: 1_048_576,
  writeTimeoutMs: 20_000,
  keepAliveMs: 20_000,
  requestsPerConnectionMax: 1_000_000,
  bufferedBytesMax: 262_144,
  upstreamConnectionsMax: 512,
  upstreamIdleMs: 20_000,
  connectTimeoutMs: 20_000,
};

/** A client's or an origin's socket, as text of octets. */
export class Peer {
  readonly socket: Socket;
  received = '';
  closed = false;
  error: string | undefined;
  readonly #changes = new EventEmitter();

  constructor(socket: Socket) {
    this.socket = socket;
    this.#changes.setMaxListeners(0);
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
      this.#changes.emit('change');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => (this.error = error.code));
    socket.on('close', () => {
      this.closed = true;
      this.#changes.emit('change');
    });
  }

  send(octets: string): this {
    this.socket.write(octets, 'latin1');
    return this;
  }

  /** Resolves when `isSo` holds; rejects when the connection closes before. */
  async until(isSo: (received: string) => boolean): Promise<string> {
    while (!isSo(this.received)) {
      if (this.closed) throw new Error(`closed after ${JSON.stringify(this.received.slice(0, 500))}`);
      await once(this.#changes, 'change');
    }
    return this.received;
  }

  /** All octets that were received until the other side closed. */
  async end(): Promise<string> {
    while (!this.closed) await once(this.#changes, 'change');
    return this.received;
  }
}

export function dial(port: number): Peer {
  return new Peer(connect({ host: '127.0.0.1', port, noDelay: true }));
}

export interface Origin {
  readonly server: Server;
  readonly upstream: UpstreamOrigin;
  /** All connections that ever came, in their order. */
  readonly peers: Peer[];
  /** The nth connection, once it is there. */
  peer(index: number): Promise<Peer>;
  close(): Promise<void>;
}

/** An origin on a free port; `onPeer` plays it. */
export async function openOrigin(onPeer: (peer: Peer) => void = () => undefined): Promise<Origin> {
  const peers: Peer[] = [];
  const arrivals = new EventEmitter();
  const server = createServer({ noDelay: true }, (socket) => {
    const peer = new Peer(socket);
    peers.push(peer);
    onPeer(peer);
    arrivals.emit('peer');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    server,
    peers,
    upstream: { key: `http://127.0.0.1:${port}`, tls: false, host: '127.0.0.1', port, hostField: `127.0.0.1:${port}` },
    async peer(index) {
      for (;;) {
        const peer = peers[index];
        if (peer !== undefined) return peer;
        await once(arrivals, 'peer');
      }
    },
    async close() {
      for (const peer of peers) peer.socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An origin that answers each request whose octets end in an empty line with the same octets. */
export function answering(octets: string): (peer: Peer) => void {
  return (peer) => {
    let seen = peer.received.length;
    peer.socket.on('data', () => {
      for (let at = peer.received.indexOf('\r\n\r\n', seen); at !== -1; at = peer.received.indexOf('\r\n\r\n', seen)) {
        seen = at + 4;
        peer.send(octets);
      }
    });
  };
}

export interface Recorded {
  readonly begun: Exchange[];
  readonly ended: { readonly exchange: Exchange; readonly outcome: Outcome }[];
  readonly commits: (readonly Ended[])[];
  readonly refused: ErrorCode[];
}

export interface Engine extends Recorded {
  readonly server: WireServer;
  readonly port: number;
  /** The outcome of the nth exchange that ended, once it has. */
  outcome(index: number): Promise<Outcome>;
  /** Resolves when `isSo` holds; it is checked whenever an exchange ends, and with every turn of the event loop. */
  until(isSo: () => boolean): Promise<void>;
}

export function forwardTo(
  upstream: UpstreamOrigin,
  options: Partial<ForwardOptions> = {},
): (exchange: Exchange) => void {
  return (exchange) =>
    exchange.forward({
      upstream,
      target: exchange.head.target,
      dropFields: new Set(),
      addFields: [],
      answerFields: [],
      timeoutMs: 20_000,
      requestBytesMax: 1_000_000_000,
      ...options,
    });
}

export interface EngineOptions {
  readonly begin: (exchange: Exchange) => void;
  readonly limits?: Partial<WireLimits>;
  readonly guard?: WireServerOptions['guard'];
  readonly resolve?: WireServerOptions['resolve'];
}

/** A wire server on a free port whose handler records every event. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const recorded: Recorded = { begun: [], ended: [], commits: [], refused: [] };
  const handler: ExchangeHandler = {
    begin(exchange) {
      recorded.begun.push(exchange);
      options.begin(exchange);
    },
    commit: (ended) => void recorded.commits.push(ended),
    end: (exchange, outcome) => void recorded.ended.push({ exchange, outcome }),
    refused: (code) => void recorded.refused.push(code),
    problem: (code) => ({
      fields: ['content-type', 'application/problem+json'],
      body: JSON.stringify({ code, status: errors[code].status }),
    }),
  };
  const server = await openWireServer({
    listen: { host: '127.0.0.1', port: 0 },
    reusePort: false,
    limits: { ...limits, ...options.limits },
    handler,
    clock: systemClock,
    guard: options.guard ?? (() => undefined),
    ...(options.resolve === undefined ? {} : { resolve: options.resolve }),
  });
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    ...recorded,
    server,
    port: server.address.port,
    until,
    async outcome(index) {
      await until(() => recorded.ended.length > index);
      return (recorded.ended[index] as { outcome: Outcome }).outcome;
    },
  };
}

/** The status, fields and content of the first answer in these octets. */
export function parseAnswer(octets: string): {
  readonly status: number;
  readonly fields: Record<string, string>;
  readonly content: string;
} {
  const headEnd = octets.indexOf('\r\n\r\n');
  const [first = '', ...lines] = octets.slice(0, headEnd).split('\r\n');
  const fields = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  return { status: Number(first.split(' ')[1]), fields, content: octets.slice(headEnd + 4) };
}

/** How often a part occurs. */
export function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

export interface World {
  readonly origin: Origin;
  readonly engine: Engine;
}

/** An engine that forwards everything to an origin played by `onPeer`; both are closed with the test. */
export async function openWorld(
  t: TestContext,
  onPeer: (peer: Peer) => void,
  options: Partial<EngineOptions> & { forward?: Partial<ForwardOptions> } = {},
): Promise<World> {
  const origin = await openOrigin(onPeer);
  const engine = await openEngine({ begin: forwardTo(origin.upstream, options.forward), ...options });
  t.after(async () => {
    await engine.server.close();
    await origin.close();
  });
  return { origin, engine };
}
