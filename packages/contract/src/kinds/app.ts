import { z } from 'zod';
import { activity } from './activity.ts';

export const appKind = z.object({
  kind: z.literal('app'),
  key: z.string(),
  tenant: z.string(),
  slug: z.string(),
  state: activity,
  /** Full scope names that the app declares, required and optional: no token of it holds more. */
  scopes: z.array(z.string()).optional(),
});
