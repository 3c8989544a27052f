/**
 * The lanes: connections reserved for one purpose, each with the time that PostgreSQL gives its work. Work that waits in one lane
 * takes no connection of another, so that a locked table or a flood stops neither the feed, nor sign-in, nor readiness.
 */
import type { Timeouts } from './pool.ts';

/**
 * `general`: the control API. `bulk`: exports, which read for as long as their reader takes. `feed`: gateways' snapshot and
 * usage. `identity`: sign-in and tokens. `health`: readiness.
 */
export type Lane = 'general' | 'bulk' | 'feed' | 'identity' | 'health';

interface LaneShape {
  /** Connections at most; `general` takes what the role is given. */
  readonly connectionsMax: number | undefined;
  readonly timeouts: Timeouts;
}

/** The time-outs that an operator may set; the others follow from them. */
export interface TimeoutSettings {
  readonly statementMs?: number;
  readonly lockMs?: number;
  readonly idleInTransactionMs?: number;
}

const minute = 60_000;

/** The table of the lanes. Idle in a transaction is also a stream whose reader is slow: those lanes allow for it. */
export function lanesWith(settings: TimeoutSettings): Readonly<Record<Lane, LaneShape>> {
  const { statementMs = 30_000, lockMs = 3000, idleInTransactionMs = minute } = settings;
  const timeouts = (own: Partial<Timeouts>): Timeouts => ({ statementMs, lockMs, idleInTransactionMs, ...own });
  return {
    general: { connectionsMax: undefined, timeouts: timeouts({}) },
    bulk: { connectionsMax: 3, timeouts: timeouts({ statementMs: 15 * minute, idleInTransactionMs: 5 * minute }) },
    feed: { connectionsMax: 8, timeouts: timeouts({ statementMs: 6 * minute }) },
    identity: { connectionsMax: 8, timeouts: timeouts({ statementMs: Math.min(statementMs, 15_000) }) },
    health: { connectionsMax: 1, timeouts: { statementMs: 2000, lockMs: 1000, idleInTransactionMs: 5000 } },
  };
}

/** For the worker: a purge deletes for minutes, and no caller waits for its answer. */
export const workerTimeouts: TimeoutSettings = {
  statementMs: 10 * minute,
  lockMs: 15_000,
  idleInTransactionMs: minute,
};
