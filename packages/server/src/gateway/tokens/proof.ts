/** Proofs of possession (DPoP, RFC 9449 §4.3, §7): the sender of a bound token is the client that received it. */
import { hash } from 'node:crypto';
import { isObject, readCompact, type Compact } from './compact.ts';
import { importKey, isSigned, type Algorithm, type VerifyKey } from '../snapshot/issuer-keys.ts';
import { givenAt, nonceSecondsMax } from './nonces.ts';
import type { Once, UsedProofs } from './proofs.ts';
import type { Pass } from './tokens.ts';
import { leewaySeconds } from './verify.ts';

/** The call that a proof must be for. */
export interface Proven {
  readonly method: string;
  /** Without query and fragment. */
  readonly url: string;
  /** The access token's text. */
  readonly token: string;
}

/** `WWW-Authenticate` (RFC 9449 §7.1). */
export const proofChallenge = (error: string): string =>
  `DPoP realm="tulou", error="${error}", algs="${proofAlgorithms.join(' ')}"`;

/** The algorithms that proofs may be signed with. */
const proofAlgorithms: readonly Algorithm[] = ['ES256', 'EdDSA'];

export interface ProofDeps {
  readonly used: UsedProofs;
  /** Undefined: there are no nonces yet. */
  readonly fleetKey: Uint8Array | undefined;
  readonly nowMs: number;
}

/** A valid proof, which must still be used up. `ageing`: its nonce will soon be stale. */
export interface Proof extends Once {
  readonly ageing: boolean;
}

/**
 * Whether `text` proves this call for a pass whose token is bound to `thumbprint`. `stale`: the proof is valid, but its
 * client must use a nonce to show that it is new.
 */
export function judgeProof(
  text: string,
  pass: Pass,
  thumbprint: string,
  call: Proven,
  deps: ProofDeps,
): Proof | 'bad' | 'stale' {
  const proof = readCompact(text);
  if (proof === undefined || !isSignedByHolder(proof, pass, thumbprint)) return 'bad';
  const { jti, htm, htu, ath, iat } = proof.claims;
  if (typeof jti !== 'string' || jti === '' || htm !== call.method || !isUrl(htu, call.url)) return 'bad';
  if (ath !== hash('sha256', call.token, 'base64url') || typeof iat !== 'number') return 'bad';
  const untilSeconds = freshUntil(proof.claims, iat, deps);
  if (untilSeconds === undefined) return 'stale';
  const nowSeconds = Math.floor(deps.nowMs / 1000);
  const ageing = proof.claims['nonce'] !== undefined && untilSeconds - nowSeconds < nonceSecondsMax / 2;
  const good = { name: `${thumbprint} ${jti}`, untilSeconds, ageing };
  return deps.used.wasUsed(good, nowSeconds) ? 'bad' : good;
}

/**
 * The time until which this proof could be sent again; undefined: it is not known to be new. The time comes from its nonce,
 * otherwise from its own time. A proof that is older than the memory of used proofs could have been used before.
 */
function freshUntil(
  { nonce }: Compact['claims'],
  iat: number,
  { used, fleetKey, nowMs }: ProofDeps,
): number | undefined {
  const nowSeconds = Math.floor(nowMs / 1000);
  if (nonce === undefined) {
    const isNow = Math.abs(iat - nowSeconds) <= leewaySeconds && iat >= used.sinceSeconds;
    return isNow ? Math.ceil(iat) + leewaySeconds : undefined;
  }
  if (fleetKey === undefined || typeof nonce !== 'string') return undefined;
  const given = givenAt(fleetKey, nonce, nowSeconds);
  return given === undefined || given < used.sinceSeconds ? undefined : given + nonceSecondsMax;
}

function isSignedByHolder({ head, signed, signature }: Compact, pass: Pass, thumbprint: string): boolean {
  const { typ, jwk } = head;
  if (typ !== 'dpop+jwt' || 'crit' in head || !isObject(jwk) || thumbprintOf(jwk) !== thumbprint) return false;
  const named = head['alg'] === 'Ed25519' ? 'EdDSA' : head['alg'];
  // The thumbprint shows that the key is the same as last time.
  const key = pass.provenKey ?? readKey(jwk);
  const algorithm = key?.algorithms.find((one) => one === named && proofAlgorithms.includes(one));
  if (key === undefined || algorithm === undefined || 'd' in jwk || !isSigned(algorithm, key, signed, signature)) {
    return false;
  }
  pass.provenKey = key;
  return true;
}

function readKey(jwk: Readonly<Record<string, unknown>>): VerifyKey | undefined {
  try {
    return importKey(jwk);
  } catch {
    return undefined;
  }
}

/** RFC 7638, for the two kinds of keys that proofs are made with. */
function thumbprintOf({ kty, crv, x, y }: Readonly<Record<string, unknown>>): string | undefined {
  if (typeof x !== 'string') return undefined;
  if (kty === 'EC' && typeof y === 'string') return digest({ crv, kty, x, y });
  return kty === 'OKP' ? digest({ crv, kty, x }) : undefined;
}

const digest = (members: object): string => hash('sha256', JSON.stringify(members), 'base64url');

/** Compared after normalisation (RFC 9449 §4.3: of scheme, host and port; RFC 3986 §6.2.3), without query and fragment. */
function isUrl(htu: unknown, expected: string): boolean {
  if (htu === expected) return true;
  if (typeof htu !== 'string') return false;
  return stripped(htu) !== undefined && stripped(htu) === stripped(expected);
}

function stripped(text: string): string | undefined {
  const url = URL.parse(text);
  return url === null ? undefined : `${url.origin}${url.pathname}`;
}
