/** DPoP (RFC 9449): tokens that are of use only to who holds a key, proven at each request. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import type { System } from './system.ts';

/** A key pair of P-256. Its private half need not leave the process; who keeps refresh tokens of a public client keeps it too. */
export interface ProofKey {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

/** A new key pair, whose private half cannot be exported unless that is asked for. */
export const generateProofKey = (extractable = false): Promise<ProofKey> => generateKeyPair('ES256', { extractable });

export interface Prover {
  /** The `DPoP` field of one request; `token` where one goes with it. */
  prove(method: string, url: string, token?: string): Promise<string>;
  /** Keeps the nonce of an answer (§8.2). True: it was refused for want of that one, and may be sent again. */
  learn(url: string, answer: { readonly status: number; readonly headers: Headers }): boolean;
  /** RFC 7638. */
  thumbprint(): Promise<string>;
}

export function openProver({ publicKey, privateKey }: ProofKey, { now, unique }: System): Prover {
  const jwk: Promise<JWK> = exportJWK(publicKey);
  const nonces = new Map<string, string>();
  return {
    async prove(method, url, token) {
      const target = new URL(url);
      const nonce = nonces.get(target.origin);
      const claims = {
        jti: unique(),
        htm: method,
        htu: target.origin + target.pathname,
        iat: Math.floor(now() / 1000),
        ...(nonce === undefined ? {} : { nonce }),
        ...(token === undefined ? {} : { ath: await sha256(token) }),
      };
      const { kty = '', crv = '', x = '', y = '' } = await jwk;
      const head = { alg: 'ES256', typ: 'dpop+jwt', jwk: { kty, crv, x, y } };
      return new SignJWT(claims).setProtectedHeader(head).sign(privateKey);
    },
    learn(url, { status, headers }) {
      const { origin } = new URL(url);
      const nonce = headers.get('dpop-nonce');
      if (nonce === null) return false;
      const isNew = nonces.get(origin) !== nonce;
      nonces.set(origin, nonce);
      return isNew && (status === 400 || status === 401);
    },
    thumbprint: async () => calculateJwkThumbprint(await jwk),
  };
}

/** SHA-256 of a text, base64url: also the S256 of PKCE. */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return base64url(new Uint8Array(digest));
}

export const base64url = (bytes: Uint8Array): string =>
  base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

export const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
