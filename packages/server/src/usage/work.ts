import type { WorkGround, Worked } from '../operations/plane.ts';
import { every, job } from '../store/job.ts';
import { expireCalls } from './calls/expire.ts';
import { expireUsage } from './expire.ts';

// oxfmt-ignore
export const work = (ground: WorkGround): Worked => ({
  jobs: [
    job('expire-usage', 24 * every.hours,   expireUsage, ground),
    job('expire-calls', 10 * every.minutes, expireCalls, ground),
  ],
});
