import { z } from 'zod';

/** `key` is the OAuth `client_id`. Gone: its tokens are refused. */
export const clientKind = z.object({ kind: z.literal('client'), key: z.string(), tenant: z.string(), app: z.string() });
