import type { SystemTx } from '../store/store.ts';

/** Takes all objects of a tenant out of the snapshot, with the commit. */
export function forgetObjects(tx: SystemTx, tenantUuid: string): void {
  // Every writer of configuration waits for the head of the snapshot: last.
  tx.beforeCommit(async () => {
    await tx.sql`
      with head as (update snapshot_head set seq = seq + 1 returning seq)
      update snapshot_objects set object = null, seq = head.seq from head
      where object is not null and tenant = ${tenantUuid}`;
  });
}
