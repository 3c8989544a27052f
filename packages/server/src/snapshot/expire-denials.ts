import type { Work } from '../store/job.ts';

const rowsAtOnce = 5000;
/** Clocks of gateways may be behind; a denial that stays for a while longer denies nothing that is alive. */
const graceSeconds = 120;

/** Removes denials from the snapshot after every token that they can apply to has expired. */
export const expireDenials: Work = ({ store, clock }, mark) =>
  store.system('denials of tokens that are long dead', async (tx) => {
    const { sql } = tx;
    const before = Math.floor(clock.now() / 1000) - graceSeconds;
    const old = await sql<{ key: string }[]>`
      select key from snapshot_objects
      where kind = 'denial' and (object ->> 'until')::bigint < ${before} limit ${rowsAtOnce}`;
    // Every writer of configuration waits for the head of the snapshot: last, and only where there is something to say.
    if (old.length > 0) {
      tx.beforeCommit(async () => {
        await sql`
          with head as (update snapshot_head set seq = seq + 1 returning seq)
          update snapshot_objects set object = null, seq = head.seq from head
          where kind = 'denial' and key = any(${old.map(({ key }) => key)})
            and (object ->> 'until')::bigint < ${before}`;
      });
    }
    return { mark, more: old.length === rowsAtOnce };
  });
