/** Public keys that verify tokens and proofs. The key determines the algorithm, never a header alone. */
import { constants, createPublicKey, verify, type KeyObject } from 'node:crypto';
import type { SnapshotOf } from '@tulou/contract';

export type Algorithm = SnapshotOf<'issuer'>['algorithms'][number];

export interface VerifyKey {
  readonly key: KeyObject;
  /** The algorithms of this key: one, or two for an RSA key that names none. */
  readonly algorithms: readonly Algorithm[];
}

const rsaBitsMin = 2048;

/** Makes a key from a JWK (RFC 7517). Throws a TypeError if the JWK is invalid, holds a private part, or is too weak. */
export function importKey(jwk: Readonly<Record<string, unknown>>): VerifyKey {
  if ('d' in jwk || 'k' in jwk) throw new TypeError('a key that verifies must be public');
  if (jwk['use'] !== undefined && jwk['use'] !== 'sig') throw new TypeError('not a key for signatures');
  const operations = jwk['key_ops'];
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) {
    throw new TypeError('not a key that verifies');
  }
  const possible = algorithmsOf(jwk);
  const named = jwk['alg'];
  // RFC 9864 names the same signature `Ed25519`.
  const algorithms =
    named === undefined ? possible : possible.filter((one) => one === (named === 'Ed25519' ? 'EdDSA' : named));
  if (algorithms.length === 0) throw new TypeError('the algorithm of the key is not supported');
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' });
  if (jwk['kty'] === 'RSA' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < rsaBitsMin) {
    throw new TypeError(`an RSA key of fewer than ${rsaBitsMin} bits`);
  }
  return { key, algorithms };
}

function algorithmsOf(jwk: Readonly<Record<string, unknown>>): readonly Algorithm[] {
  if (jwk['kty'] === 'EC' && jwk['crv'] === 'P-256') return ['ES256'];
  if (jwk['kty'] === 'OKP' && jwk['crv'] === 'Ed25519') return ['EdDSA'];
  return jwk['kty'] === 'RSA' ? ['PS256', 'RS256'] : [];
}

/** The keys of an issuer by `kid`. Throws a TypeError that names the invalid key. */
export function importKeys(issuer: SnapshotOf<'issuer'>): ReadonlyMap<string, VerifyKey> {
  const keys = new Map<string, VerifyKey>();
  for (const jwk of issuer.keys) {
    const { kid } = jwk;
    if (typeof kid !== 'string' || kid === '' || keys.has(kid)) throw new TypeError('each key needs a kid of its own');
    keys.set(kid, importKey(jwk));
  }
  return keys;
}

/** Whether a signature (RFC 7518 §3, RFC 8037 §3.1) is valid. */
export function isSigned(algorithm: Algorithm, { key }: VerifyKey, signed: Buffer, signature: Buffer): boolean {
  if (algorithm === 'ES256') return verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
  if (algorithm === 'EdDSA') return verify(null, signed, key, signature);
  if (algorithm === 'RS256') return verify('sha256', signed, key, signature);
  return verify('sha256', signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }, signature);
}
