import { limits } from '@tulou/contract';
import type { Work } from '../../store/job.ts';

/** Removes instances of hosts that have been silent, and use past its retention. */
export const expireReports: Work = ({ store, clock }, mark) =>
  store.system('reports of hosts beyond their retention', async ({ sql }) => {
    const silent = new Date(clock.now() - limits.instanceSilenceSeconds * 1000);
    await sql`delete from instances where seen_at < ${silent}`;
    const oldest = new Date(clock.now() - limits.serviceUsageDays * 86_400_000);
    await sql`delete from service_usage where minute < ${oldest}`;
    return { mark, more: false };
  });
