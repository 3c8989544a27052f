/** The factors of a person besides the password. If there is any, the password alone is not sufficient. */
import type { TenantTx } from '../../store/store.ts';
import type { PersonRef } from './authenticators.ts';

export interface Factors {
  readonly passkeys: number;
  readonly authenticator: boolean;
  /** The number of unused codes. They are no factor of their own: they replace one that is lost. */
  readonly recoveryCodes: number;
}

export async function readFactors({ sql }: TenantTx, { issuer, userId }: PersonRef): Promise<Factors> {
  const [row] = await sql<Factors[]>`
    select
      (select count(*)::int from passkeys where tenant_id = ${issuer.tenantUuid} and user_id = ${userId}) as passkeys,
      exists (select from authenticators where tenant_id = ${issuer.tenantUuid} and user_id = ${userId}) as authenticator,
      (select count(*)::int from recovery_codes
        where tenant_id = ${issuer.tenantUuid} and user_id = ${userId} and used_at is null) as "recoveryCodes"`;
  return row ?? { passkeys: 0, authenticator: false, recoveryCodes: 0 };
}

export const hasSecondFactor = ({ passkeys, authenticator }: Factors): boolean => passkeys > 0 || authenticator;
