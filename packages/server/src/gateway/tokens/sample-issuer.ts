/** An issuer and a small world around it, for tests and benchmarks. Its tokens are signed with a key that is made on the spot. */
import { generateKeyPairSync, hash, sign, type KeyObject } from 'node:crypto';
import type { SnapshotObject, SnapshotOf } from '@tulou/contract';

type Json = Record<string, unknown>;

/** Signs any header and claims with ES256, valid or not. */
export function signJwt(key: KeyObject, head: object, claims: object): string {
  const body = `${encode(head)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(body), { key, dsaEncoding: 'ieee-p1363' });
  return `${body}.${signature.toString('base64url')}`;
}

export const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A key pair, and its public half as an issuer publishes it. */
export function newSigner(kid: string): { key: KeyObject; publicKey: KeyObject; jwk: Json } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { key: privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' } };
}

export type Signer = ReturnType<typeof newSigner>;

export const signer = newSigner('k1');
export const platform = 'https://platform.test';
export const issuer: SnapshotOf<'issuer'> = {
  kind: 'issuer',
  key: platform,
  tenant: 'ten_0',
  issues_for: null,
  algorithms: ['ES256'],
  keys: [signer.jwk],
};

/** Claims of an installation's token, valid for five minutes, with changes; undefined removes a claim. */
export function claimsAt(nowMs: number, wish: Json = {}): Json {
  const iat = Math.floor(nowMs / 1000);
  return {
    iss: platform,
    sub: 'cli_1',
    client_id: 'cli_1',
    aud: 'urn:tulou:tenant:ten_3',
    jti: 'jti-1',
    gid: 'gid-1',
    ins: 'ins_1',
    scope: 'acme/orders:read acme/orders:write',
    iat,
    exp: iat + 300,
    ...wish,
  };
}

/** A token of the issuer, with changed claims. */
export const mint = (nowMs: number, wish: Json = {}, head: Json = {}): string =>
  signJwt(signer.key, { typ: 'at+jwt', alg: 'ES256', kid: 'k1', ...head }, claimsAt(nowMs, wish));

/** A DPoP proof (RFC 9449 §4.2) for a call. */
export function prove(holder: Signer, token: string, nowMs: number, wish: Json = {}, head: Json = {}): string {
  const { kty, crv, x, y } = holder.jwk;
  const claims = { jti: 'proof-1', htm: 'GET', iat: Math.floor(nowMs / 1000), ath: hash('sha256', token, 'base64url') };
  return signJwt(
    holder.key,
    { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y }, ...head },
    { ...claims, ...wish },
  );
}

/** RFC 7638. */
export function thumbprint({ jwk: { kty, crv, x, y } }: Signer): string {
  return hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url');
}

const version: SnapshotOf<'version'> = {
  kind: 'version',
  key: 'ver_1',
  tenant: 'ten_1',
  api: 'api_1',
  name: 'v1',
  state: 'live',
  access: 'any',
  upstreams: [{ url: 'http://upstream.test', weight: 1 }],
  operations: [
    { id: 'read', method: 'GET', path: '/orders/{id}', scopes: ['read'] },
    { id: 'write', method: 'POST', path: '/orders', scopes: ['read', 'write'] },
    { id: 'wipe', method: 'DELETE', path: '/orders', scopes: ['wipe'] },
    { id: 'health', method: 'GET', path: '/health' },
  ],
  timeout_ms: 5000,
  request_bytes_max: 1000,
  deprecated_at: null,
  sunset_at: null,
};
const scopes = ['acme/orders:read', 'acme/orders:write', 'acme/orders:wipe'];

/** `acme` publishes `orders`, `dev` made the app `shop`, `mall` installed it. */
export const world = {
  provider: { kind: 'tenant', key: 'ten_1', slug: 'acme', state: 'active' },
  developer: { kind: 'tenant', key: 'ten_2', slug: 'dev', state: 'active' },
  installer: { kind: 'tenant', key: 'ten_3', slug: 'mall', state: 'active' },
  api: {
    kind: 'api',
    key: 'api_1',
    tenant: 'ten_1',
    slug: 'orders',
    hosts: ['orders.example.com'],
    scopes: [
      { name: 'read', risk: 'low' },
      { name: 'write', risk: 'medium' },
      { name: 'wipe', risk: 'high' },
    ],
  },
  version,
  tokenVersion: { ...version, key: 'ver_token', name: 'token', access: 'token' },
  keyVersion: { ...version, key: 'ver_key', name: 'key', access: 'key' },
  openVersion: { ...version, key: 'ver_open', name: 'open', access: 'open', operations: [] },
  plan: { kind: 'plan', key: 'pln_1', tenant: 'ten_1', api: 'api_1', slug: 'basic', limits: [], concurrency: null },
  app: { kind: 'app', key: 'app_1', tenant: 'ten_2', slug: 'shop', state: 'active', scopes },
  client: { kind: 'client', key: 'cli_1', tenant: 'ten_2', app: 'app_1' },
  installation: { kind: 'installation', key: 'ins_1', tenant: 'ten_3', app: 'app_1', scopes },
  subscription: { kind: 'subscription', key: 'sub_1', tenant: 'ten_2', app: 'app_1', api: 'api_1', plan: 'pln_1' },
  issuer,
} as const satisfies Record<string, SnapshotObject>;
