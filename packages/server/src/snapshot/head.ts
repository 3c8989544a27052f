/** Waiting for the snapshot to move on, for all gateways that poll this process together. */
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Store, SystemTx } from '../store/store.ts';
import { snapshotChannel } from './publish.ts';

/** Up to which commit the snapshot goes. Numbers of two epochs don't compare. */
export interface Head {
  readonly epoch: string;
  readonly seq: number;
}

export async function readHead({ sql }: SystemTx): Promise<Head & { readonly floor: number }> {
  const [head] = await sql<[Head & { floor: number }]>`select epoch, seq, floor from snapshot_head`;
  return head;
}

/**
 * A gateway has seen a number that this database has not reached: an older backup was restored under the old epoch. From
 * here on the numbers have another meaning than there, so they get a new epoch.
 */
export async function renewEpoch({ sql }: SystemTx, old: Head): Promise<void> {
  await sql`update snapshot_head set epoch = gen_random_uuid() where epoch = ${old.epoch} and seq <= ${old.seq}`;
}

export interface HeadWatch {
  /** Resolves when the head is another than the one known, when `waitMs` have passed, or when the signal is aborted. */
  moved(known: Head, waitMs: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** How soon a change is seen whose announcement was lost. */
const recheckMs = 1000;

interface Waiter {
  readonly known: Head;
  readonly wake: () => void;
}

/**
 * Watches the head. An announcement only wakes; what counts is the head as read after it, and it is read again every
 * second while someone waits. However many wait, there is at most one query at a time.
 */
export async function watchHead(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<HeadWatch> {
  const { store, clock, log } = deps;
  const waiters = new Set<Waiter>();
  let reading = false;
  let again = false;

  async function check(): Promise<void> {
    if (waiters.size === 0) return;
    again = reading;
    if (reading) return;
    reading = true;
    try {
      const head = await store.system('has the snapshot moved', readHead);
      for (const { known, wake } of waiters) if (differs(head, known)) wake();
    } catch (error) {
      log.warn({ cause: String(error) }, 'the head of the snapshot cannot be read');
    } finally {
      reading = false;
    }
    if (again) await check();
  }

  const unlisten = await store.listen(snapshotChannel, () => void check());
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
      await unlisten();
    },
  };
}

function differs(head: Head, known: Head): boolean {
  return head.epoch !== known.epoch || head.seq !== known.seq;
}
