import { z } from 'zod';
import { limits } from '../limits.ts';

/** One limit of a plan: `requests` in any window of one `per`; `month` is a calendar month in UTC. */
export const planLimit = z.object({
  requests: z.int().min(1).max(limits.planRequestsMax),
  per: z.enum(['second', 'minute', 'hour', 'day', 'month']),
  /** The subject that has a count of its own. By default `subscription` (app × api). */
  by: z.enum(['subscription', 'key', 'installation', 'app', 'tenant', 'address']).default('subscription'),
});
export type PlanLimit = z.output<typeof planLimit>;

export const planKind = z.object({
  kind: z.literal('plan'),
  key: z.string(),
  tenant: z.string(),
  api: z.string(),
  slug: z.string(),
  limits: z.array(planLimit).max(limits.limitsPerPlanMax),
  concurrency: z.int().nullable(),
});
