/** Queries on `passkeys`. */
import type { Id } from '@tulou/contract';
import type { TenantTx } from '../../store/store.ts';
import type { IssuerRef } from '../keys/keys.ts';
import type { PersonRef } from './authenticators.ts';

/** As many as a person may have. */
export const passkeysMax = 20;

export interface Passkey {
  readonly id: Id<'passkey'>;
  readonly userId: string;
  /** As WebAuthn names it, base64url. */
  readonly credentialId: string;
  /** As COSE writes it. */
  readonly publicKey: Uint8Array;
  readonly counter: number;
  readonly transports: string[];
  readonly name: string;
  readonly createdAt: Date;
  readonly usedAt: Date | null;
}

/** The person's, oldest first. */
export async function listPasskeys({ sql }: TenantTx, { issuer, userId }: PersonRef): Promise<readonly Passkey[]> {
  return sql<Passkey[]>`
    select id, user_id as "userId", credential_id as "credentialId", public_key as "publicKey", counter::float8, transports, name,
      created_at as "createdAt", used_at as "usedAt"
    from passkeys where tenant_id = ${issuer.tenantUuid} and user_id = ${userId} order by id`;
}

/** Finds a passkey of any of the issuer's people. */
export async function findPasskey(
  { sql }: TenantTx,
  { tenantUuid }: IssuerRef,
  credentialId: string,
): Promise<Passkey | undefined> {
  const [row] = await sql<Passkey[]>`
    select id, user_id as "userId", credential_id as "credentialId", public_key as "publicKey", counter::float8, transports, name,
      created_at as "createdAt", used_at as "usedAt"
    from passkeys where tenant_id = ${tenantUuid} and credential_id = ${credentialId}`;
  return row;
}

export type NewPasskey = Omit<Passkey, 'userId' | 'createdAt' | 'usedAt'>;

/** False: there is one of this credential already, or the person has as many as one may have. */
export async function addPasskey(
  { sql }: TenantTx,
  { issuer, userId }: PersonRef,
  key: NewPasskey,
  now: Date,
): Promise<boolean> {
  const { count } = await sql`
    insert into passkeys (tenant_id, id, user_id, credential_id, public_key, counter, transports, name, created_at)
    select ${issuer.tenantUuid}, ${key.id}, ${userId}, ${key.credentialId}, ${Buffer.from(key.publicKey)}, ${key.counter},
      ${key.transports}, ${key.name}, ${now}
    where (select count(*) from passkeys where tenant_id = ${issuer.tenantUuid} and user_id = ${userId}) < ${passkeysMax}
    on conflict (tenant_id, credential_id) do nothing`;
  return count === 1;
}

/** Notes that it was used. False: it has been used since it was read, with the same counter or a later one. */
export async function usePasskey(
  { sql }: TenantTx,
  { tenantUuid }: IssuerRef,
  key: Passkey,
  counter: number,
  now: Date,
): Promise<boolean> {
  const { count } = await sql`
    update passkeys set counter = ${counter}, used_at = ${now}
    where tenant_id = ${tenantUuid} and id = ${key.id} and (counter < ${counter} or (counter = 0 and ${counter} = 0))`;
  return count === 1;
}

/** False: the person has none of this id. */
export async function removePasskey({ sql }: TenantTx, { issuer, userId }: PersonRef, id: string): Promise<boolean> {
  const { count } = await sql`
    delete from passkeys where tenant_id = ${issuer.tenantUuid} and user_id = ${userId} and id = ${id}`;
  return count === 1;
}
