import { z } from 'zod';

/** `tenant` has installed `app`; only active ones are in the snapshot. `scopes` are full names, `<tenant>/<api>:<name>`. */
export const installationKind = z.object({
  kind: z.literal('installation'),
  key: z.string(),
  tenant: z.string(),
  app: z.string(),
  scopes: z.array(z.string()),
});
