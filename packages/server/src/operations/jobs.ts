/** THE TABLE of background work of the ground floors: what operations and the snapshot leave behind. */
import { expireDenials } from '../snapshot/expire-denials.ts';
import { pruneSnapshot } from '../snapshot/prune.ts';
import { every, job, type Job, type JobDeps } from '../store/job.ts';
import { expireEvents } from './expire-events.ts';
import { expireIdempotency } from './expire-idempotency.ts';

// oxfmt-ignore
export const groundJobs = (deps: JobDeps): readonly Job[] => [
  job('expire-idempotency', 10 * every.minutes, expireIdempotency, deps),
  job('expire-events',      60 * every.minutes, expireEvents,      deps),
  job('expire-denials',     10 * every.minutes, expireDenials,     deps),
  job('prune-snapshot',     7 * every.days,     pruneSnapshot,     deps),
];
