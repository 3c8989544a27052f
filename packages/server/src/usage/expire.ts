import { limits } from '@tulou/contract';
import type { Work } from '../store/job.ts';

const rowsAtOnce = 20_000;
/** A gateway that was cut off may send a segment again after this long, and it still counts once. */
const segmentDays = 90;
const dayMs = 86_400_000;

/** Removes usage beyond what can be asked for, and the memory of segments that no gateway will send again. */
export const expireUsage: Work = ({ store, clock }, mark) =>
  store.system('usage beyond its retention', async ({ sql }) => {
    const oldest = new Date(clock.now() - limits.usageRangeDaysMax * dayMs);
    const { count } = await sql`
      delete from usage_minute
      where (tenant_id, minute) in (
        select distinct tenant_id, minute from usage_minute where minute < ${oldest} limit ${rowsAtOnce}
      )`;
    await sql`delete from installation_usage where day < ${oldest}::timestamptz::date`;
    await sql`delete from usage_segments where taken_at < ${new Date(clock.now() - segmentDays * dayMs)}`;
    return { mark, more: count >= rowsAtOnce };
  });
