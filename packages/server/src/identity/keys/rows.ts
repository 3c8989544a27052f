/** Queries on `signing_keys`. */
import { createPublicKey, generateKeyPair, hash, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { TenantTx } from '../../store/store.ts';
import type { Vault } from '../../kernel/seal.ts';

export type KeyState = 'next' | 'current' | 'previous' | 'removed';

/** ES256 signs access tokens, and `id_token`s of clients that ask for it; RS256 signs `id_token`s only. */
export type KeyAlgorithm = 'ES256' | 'RS256';

/** A public key as RFC 7517 writes it. */
export type PublicJwk = Readonly<Record<string, string>>;

export interface SigningKey {
  readonly kid: string;
  readonly algorithm: KeyAlgorithm;
  readonly state: KeyState;
  readonly publicJwk: PublicJwk;
  readonly changedAt: Date;
}

export interface SecretKey extends SigningKey {
  readonly secretJwk: JsonWebKey;
}

const contextOf = (tenantUuid: string, kid: string): string => `signing key ${tenantUuid} ${kid}`;

/** One change of an issuer's keys at a time, on all nodes, until the transaction ends. */
export async function lockKeys({ sql }: TenantTx, tenantUuid: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext(${`signing keys ${tenantUuid}`}))`;
}

/** Keys that verify, the one that signs first. */
export async function listKeys({ sql }: TenantTx, tenantUuid: string): Promise<readonly SigningKey[]> {
  return sql<SigningKey[]>`
    select kid, algorithm, state, public_jwk as "publicJwk", changed_at as "changedAt" from signing_keys
    where tenant_id = ${tenantUuid} and state <> 'removed'
    order by array_position(array['current', 'next', 'previous'], state), algorithm, changed_at desc, kid`;
}

/** The same with their secret halves. */
export async function readSecretKeys(tx: TenantTx, tenantUuid: string, vault: Vault): Promise<readonly SecretKey[]> {
  const secrets = await tx.sql<{ kid: string; secret: Uint8Array }[]>`
    select kid, secret_jwk as secret from signing_keys where tenant_id = ${tenantUuid} and state <> 'removed'`;
  const byKid = new Map(secrets.map(({ kid, secret }) => [kid, secret]));
  return (await listKeys(tx, tenantUuid)).flatMap((key) => {
    const sealed = byKid.get(key.kid);
    if (sealed === undefined) return [];
    return [{ ...key, secretJwk: JSON.parse(vault.open(sealed, contextOf(tenantUuid, key.kid))) as JsonWebKey }];
  });
}

/** Makes a key. Its `kid` is its thumbprint (RFC 7638). */
export async function insertKey(
  { sql }: TenantTx,
  tenantUuid: string,
  algorithm: KeyAlgorithm,
  state: 'next' | 'current',
  vault: Vault,
  now: Date,
): Promise<void> {
  const privateKey = await generate(algorithm);
  const members = thumbprinted(createPublicKey(privateKey).export({ format: 'jwk' }));
  const kid = hash('sha256', JSON.stringify(members), 'base64url');
  const publicJwk = { ...members, kid, alg: algorithm, use: 'sig' };
  const secret = JSON.stringify({ ...privateKey.export({ format: 'jwk' }), ...publicJwk });
  const sealed = vault.seal(secret, contextOf(tenantUuid, kid));
  await sql`
    insert into signing_keys (tenant_id, kid, algorithm, state, public_jwk, secret_jwk, created_at, changed_at)
    values (${tenantUuid}, ${kid}, ${algorithm}, ${state}, ${JSON.stringify(publicJwk)}::text::jsonb, ${sealed}, ${now}, ${now})`;
}

const make = promisify(generateKeyPair);
const rsaBits = 2048;

/** Beside the event loop: an RSA key takes a tenth of a second and more. */
async function generate(algorithm: KeyAlgorithm): Promise<KeyObject> {
  const pair = algorithm === 'ES256' ? make('ec', { namedCurve: 'P-256' }) : make('rsa', { modulusLength: rsaBits });
  return (await pair).privateKey;
}

/** The members of a thumbprint, in its order (RFC 7638 §3.2). */
const thumbprinted = ({ crv = '', e = '', kty = '', n = '', x = '', y = '' }: JsonWebKey): Record<string, string> =>
  kty === 'EC' ? { crv, kty, x, y } : { e, kty, n };

/** Moves keys from one state to another. */
export async function moveKeys(
  { sql }: TenantTx,
  tenantUuid: string,
  algorithm: KeyAlgorithm,
  [from, to]: readonly [KeyState, KeyState],
  now: Date,
  changedBefore: Date = now,
): Promise<void> {
  await sql`
    update signing_keys set state = ${to}, changed_at = ${now},
      secret_jwk = case when ${to} = 'removed' then ''::bytea else secret_jwk end
    where tenant_id = ${tenantUuid} and algorithm = ${algorithm} and state = ${from} and changed_at <= ${changedBefore}`;
}

/** Takes one key out of use, whatever its state, and forgets its secret half. Returns what it was. */
export async function removeKey(
  { sql }: TenantTx,
  tenantUuid: string,
  kid: string,
  now: Date,
): Promise<Pick<SigningKey, 'state' | 'algorithm'> | undefined> {
  const [row] = await sql<Pick<SigningKey, 'state' | 'algorithm'>[]>`
    select state, algorithm from signing_keys where tenant_id = ${tenantUuid} and kid = ${kid} and state <> 'removed' for update`;
  await sql`
    update signing_keys set state = 'removed', changed_at = ${now}, secret_jwk = ''::bytea
    where tenant_id = ${tenantUuid} and kid = ${kid} and state <> 'removed'`;
  return row;
}

/** Whether the tenant has an issuer that is in use. */
export async function isOpen({ sql }: TenantTx, tenantUuid: string): Promise<boolean> {
  const rows = await sql`select from issuers where tenant_id = ${tenantUuid} and state = 'active'`;
  return rows.length === 1;
}
