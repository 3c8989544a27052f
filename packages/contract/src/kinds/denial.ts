import { z } from 'zod';

/**
 * Tokens that are refused although they verify. `key` is `token:<jti>`, `grant:<gid>` or `user:<sub>`; those issued before
 * `before` (Unix seconds) are meant. Past `until` no such token can be alive, and the denial is pruned.
 */
export const denialKind = z.object({
  kind: z.literal('denial'),
  key: z.string(),
  tenant: z.string(),
  before: z.int(),
  until: z.int(),
});
