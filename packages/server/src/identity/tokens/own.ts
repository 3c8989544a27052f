/** Reads an access token that this issuer has signed (RFC 9068), to revoke it or to introspect it for its client. */
import { createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import type { PublicJwk } from '../keys/rows.ts';

const header = z.object({ alg: z.literal('ES256'), typ: z.literal('at+jwt'), kid: z.string() });
const claims = z.looseObject({
  iss: z.string(),
  sub: z.string(),
  aud: z.string(),
  client_id: z.string(),
  jti: z.string(),
  iat: z.int(),
  exp: z.int(),
  gid: z.string(),
  ins: z.string().optional(),
  scope: z.string().optional(),
  cnf: z.object({ jkt: z.string().optional(), 'x5t#S256': z.string().optional() }).optional(),
  authorization_details: z.array(z.unknown()).optional(),
  act: z.record(z.string(), z.unknown()).optional(),
});
export type OwnToken = z.output<typeof claims>;

/** Its claims, where the signature is right and written in the one canonical way. Expired ones too. */
export function readOwnToken(text: string, issuer: string, keys: readonly PublicJwk[]): OwnToken | undefined {
  const parts = text.split('.');
  const [head, body, signature] = parts.map(decode);
  if (parts.length !== 3 || head === undefined || body === undefined || signature === undefined) return undefined;
  const { kid } = header.safeParse(parseJson(head)).data ?? {};
  const jwk = keys.find((key) => key['kid'] === kid && key['alg'] === 'ES256');
  if (jwk === undefined) return undefined;
  const key = { key: createPublicKey({ key: { ...jwk }, format: 'jwk' }), dsaEncoding: 'ieee-p1363' } as const;
  const signed = Buffer.from(text.slice(0, text.lastIndexOf('.')));
  if (!verify('sha256', signed, key, signature)) return undefined;
  const read = claims.safeParse(parseJson(body)).data;
  return read?.iss === issuer ? read : undefined;
}

/** Base64url with spare bits or other characters would give one token many spellings. */
function decode(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
