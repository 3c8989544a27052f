/** The head of the desired state: moved by changes, watched by hosts. */
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { snapshotChannel } from '../snapshot/publish.ts';
import type { Store, SystemTx, TenantTx } from '../store/store.ts';

/** The channel on which waiting hosts are woken; a hint only. */
const hostingChannel = 'tulou_hosting';

/** Moves the head with the commit of this transaction. The head's lock is taken last, as that of the snapshot is. */
export function touchHosting(tx: TenantTx): void {
  tx.beforeCommit(async () => {
    await Promise.all([tx.sql`update hosting_head set seq = seq + 1`, tx.sql`select pg_notify(${hostingChannel}, '')`]);
  });
}

/** Where both heads are: a tenant that is suspended or deleted moves that of the snapshot. */
export async function readMark({ sql }: SystemTx): Promise<string> {
  const [row] = await sql<[{ mark: string }]>`
    select h.seq || '.' || s.seq as mark from hosting_head h cross join snapshot_head s`;
  return row.mark;
}

export interface HostingWatch {
  /** Resolves when a head may be elsewhere, when `waitMs` have passed, or when the signal is aborted. */
  moved(mark: string, waitMs: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** How soon a change is seen whose announcement was lost. */
const recheckMs = 1000;

interface Waiter {
  readonly mark: string;
  readonly wake: () => void;
}

/** One watch for all hosts of this process: at most one query at a time, however many wait. */
export async function watchHosting(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<HostingWatch> {
  const { store, clock, log } = deps;
  const waiters = new Set<Waiter>();
  let reading: Promise<void> | undefined;

  async function read(): Promise<void> {
    try {
      const now = await store.system('may what should run have changed', readMark);
      for (const { mark, wake } of waiters) if (mark !== now) wake();
    } catch (error) {
      log.warn({ cause: String(error) }, 'the head of the desired state cannot be read');
    } finally {
      reading = undefined;
    }
  }
  const check = async (): Promise<void> => {
    if (waiters.size > 0) await (reading ??= read());
  };
  const wakened = (): void => void check();
  const stops = [await store.listen(hostingChannel, wakened), await store.listen(snapshotChannel, wakened)];
  const recheck = clock.every(recheckMs, check);
  return {
    moved(mark, waitMs, signal) {
      return new Promise((resolve) => {
        const wake = (): void => {
          waiters.delete(waiter);
          timer.cancel();
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const waiter = { mark, wake };
        const timer = clock.after(waitMs, wake);
        waiters.add(waiter);
        if (signal.aborted) return wake();
        signal.addEventListener('abort', wake);
        return void check();
      });
    },
    async close() {
      recheck.cancel();
      for (const { wake } of waiters) wake();
      for (const stop of stops) await stop();
    },
  };
}
