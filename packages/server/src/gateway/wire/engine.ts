/** The state that all connections of one wire server share. */
import type { Clock } from '../../kernel/clock.ts';
import type { ExchangeHandler, WireLimits } from './exchange.ts';
import type { DateLine } from './serialise.ts';
import type { ReadBuffer } from './transport.ts';
import type { Turn } from './turn.ts';
import type { Pool } from './pool.ts';
import type { Wheel } from './wheel.ts';
import type { ClientConnection } from './connection.ts';

export interface Engine {
  readonly handler: ExchangeHandler;
  readonly limits: WireLimits;
  readonly clock: Clock;
  readonly wheel: Wheel;
  readonly pool: Pool;
  readonly turn: Turn;
  readonly date: DateLine;
  readonly readBuffer: ReadBuffer;
  readonly connections: Set<ClientConnection>;
  /** No connection is kept for another request. */
  draining: boolean;
  /** Content that waits for a connection to its upstream. */
  gatheredBytes: number;
  begun: number;
  ended: number;
}
