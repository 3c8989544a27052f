/** Connections to upstreams, kept by origin, the last used first. Bounded; who finds no free place waits in turn. */
import type { Socket } from 'node:net';
import type { ErrorCode } from '@tulou/contract';
import type { AddressGuard, UpstreamOrigin, WireLimits } from './exchange.ts';
import { connectFault, type Fault } from './faults.ts';
import { Queues } from './queues.ts';
import { type Resolve, type ResolvedAddress, resolveGuarded } from './resolve.ts';
import { Shares } from './shares.ts';
import { open, type ReadBuffer } from './transport.ts';
import type { Turn } from './turn.ts';
import { UpstreamConnection } from './upstream.ts';
import { type Wheel, WheelEntry } from './wheel.ts';
import type { WireExchange } from './wire-exchange.ts';

/** How many connections are idle, over all origins. */
export interface Shelf {
  count: number;
}

export interface PoolDeps {
  readonly limits: WireLimits;
  readonly wheel: Wheel;
  readonly turn: Turn;
  readonly guard: AddressGuard;
  readonly resolve: Resolve;
  readonly readBuffer: ReadBuffer;
}

/** A place in the queue for a connection, then the attempt to open one. */
export class Ticket extends WheelEntry {
  exchange: WireExchange | undefined;
  socket: Socket | undefined;
  /** How far the attempt has come, for what is said when its time is over. */
  phase: 'dns' | 'connect' | 'tls' = 'dns';
  /** Why the last address could not be reached. */
  fault: Fault = { cause: 'dns_failed' };
  /** The attempt is over; what still comes of it is ignored. */
  closed = false;
  readonly caller: string | undefined;
  readonly streams: boolean;
  /** In which queue it waits. */
  readonly queue: string;
  readonly #origin: Origin;

  constructor(origin: Origin, exchange: WireExchange) {
    super();
    this.#origin = origin;
    this.exchange = exchange;
    this.caller = exchange.caller;
    this.streams = exchange.streams;
    this.queue = `${this.streams ? 's' : 'w'}${this.caller ?? ''}`;
  }

  /** The exchange does not want a connection any more. */
  cancel(): void {
    this.exchange = undefined;
    this.#origin.leave(this);
  }

  override onDeadline(): void {
    this.#origin.expire(this);
  }
}

export class Origin {
  readonly idle: UpstreamConnection[] = [];
  readonly open = new Set<UpstreamConnection>();
  readonly waiting = new Queues<Ticket>();
  readonly connecting = new Set<Ticket>();
  readonly #to: UpstreamOrigin;
  readonly #deps: PoolDeps;
  readonly #shelf: Shelf;
  readonly #onEmpty: () => void;
  readonly #shares: Shares;

  constructor(to: UpstreamOrigin, deps: PoolDeps, shelf: Shelf, onEmpty: () => void) {
    this.#shelf = shelf;
    this.#to = to;
    this.#deps = deps;
    this.#onEmpty = onEmpty;
    this.#shares = new Shares(deps.limits.upstreamConnectionsMax);
  }

  /** Gives the exchange a connection, at once where one is idle and `fresh` is not asked for. */
  acquire(exchange: WireExchange, fresh: boolean): Ticket | undefined {
    const mayHaveOne = this.#shares.allows(exchange.caller, exchange.streams);
    const connection = fresh || !mayHaveOne ? undefined : this.#takeIdle();
    if (connection !== undefined) {
      this.#holdFor(exchange);
      exchange.onUpstream(connection);
      return undefined;
    }
    const ticket = new Ticket(this, exchange);
    this.#deps.wheel.arm(ticket, this.#deps.wheel.ticks(this.#deps.limits.connectTimeoutMs));
    if (this.#full || !mayHaveOne) this.waiting.add(ticket.queue, ticket);
    else this.#connect(ticket);
    return ticket;
  }

  /** Takes a connection back whose exchange ended well: for who waits, or to the idle ones. */
  release(connection: UpstreamConnection): void {
    const ticket = this.#nextWaiting();
    if (ticket !== undefined) return this.#hand(connection, ticket);
    // As many as there can be clients are enough, however many origins there are.
    if (this.#shelf.count >= this.#deps.limits.connectionsMax) return connection.destroy();
    this.#shelf.count += 1;
    this.idle.push(connection);
    connection.rest();
  }

  /** A connection is no more. */
  forget(connection: UpstreamConnection): void {
    this.open.delete(connection);
    const index = this.idle.lastIndexOf(connection);
    if (index !== -1) {
      this.idle.splice(index, 1);
      this.#shelf.count -= 1;
    }
    this.#onPlace();
  }

  leave(ticket: Ticket): void {
    if (!this.waiting.delete(ticket.queue, ticket)) return;
    this.#deps.wheel.drop(ticket);
    this.#onPlace();
  }

  expire(ticket: Ticket): void {
    if (this.waiting.delete(ticket.queue, ticket)) ticket.exchange?.onNoUpstream('overloaded');
    else this.#fail(ticket, 'upstream_timeout', { cause: `${ticket.phase}_timeout` });
  }

  destroy(): void {
    for (const ticket of [...this.waiting]) this.expire(ticket);
    for (const ticket of [...this.connecting]) this.#fail(ticket, this.#unreachable, ticket.fault);
    for (const connection of [...this.open]) connection.destroy();
  }

  get #unreachable(): ErrorCode {
    return this.#to.isIngress ? 'host_unavailable' : 'upstream_unreachable';
  }

  get #full(): boolean {
    return this.open.size + this.connecting.size >= this.#deps.limits.upstreamConnectionsMax;
  }

  #takeIdle(): UpstreamConnection | undefined {
    for (let connection = this.idle.pop(); connection !== undefined; connection = this.idle.pop()) {
      this.#shelf.count -= 1;
      if (connection.socket.writable) return connection;
    }
    return undefined;
  }

  #nextWaiting(): Ticket | undefined {
    return this.waiting.size === 0
      ? undefined
      : this.waiting.next(({ caller, streams }) => this.#shares.allows(caller, streams));
  }

  #holdFor(exchange: WireExchange): void {
    exchange.hold = this.#shares.take(exchange.caller, exchange.streams, this.#onFree);
  }

  /** A caller has less than its share again: an idle connection may be for one that waits. */
  readonly #onFree = (): void => {
    if (this.waiting.size > 0) this.#onPlace();
  };

  #hand(connection: UpstreamConnection, ticket: Ticket): void {
    this.#deps.wheel.drop(ticket);
    if (ticket.exchange === undefined) return this.release(connection);
    this.#holdFor(ticket.exchange);
    ticket.exchange.onUpstream(connection);
  }

  /** A place has come free. */
  #onPlace(): void {
    while (this.waiting.size > 0 && (this.idle.length > 0 || !this.#full)) {
      const ticket = this.#nextWaiting();
      if (ticket === undefined) break;
      const connection = this.#takeIdle();
      if (connection !== undefined) this.#hand(connection, ticket);
      else if (!this.#full) this.#connect(ticket);
      else {
        // Idle ones were there, but closing: their ends call again.
        this.waiting.add(ticket.queue, ticket);
        break;
      }
    }
    if (this.open.size + this.connecting.size + this.waiting.size === 0) this.#onEmpty();
  }

  #connect(ticket: Ticket): void {
    this.connecting.add(ticket);
    if (ticket.exchange !== undefined) this.#holdFor(ticket.exchange);
    const { resolve, guard } = this.#deps;
    if (this.#to.isIngress) return this.#try(ticket, [{ address: this.#to.host, family: 4 }], 0);
    resolveGuarded(this.#to.host, resolve, guard, ({ allowed, refused }) => {
      if (ticket.closed) return;
      if (refused) this.#fail(ticket, 'upstream_refused', { cause: 'address_refused' });
      else this.#try(ticket, allowed, 0);
    });
  }

  /** Tries one address after the other; all of them within the one time-out of the ticket. */
  #try(ticket: Ticket, addresses: readonly ResolvedAddress[], index: number): void {
    const target = addresses[index];
    if (target === undefined) return this.#fail(ticket, this.#unreachable, ticket.fault);
    ticket.phase = 'connect';
    const { port, tls, host, socket } = this.#to;
    const destination = { address: target.address, port, tls, name: host, socket };
    let onFailure: (() => void) | undefined = () => this.#try(ticket, addresses, index + 1);
    const connection = new UpstreamConnection(this, this.#deps, (onBytes) =>
      open(destination, this.#deps.readBuffer, this.#deps.limits.bufferedBytesMax, onBytes),
    );
    ticket.socket = connection.socket;
    if (tls) connection.socket.once('connect', () => (ticket.phase = 'tls'));
    connection.socket.once('error', (error) => (ticket.fault = connectFault(error, ticket.phase === 'tls')));
    connection.socket.once(tls ? 'secureConnect' : 'connect', () => {
      onFailure = undefined;
      this.#connected(ticket, connection);
    });
    connection.socket.once('close', () => {
      if (ticket.fault.cause === 'dns_failed') ticket.fault = connectFault(undefined, ticket.phase === 'tls');
      if (!ticket.closed) onFailure?.();
    });
  }

  #connected(ticket: Ticket, connection: UpstreamConnection): void {
    this.connecting.delete(ticket);
    ticket.closed = true;
    this.#deps.wheel.drop(ticket);
    this.open.add(connection);
    if (ticket.exchange === undefined) this.release(connection);
    else ticket.exchange.onUpstream(connection);
  }

  #fail(ticket: Ticket, code: ErrorCode, fault: Fault): void {
    ticket.closed = true;
    this.connecting.delete(ticket);
    this.#deps.wheel.drop(ticket);
    ticket.socket?.destroy();
    ticket.exchange?.onNoUpstream(code, fault);
    this.#onPlace();
  }
}

export class Pool {
  readonly #deps: PoolDeps;
  readonly #origins = new Map<string, Origin>();
  readonly #shelf: Shelf = { count: 0 };

  constructor(deps: PoolDeps) {
    this.#deps = deps;
  }

  acquire(to: UpstreamOrigin, exchange: WireExchange, fresh: boolean): Ticket | undefined {
    let origin = this.#origins.get(to.key);
    if (origin === undefined) {
      const created = new Origin(to, this.#deps, this.#shelf, () => {
        if (this.#origins.get(to.key) === created) this.#origins.delete(to.key);
      });
      origin = created;
      this.#origins.set(to.key, created);
    }
    return origin.acquire(exchange, fresh);
  }

  stats(): { connections: number; idle: number; connecting: number; waiting: number; bufferedBytes: number } {
    const sum = { connections: 0, idle: 0, connecting: 0, waiting: 0, bufferedBytes: 0 };
    for (const origin of this.#origins.values()) {
      sum.connections += origin.open.size;
      sum.idle += origin.idle.length;
      sum.connecting += origin.connecting.size;
      sum.waiting += origin.waiting.size;
      for (const connection of origin.open) sum.bufferedBytes += connection.bufferedBytes;
    }
    return sum;
  }

  destroy(): void {
    for (const origin of [...this.#origins.values()]) origin.destroy();
  }
}
