/**
 * Queries on `identity_artifacts`. Identifiers are secrets of their holders: the table has only their SHA-256, and what
 * repeats them (a payload names its own identifier) is sealed. A reader of the table can redeem nothing.
 */
import type { AdapterPayload } from 'oidc-provider';
import { sha256 } from '../../kernel/hash.ts';
import type { TenantTx } from '../../store/store.ts';
import type { Vault } from '../../kernel/seal.ts';

/** Where an artifact lies: whose issuer, what it is, and its identifier as given. */
export interface Place {
  readonly tenantUuid: string;
  readonly kind: string;
  readonly id: string;
}

/** A row as it is selected to be read. */
export interface Row {
  readonly idHash: string;
  readonly sealed: string;
  readonly consumedAt: Date | null;
}

const contextOf = ({ tenantUuid, kind }: Omit<Place, 'id'>, idHash: string): string =>
  `artifact ${tenantUuid} ${kind} ${idHash}`;

const hashed = (text: string | undefined): string | null => (text === undefined ? null : sha256(text));

/** Writes it, whole. That it was consumed stays. */
export async function upsertArtifact(
  { sql }: TenantTx,
  place: Place,
  payload: AdapterPayload,
  expiresAt: Date,
  vault: Vault,
): Promise<void> {
  const { tenantUuid, kind, id } = place;
  const sealed = vault.seal(JSON.stringify(payload), contextOf(place, sha256(id))).toString('base64url');
  const grant = kind === 'Grant' ? id : payload.grantId;
  await sql`
    insert into identity_artifacts
      (tenant_id, kind, id_hash, grant_hash, uid_hash, user_code_hash, account, client, secret_payload, expires_at)
    values (${tenantUuid}, ${kind}, ${sha256(id)}, ${hashed(grant)}, ${hashed(payload.uid)}, ${hashed(payload.userCode)},
      ${payload.accountId ?? null}, ${payload.clientId ?? null}, to_jsonb(${sealed}::text), ${expiresAt})
    on conflict (tenant_id, kind, id_hash) do update set grant_hash = excluded.grant_hash, uid_hash = excluded.uid_hash,
      user_code_hash = excluded.user_code_hash, account = excluded.account, client = excluded.client,
      secret_payload = excluded.secret_payload, expires_at = excluded.expires_at`;
}

export const findArtifact = (tx: TenantTx, place: Place, vault: Vault): Promise<AdapterPayload | undefined> =>
  findBy('id_hash', tx, place, vault);

export const findArtifactByUid = (tx: TenantTx, place: Place, vault: Vault): Promise<AdapterPayload | undefined> =>
  findBy('uid_hash', tx, place, vault);

export const findArtifactByUserCode = (tx: TenantTx, place: Place, vault: Vault): Promise<AdapterPayload | undefined> =>
  findBy('user_code_hash', tx, place, vault);

/** `place.id` is what the column holds the hash of. */
async function findBy(
  column: 'id_hash' | 'uid_hash' | 'user_code_hash',
  { sql }: TenantTx,
  place: Place,
  vault: Vault,
): Promise<AdapterPayload | undefined> {
  const [row] = await sql<Row[]>`
    select id_hash as "idHash", secret_payload #>> '{}' as sealed, consumed_at as "consumedAt" from identity_artifacts
    where tenant_id = ${place.tenantUuid} and kind = ${place.kind} and ${sql(column)} = ${sha256(place.id)}`;
  return row && readArtifact(row, place, vault);
}

/** `place`: whose and of what kind; its id is not looked at. */
export function readArtifact(
  { idHash, sealed, consumedAt }: Row,
  place: Omit<Place, 'id'>,
  vault: Vault,
): AdapterPayload {
  const payload = JSON.parse(vault.open(Buffer.from(sealed, 'base64url'), contextOf(place, idHash))) as AdapterPayload;
  return consumedAt === null ? payload : { ...payload, consumed: Math.floor(consumedAt.getTime() / 1000) };
}

/** Takes it: true for exactly one of all that try, on all nodes. */
export async function consumeArtifact({ sql }: TenantTx, place: Place, now: Date): Promise<boolean> {
  const { count } = await sql`
    update identity_artifacts set consumed_at = ${now}
    where tenant_id = ${place.tenantUuid} and kind = ${place.kind} and id_hash = ${sha256(place.id)} and consumed_at is null`;
  return count === 1;
}

/** The hash of the grant that it belongs to. */
export async function grantHashOf({ sql }: TenantTx, place: Place): Promise<string | undefined> {
  const [row] = await sql<{ grant: string | null }[]>`
    select grant_hash as grant from identity_artifacts
    where tenant_id = ${place.tenantUuid} and kind = ${place.kind} and id_hash = ${sha256(place.id)}`;
  return row?.grant ?? undefined;
}

export async function deleteArtifact({ sql }: TenantTx, place: Place): Promise<void> {
  await sql`
    delete from identity_artifacts
    where tenant_id = ${place.tenantUuid} and kind = ${place.kind} and id_hash = ${sha256(place.id)}`;
}

/** Deletes a grant with all that was issued under it. False: there was nothing left. */
export async function deleteGrant({ sql }: TenantTx, tenantUuid: string, grantHash: string): Promise<boolean> {
  // In one order, so that two that revoke at once wait for each other instead of deadlocking.
  const { count } = await sql`
    with family as (
      select kind, id_hash from identity_artifacts where tenant_id = ${tenantUuid} and grant_hash = ${grantHash}
      order by kind, id_hash for update
    )
    delete from identity_artifacts a using family f
    where a.tenant_id = ${tenantUuid} and a.kind = f.kind and a.id_hash = f.id_hash`;
  return count > 0;
}

/** Writes that a one-time identifier was seen. False: it was seen before, and that is still remembered. */
export async function insertOnce({ sql }: TenantTx, place: Place, now: Date, expiresAt: Date): Promise<boolean> {
  const { count } = await sql`
    insert into identity_artifacts as seen (tenant_id, kind, id_hash, secret_payload, expires_at)
    values (${place.tenantUuid}, ${place.kind}, ${sha256(place.id)}, '{}'::jsonb, ${expiresAt})
    on conflict (tenant_id, kind, id_hash) do update set expires_at = excluded.expires_at where seen.expires_at <= ${now}`;
  return count === 1;
}
