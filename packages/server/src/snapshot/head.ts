/** Waiting for the snapshot to move on, for all gateways that poll this process together. */
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Store, SystemTx } from '../store/store.ts';
import { openWatch, type Watch } from '../store/watch.ts';
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

export type HeadWatch = Watch<Head>;

/** Watches the head. */
export const watchHead = (deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<HeadWatch> =>
  openWatch<Head>(
    {
      channels: [snapshotChannel],
      reason: 'has the snapshot moved',
      read: readHead,
      differs,
      unreadable: 'the head of the snapshot cannot be read',
    },
    deps,
  );

function differs(head: Head, known: Head): boolean {
  return head.epoch !== known.epoch || head.seq !== known.seq;
}
