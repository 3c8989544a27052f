import { z } from 'zod';
import { environment } from './environment.ts';

/** `key` is the OAuth `client_id`. Gone: its tokens are refused. */
export const clientKind = z.object({
  kind: z.literal('client'),
  key: z.string(),
  tenant: z.string(),
  app: z.string(),
  /** Absent: `live`. */
  environment: environment.optional(),
});
