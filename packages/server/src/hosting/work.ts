import type { WorkGround, Worked } from '../operations/plane.ts';
import { every, job } from '../store/job.ts';
import { expireReports } from './instances/expire.ts';
import { expireLogs } from './logs/expire.ts';

// oxfmt-ignore
export const work = (ground: WorkGround): Worked => ({
  jobs: [
    job('expire-service-reports', 30 * every.seconds, expireReports, ground),
    job('expire-service-logs',    10 * every.minutes, expireLogs,    ground),
  ],
});
