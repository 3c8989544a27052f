/**
 * `Tulou-Assertion`: a JWT (RFC 7519, RFC 8037 EdDSA) that lets an upstream identify the caller without trust in the network.
 * The gateway makes the private key on its first start, and the key never leaves its data folder.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { Environment } from '@tulou/contract';

/** An assertion is valid for this time and reused for half of it, so the upstream always gets one with a minute left. */
const lifeSeconds = 120;

export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

/** A fresh private key, PEM (PKCS #8). */
export function generateAssertionKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The public half, as control publishes it; `kid` is the RFC 7638 thumbprint. */
export function publicJwkOf(privatePem: string): PublicJwk {
  const { x } = createPublicKey(createPrivateKey(privatePem)).export({ format: 'jwk' });
  if (x === undefined) throw new TypeError('not an Ed25519 key');
  const kid = createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url');
  return { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' };
}

/** The content of an assertion, without its times. */
export interface AssertionClaims {
  readonly aud: string;
  readonly environment: Environment;
  readonly tenant?: string;
  readonly app?: string;
  readonly installation?: string;
  readonly user?: string;
  readonly plan?: string;
  readonly subscription?: string;
  readonly scopes: string;
  /** RFC 9396: scopes that are held for a part of the data only. */
  readonly authorization_details?: readonly object[];
}

export class AssertionSigner {
  /** The time for which a signed assertion may be used again. */
  readonly keptMs = (lifeSeconds / 2) * 1000;
  readonly #key: KeyObject;
  readonly #head: string;
  readonly #issuer: string;

  /** `issuer` is the platform's URL. */
  constructor(privatePem: string, issuer: string) {
    this.#key = createPrivateKey(privatePem);
    this.#head = encode({ alg: 'EdDSA', typ: 'JWT', kid: publicJwkOf(privatePem).kid });
    this.#issuer = issuer;
  }

  sign(claims: AssertionClaims, nowMs: number): string {
    const iat = Math.floor(nowMs / 1000);
    const body = `${this.#head}.${encode({ iss: this.#issuer, ...claims, iat, exp: iat + lifeSeconds })}`;
    return `${body}.${sign(null, Buffer.from(body), this.#key).toString('base64url')}`;
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
