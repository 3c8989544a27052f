/** Recovery codes: each stands once for a passkey or an authenticator app that is lost. */
import { sha256 } from '../../kernel/hash.ts';
import type { Random } from '../../kernel/random.ts';
import type { TenantTx } from '../../store/store.ts';
import type { PersonRef } from './authenticators.ts';

export const recoveryCodeCount = 10;
/** 80 bits: no one can find one by search, not even with the hashes. */
const codeBytes = 10;
/** Crockford's: no letter looks like a digit. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** New codes, as `xxxx-xxxx-xxxx-xxxx`. */
export function newRecoveryCodes(random: Random): readonly string[] {
  return Array.from({ length: recoveryCodeCount }, () => {
    const bits = Array.from(random.bytes(codeBytes), (byte) => byte.toString(2).padStart(8, '0')).join('');
    const text = (bits.match(/.{5}/g) ?? []).map((five) => alphabet.charAt(Number.parseInt(five, 2))).join('');
    return (text.match(/.{4}/g) ?? []).join('-');
  });
}

/** As it was shown, however it was typed. */
function canonical(typed: string): string {
  return typed.toLowerCase().replaceAll(/[\s-]/g, '').replaceAll('o', '0').replaceAll(/[il]/g, '1');
}

const hashOf = ({ issuer, userId }: PersonRef, code: string): string =>
  sha256(`recovery ${issuer.tenantUuid} ${userId} ${canonical(code)}`);

/** These are the person's codes from now on; those before are good for nothing. */
export async function replaceRecoveryCodes(
  { sql }: TenantTx,
  person: PersonRef,
  codes: readonly string[],
  now: Date,
): Promise<void> {
  const { issuer, userId } = person;
  await sql`delete from recovery_codes where tenant_id = ${issuer.tenantUuid} and user_id = ${userId}`;
  await sql`
    insert into recovery_codes (tenant_id, user_id, secret_hash, created_at)
    select ${issuer.tenantUuid}, ${userId}, code, ${now} from unnest(${codes.map((code) => hashOf(person, code))}::text[]) as code`;
}

/** Takes a code: true for one of all that try. */
export async function takeRecoveryCode(
  { sql }: TenantTx,
  person: PersonRef,
  typed: string,
  now: Date,
): Promise<boolean> {
  const { count } = await sql`
    update recovery_codes set used_at = ${now}
    where tenant_id = ${person.issuer.tenantUuid} and user_id = ${person.userId} and secret_hash = ${hashOf(person, typed)}
      and used_at is null`;
  return count === 1;
}
