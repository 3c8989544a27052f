/** Queries on `authenticators`: a person has one authenticator app at most. */
import type { TenantTx } from '../../store/store.ts';
import type { IssuerRef } from '../keys/keys.ts';
import type { Vault } from '../../kernel/seal.ts';
import { stepOf } from './totp.ts';

/** A person of an issuer, by their id. */
export interface PersonRef {
  readonly issuer: IssuerRef;
  readonly userId: string;
}

const contextOf = ({ issuer, userId }: PersonRef): string => `authenticator ${issuer.tenantUuid} ${userId}`;

/** Sets the person's authenticator app, in the place of another. `step`: of the code that showed that it works. */
export async function setAuthenticator(
  { sql }: TenantTx,
  person: PersonRef,
  { seed, step, now }: { readonly seed: Buffer; readonly step: number; readonly now: Date },
  vault: Vault,
): Promise<void> {
  const sealed = vault.seal(seed.toString('base64url'), contextOf(person));
  await sql`
    insert into authenticators (tenant_id, user_id, secret_seed, last_step, created_at)
    values (${person.issuer.tenantUuid}, ${person.userId}, ${sealed}, ${step}, ${now})
    on conflict (tenant_id, user_id) do update set secret_seed = excluded.secret_seed, last_step = excluded.last_step,
      created_at = excluded.created_at`;
}

/** Whether the code is right now. It is taken: neither it nor one before it is right again (RFC 6238 §5.2). */
export async function takeCode(
  { sql }: TenantTx,
  person: PersonRef,
  typed: string,
  nowMs: number,
  vault: Vault,
): Promise<boolean> {
  const { issuer, userId } = person;
  const [row] = await sql<{ sealed: Uint8Array }[]>`
    select secret_seed as sealed from authenticators where tenant_id = ${issuer.tenantUuid} and user_id = ${userId}`;
  if (row === undefined) return false;
  const step = stepOf(Buffer.from(vault.open(row.sealed, contextOf(person)), 'base64url'), typed, nowMs);
  if (step === undefined) return false;
  const { count } = await sql`
    update authenticators set last_step = ${step}
    where tenant_id = ${issuer.tenantUuid} and user_id = ${userId} and last_step < ${step}`;
  return count === 1;
}

/** False: the person has none. */
export async function removeAuthenticator({ sql }: TenantTx, { issuer, userId }: PersonRef): Promise<boolean> {
  const { count } = await sql`
    delete from authenticators where tenant_id = ${issuer.tenantUuid} and user_id = ${userId}`;
  return count === 1;
}
