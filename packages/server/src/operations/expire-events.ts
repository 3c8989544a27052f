import { limits } from '@tulou/contract';
import type { Work } from '../store/job.ts';

const rowsAtOnce = 5000;

/** Removes events that tenants have had time to read. */
export const expireEvents: Work = ({ store, clock }, mark) =>
  store.system('events beyond their retention', async ({ sql }) => {
    const before = new Date(clock.now() - limits.eventDays * 86_400_000);
    const { count } = await sql`
      delete from events e
      using (select tenant_id, id from events where at < ${before} order by at limit ${rowsAtOnce}) old
      where e.tenant_id = old.tenant_id and e.id = old.id`;
    return { mark, more: count === rowsAtOnce };
  });
