import type { WorkGround, Worked } from '../operations/plane.ts';
import { every, job } from '../store/job.ts';
import { expireEvents } from './expire.ts';

export const work = (ground: WorkGround): Worked => ({
  jobs: [job('expire-events', 60 * every.minutes, expireEvents, ground)],
});
