/** The head of the desired state: moved by changes, watched by hosts. */
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { snapshotChannel } from '../snapshot/publish.ts';
import type { Store, SystemTx, TenantTx } from '../store/store.ts';
import { openWatch, type Watch } from '../store/watch.ts';

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

export type HostingWatch = Watch<string>;

/** One watch for all hosts of this process. */
export const watchHosting = (deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<HostingWatch> =>
  openWatch(
    {
      channels: [hostingChannel, snapshotChannel],
      reason: 'may what should run have changed',
      read: readMark,
      differs: (now, known) => now !== known,
      unreadable: 'the head of the desired state cannot be read',
    },
    deps,
  );
