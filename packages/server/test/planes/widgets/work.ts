import type { WorkGround, Worked } from '../../../src/operations/plane.ts';
import { every, job, type Work } from '../../../src/store/job.ts';

const forget: Work<WorkGround> = async ({ store }, mark) => {
  await store.system('widgets without a note', ({ sql }) => sql`delete from widgets where note = ''`);
  return { mark, more: false };
};

export const work = (ground: WorkGround): Worked => ({
  jobs: [job('forget-widgets', 10 * every.minutes, forget, ground)],
  purge: async ({ sql }, tenantUuid) => void (await sql`delete from widgets where tenant_id = ${tenantUuid}`),
});
