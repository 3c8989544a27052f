import type { Work } from '../store/job.ts';

/**
 * Removes tombstones of the snapshot that were there the last time already: a gateway that was away for longer than one
 * period reads all again (`floor` makes it do so). `mark` is the head of the time before.
 */
export const pruneSnapshot: Work = ({ store }, mark) =>
  store.system('tombstones of the snapshot are pruned', async (tx) => {
    const { sql } = tx;
    const [head] = await sql<{ seq: number }[]>`select seq from snapshot_head`;
    await sql`delete from snapshot_objects where object is null and seq <= ${mark}`;
    // Every writer of configuration waits for this row: last.
    tx.beforeCommit(async () => void (await sql`update snapshot_head set floor = greatest(floor, ${mark}::bigint)`));
    return { mark: head?.seq ?? mark, more: false };
  });
