/** Waiting for calls to come in, for all tails that this process serves together. */
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Store, SystemTx, TenantTx } from '../../store/store.ts';

/** The number of the last batch that control has taken. */
export async function readHead({ sql }: SystemTx | TenantTx): Promise<number> {
  const [head] = await sql<[{ seq: number }]>`select seq from call_head`;
  return head.seq;
}

export interface CallWatch {
  /** Resolves when a batch after this one is in, or when `waitMs` have passed: at once where too many wait. */
  moved(known: number, waitMs: number): Promise<void>;
  close(): Promise<void>;
}

/** Gateways bring records every quarter of a second. */
const checkEveryMs = 500;
/** Tails that wait concurrently. One more is answered without a wait, and asks again. */
const waitersMax = 200;

interface Waiter {
  readonly known: number;
  readonly wake: () => void;
}

/** However many wait, there is one query every half second, and none without a waiter. */
export function watchCalls(deps: { readonly store: Store; readonly clock: Clock; readonly log: Log }): CallWatch {
  const { store, clock, log } = deps;
  const waiters = new Set<Waiter>();
  let isReading = false;

  async function check(): Promise<void> {
    if (waiters.size === 0 || isReading) return;
    isReading = true;
    try {
      const seq = await store.system('have calls come in', readHead);
      for (const { known, wake } of waiters) if (seq > known) wake();
    } catch (error) {
      log.warn({ cause: String(error) }, 'the number of the last batch of calls cannot be read');
    } finally {
      isReading = false;
    }
  }

  const timer = clock.every(checkEveryMs, check);
  return {
    moved: (known, waitMs) =>
      new Promise((resolve) => {
        if (waiters.size >= waitersMax) return resolve();
        const wake = (): void => {
          waiters.delete(waiter);
          late.cancel();
          resolve();
        };
        const late = clock.after(waitMs, wake);
        const waiter = { known, wake };
        waiters.add(waiter);
        return undefined;
      }),
    close: () => {
      timer.cancel();
      for (const { wake } of waiters) wake();
      return Promise.resolve();
    },
  };
}
