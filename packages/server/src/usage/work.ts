import type { WorkGround, Worked } from '../operations/plane.ts';
import { every, job } from '../store/job.ts';
import { expireUsage } from './expire.ts';

export const work = (ground: WorkGround): Worked => ({
  jobs: [job('expire-usage', 24 * every.hours, expireUsage, ground)],
});
