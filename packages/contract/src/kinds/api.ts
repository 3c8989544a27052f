import { z } from 'zod';

/** low: a member may allow it to try; high: an admin is asked just in time, and a stale gateway refuses it. */
export const scopeRisk = z.enum(['low', 'medium', 'high']);

export const apiKind = z.object({
  kind: z.literal('api'),
  key: z.string(),
  tenant: z.string(),
  slug: z.string(),
  /** Host names that lead to this API without the path prefix: `https://orders.example.com/{version}/{rest}`. */
  hosts: z.array(z.string()),
  /** Only tenants with a right to it may learn that it exists. Absent: public. */
  private: z.boolean().optional(),
  /** The scopes that apps can be granted. A gateway whose feed is stale rejects those of high risk. */
  scopes: z.array(z.object({ name: z.string(), risk: scopeRisk })).optional(),
});
