/**
 * Rows of people. They belong to an issuer: those of the platform's may be members of several tenants, those of a tenant's own
 * are that tenant's end users. The same address at two issuers is two people.
 */
import type { Id } from '@tulou/contract';
import type { Fragment } from '../../store/pool.ts';
import type { TenantTx } from '../../store/store.ts';
import type { IssuerRef } from '../keys/keys.ts';

export type Locale = 'en' | 'zh-CN';

export interface User {
  readonly id: Id<'user'>;
  readonly email: string;
  readonly name: string;
  readonly locale: Locale;
  /** A PHC string. */
  readonly password: string | undefined;
  readonly disabled: boolean;
  /** A tenant's own identity provider says who this is; they have no other way to sign in. */
  readonly managed: boolean;
}

/** Addresses are compared without case. */
export const emailOf = (typed: string): string => typed.trim().toLowerCase();

export function findUser(tx: TenantTx, issuer: IssuerRef, email: string): Promise<User | undefined> {
  return readUser(tx, issuer, tx.sql`email = ${emailOf(email)} and connection is null`);
}

export function findUserById(tx: TenantTx, issuer: IssuerRef, id: string): Promise<User | undefined> {
  return readUser(tx, issuer, tx.sql`id = ${id}`);
}

async function readUser({ sql }: TenantTx, { tenantUuid }: IssuerRef, by: Fragment): Promise<User | undefined> {
  const [row] = await sql<(Omit<User, 'password'> & { password: string | null })[]>`
    select id, email, name, locale, secret_password as password, disabled_at is not null as disabled,
      connection is not null as managed from users
    where tenant_id = ${tenantUuid} and ${by}`;
  return row === undefined ? undefined : { ...row, password: row.password ?? undefined };
}

export interface NewUser {
  readonly id: Id<'user'>;
  readonly email: string;
  readonly name: string;
  readonly locale: Locale;
  readonly password: string;
  readonly now: Date;
}

/** Adds a person who has shown that the address is theirs. False: the issuer has one of this address. */
export async function createUser({ sql }: TenantTx, { tenantUuid }: IssuerRef, user: NewUser): Promise<boolean> {
  const { id, name, locale, password, now } = user;
  const rows = await sql`
    insert into users (tenant_id, id, email, name, locale, secret_password, verified_at, created_at, updated_at)
    values (${tenantUuid}, ${id}, ${emailOf(user.email)}, ${name}, ${locale}, ${password}, ${now}, ${now}, ${now})
    on conflict (tenant_id, email) where connection is null do nothing returning id`;
  return rows.length === 1;
}

/** Gives an account another password; the person who sets it has proven that the address is theirs. */
export async function setPassword(
  { sql }: TenantTx,
  { tenantUuid }: IssuerRef,
  id: string,
  password: string,
  now: Date,
): Promise<void> {
  await sql`
    update users set secret_password = ${password}, verified_at = coalesce(verified_at, ${now}), updated_at = ${now}
    where tenant_id = ${tenantUuid} and id = ${id}`;
}

/** Sets the profile that the person enters themselves. */
export async function setProfile(
  { sql }: TenantTx,
  { tenantUuid }: IssuerRef,
  id: string,
  { name, locale }: Pick<User, 'name' | 'locale'>,
  now: Date,
): Promise<void> {
  await sql`
    update users set name = ${name}, locale = ${locale}, updated_at = ${now} where tenant_id = ${tenantUuid} and id = ${id}`;
}

/** Gives an account an address that has been shown to be theirs. False: it is somebody's. */
export async function moveUser(
  { sql }: TenantTx,
  { tenantUuid }: IssuerRef,
  id: string,
  email: string,
  now: Date,
): Promise<boolean> {
  const { count } = await sql`
    update users set email = ${email}, verified_at = ${now}, updated_at = ${now}
    where tenant_id = ${tenantUuid} and id = ${id} and connection is null and not exists (
      select from users o where o.tenant_id = ${tenantUuid} and o.email = ${email} and o.connection is null)`;
  return count === 1;
}

/** Hashes the same password again, unless another one was set meanwhile. */
export async function rekeepPassword(
  { sql }: TenantTx,
  { tenantUuid }: IssuerRef,
  user: User,
  password: string,
): Promise<void> {
  await sql`
    update users set secret_password = ${password}
    where tenant_id = ${tenantUuid} and id = ${user.id} and secret_password = ${user.password ?? null}`;
}
