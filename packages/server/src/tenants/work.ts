import type { WorkGround, Worked } from '../operations/plane.ts';
import { every, job } from '../store/job.ts';
import { forgetTenants } from './tenants/forget.ts';
import { purgeTenants } from './tenants/purge.ts';

export const work = (ground: WorkGround): Worked => ({
  // oxfmt-ignore
  jobs: [
    job('purge-tenants',  10 * every.minutes, purgeTenants,  ground),
    job('forget-tenants', 24 * every.hours,   forgetTenants, ground),
  ],
});
