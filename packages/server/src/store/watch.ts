/** Waiting for a number of the database to move on, for all that wait in this process together. */
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Store, SystemTx } from './store.ts';

export interface Watch<Known> {
  /** Resolves when it is another than the one known, when `waitMs` have passed, or when the signal is aborted. */
  moved(known: Known, waitMs: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface Watched<Known> {
  /** Announcements on these channels may mean that it has moved. */
  readonly channels: readonly string[];
  /** Why it is read as the platform. */
  readonly reason: string;
  readonly read: (tx: SystemTx) => Promise<Known>;
  readonly differs: (now: Known, known: Known) => boolean;
  /** The log line of a read that failed. */
  readonly unreadable: string;
}

/** How soon a change is seen whose announcement was lost. */
const recheckMs = 1000;

interface Waiter<Known> {
  readonly known: Known;
  readonly wake: () => void;
}

/**
 * An announcement only wakes; what counts is the value as read after it, and it is read again every second while a request
 * waits. However many wait, there is at most one query at a time.
 */
export async function openWatch<Known>(
  { channels, reason, read, differs, unreadable }: Watched<Known>,
  { store, clock, log }: { readonly store: Store; readonly clock: Clock; readonly log: Log },
): Promise<Watch<Known>> {
  const waiters = new Set<Waiter<Known>>();
  let reading = false;
  let again = false;

  async function check(): Promise<void> {
    if (waiters.size === 0) return;
    again = reading;
    if (reading) return;
    reading = true;
    try {
      const now = await store.system(reason, read);
      for (const { known, wake } of waiters) if (differs(now, known)) wake();
    } catch (error) {
      log.warn({ cause: String(error) }, unreadable);
    } finally {
      reading = false;
    }
    if (again) await check();
  }

  const stops: (() => Promise<void>)[] = [];
  for (const channel of channels) stops.push(await store.listen(channel, () => void check()));
  const recheck = clock.every(recheckMs, check);
  return {
    moved(known, waitMs, signal) {
      return new Promise((resolve) => {
        const wake = (): void => {
          waiters.delete(waiter);
          timer.cancel();
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const timer = clock.after(waitMs, wake);
        const waiter = { known, wake };
        waiters.add(waiter);
        if (signal.aborted) return wake();
        signal.addEventListener('abort', wake);
        // A change announced between the caller's own reading and now has woken no waiter.
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
