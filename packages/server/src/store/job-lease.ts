/** One worker at a time on one kind of job: a row says who, until when, and when it is due again. */
import type { SystemTx } from './store.ts';

export interface Lease {
  readonly job: string;
  /** Rises with every claim: who was overtaken can no longer finish. */
  readonly fence: number;
  readonly mark: number;
}

/** Claims a job that is due and has no holder; undefined if there is none to claim. */
export async function claim(
  tx: SystemTx,
  job: string,
  holder: string,
  now: Date,
  leaseMs: number,
): Promise<Lease | undefined> {
  const until = new Date(now.getTime() + leaseMs);
  const [row] = await tx.sql<{ fence: number; mark: number }[]>`
    insert into worker_jobs as j (job, holder, lease_until, due_at, fence, mark)
    values (${job}, ${holder}, ${until}, ${now}, 1, 0)
    on conflict (job) do update set holder = excluded.holder, lease_until = excluded.lease_until, fence = j.fence + 1
      where j.lease_until <= ${now} and j.due_at <= ${now}
    returning fence, mark`;
  return row && { job, fence: row.fence, mark: row.mark };
}

/** Gives the job back; false where another has claimed it meanwhile. */
export async function finish(tx: SystemTx, lease: Lease, now: Date, dueAt: Date, mark: number): Promise<boolean> {
  const { count } = await tx.sql`
    update worker_jobs set lease_until = ${now}, due_at = ${dueAt}, mark = ${mark}
    where job = ${lease.job} and fence = ${lease.fence}`;
  return count === 1;
}
