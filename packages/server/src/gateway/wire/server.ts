/** The entry of the wire engine: listens, accepts connections within bounds, drains. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Clock } from '../../kernel/clock.ts';
import type { Address } from '../../kernel/role.ts';
import { ClientConnection } from './connection.ts';
import type { Engine } from './engine.ts';
import type { AddressGuard, ExchangeHandler, WireLimits } from './exchange.ts';
import { Pool } from './pool.ts';
import { coalesced, plainAddress, systemResolve, type Resolve } from './resolve.ts';
import { DateLine } from './serialise.ts';
import { ReadBuffer } from './transport.ts';
import { Turn } from './turn.ts';
import { Wheel } from './wheel.ts';

/** The precision of time-outs. A server has one timer for any number of connections. */
const TICK_MS = 100;
const BACKLOG = 4096;
/** A request that was on its way when draining began must still find its connection open. */
const DRAIN_IDLE_MS = 500;

export interface WireServerOptions {
  readonly listen: Address;
  /** Several threads or processes share the port (Linux). */
  readonly reusePort: boolean;
  readonly limits: WireLimits;
  readonly handler: ExchangeHandler;
  readonly clock: Clock;
  readonly guard: AddressGuard;
  /** The resolver for upstreams' names; by default the system's resolver. */
  readonly resolve?: Resolve;
}

export interface WireStats {
  /** Clients' connections. */
  readonly connections: number;
  /** Exchanges in progress. */
  readonly exchanges: number;
  readonly begun: number;
  readonly ended: number;
  /** Octets in our memory, of clients and upstreams. */
  readonly bufferedBytes: number;
  readonly upstream: {
    readonly connections: number;
    readonly idle: number;
    readonly connecting: number;
    readonly waiting: number;
  };
}

export interface WireServer {
  readonly address: Address;
  /**
   * Accepts no more connections, answers exchanges in progress with `Connection: close`, and ends when all have ended or
   * after `graceMs`.
   */
  drain(graceMs: number): Promise<void>;
  /** Ends immediately: exchanges in progress are broken off, and each gets its end event. */
  close(): Promise<void>;
  stats(): WireStats;
}

/** Opens a wire server. Rejects with the system's error if the server cannot listen on the address. */
export async function openWireServer(options: WireServerOptions): Promise<WireServer> {
  const { limits, handler, clock, guard, resolve = systemResolve } = options;
  const wheel = new Wheel(clock, TICK_MS);
  const readBuffer = new ReadBuffer();
  const turn = new Turn(handler);
  const engine: Engine = {
    handler,
    limits,
    clock,
    wheel,
    readBuffer,
    pool: new Pool({ limits, wheel, turn, guard, resolve: coalesced(resolve), readBuffer }),
    turn,
    date: new DateLine(clock),
    connections: new Set(),
    draining: false,
    gatheredBytes: 0,
    begun: 0,
    ended: 0,
  };
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, (socket) =>
    accept(engine, socket),
  );
  await listening(server, options).catch((error: unknown) => {
    wheel.stop();
    throw error;
  });
  return new OpenWireServer(engine, server, options.listen.host);
}

function listening(server: Server, { listen, reusePort, handler }: WireServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: listen.host, port: listen.port, backlog: BACKLOG, reusePort }, () => {
      server.off('error', reject);
      // Accepting has failed, for example without a free file descriptor. That connection is lost; the server continues.
      server.on('error', (error) => handler.refused('overloaded', error));
      resolve();
    });
  });
}

function accept(engine: Engine, socket: Socket): void {
  const address = socket.remoteAddress;
  // The connection has closed already, or exceeds the bound. It is closed without an answer, because an answer would cost
  // what the bound protects.
  if (address === undefined || engine.connections.size >= engine.limits.connectionsMax) {
    if (address !== undefined) engine.handler.refused('overloaded');
    socket.destroy();
  } else engine.connections.add(new ClientConnection(engine, socket, plainAddress(address)));
}

class OpenWireServer implements WireServer {
  readonly address: Address;
  readonly #engine: Engine;
  readonly #server: Server;
  #closing: Promise<void> | undefined;

  constructor(engine: Engine, server: Server, host: string) {
    this.#engine = engine;
    this.#server = server;
    this.address = { host, port: (server.address() as AddressInfo).port };
  }

  async drain(graceMs: number): Promise<void> {
    const { clock, connections } = this.#engine;
    this.#engine.draining = true;
    this.#server.close();
    for (const connection of connections) connection.onDraining(Math.min(DRAIN_IDLE_MS, graceMs));
    const until = clock.monotonic() + graceMs;
    while (connections.size > 0 && clock.monotonic() < until)
      await new Promise<void>((resolve) => clock.after(TICK_MS / 4, resolve));
    await this.close();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  stats(): WireStats {
    const { connections, pool, begun, ended } = this.#engine;
    const { bufferedBytes, ...upstream } = pool.stats();
    let buffered = bufferedBytes + this.#engine.gatheredBytes;
    for (const connection of connections) buffered += connection.bufferedBytes;
    return { connections: connections.size, exchanges: begun - ended, begun, ended, bufferedBytes: buffered, upstream };
  }

  async #close(): Promise<void> {
    const { connections, pool, wheel } = this.#engine;
    this.#engine.draining = true;
    this.#server.close();
    for (const connection of [...connections]) connection.destroy();
    pool.destroy();
    // Exchanges that were held, or broken off just now, end with the turn.
    while (this.#engine.ended < this.#engine.begun) await new Promise<void>((resolve) => setImmediate(resolve));
    wheel.stop();
  }
}
