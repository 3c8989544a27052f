import { z } from 'zod';
import { environment } from './environment.ts';

/** How a key proves a call: shown with it, or signing it (RFC 9421 §3.3.6, §3.3.3). */
export const keyKind = z.enum(['bearer', 'ed25519', 'hmac-sha256']);
export type KeyKind = z.output<typeof keyKind>;

/**
 * `key` is the credential's id (33 characters). `hash`, base64url: SHA-256 of its secret; of an Ed25519 key, which has none,
 * the public key itself.
 */
export const keyObjectKind = z.object({
  kind: z.literal('key'),
  key: z.string(),
  id: z.string(),
  tenant: z.string(),
  app: z.string(),
  environment,
  /** The proof that a call carries: by default the key itself, else a signature made with it. */
  method: keyKind.optional(),
  /** Full names, `<tenant>/<api>:<name>`. Absent: none. */
  scopes: z.array(z.string()).optional(),
  hash: z.string().length(43),
  /** Unix seconds, or null. */
  expires_at: z.int().nullable(),
});
