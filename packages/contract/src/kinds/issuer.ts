import { z } from 'zod';

/** An issuer of access tokens. `key` is its `iss`; `issues_for` null: the platform's, which may name any tenant. */
export const issuerKind = z.object({
  kind: z.literal('issuer'),
  key: z.string(),
  tenant: z.string(),
  issues_for: z.string().nullable(),
  algorithms: z.array(z.enum(['ES256', 'EdDSA', 'PS256', 'RS256'])),
  /** Public keys (RFC 7517) that verify: next, current and previous. */
  keys: z.array(z.record(z.string(), z.unknown())),
});
