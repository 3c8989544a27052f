import { z } from 'zod';

/** Only active subscriptions are in the snapshot: pending, suspended and ended ones are absent. */
export const subscriptionKind = z.object({
  kind: z.literal('subscription'),
  key: z.string(),
  tenant: z.string(),
  app: z.string(),
  api: z.string(),
  plan: z.string(),
});
