/** What somebody has besides a password, for when they have lost it: whoever removes it has seen to it that it is they who ask. */
import type { TenantTx } from '../../../store/store.ts';

/** The password alone lets them in from then on. */
export async function removeFactors(
  { sql }: TenantTx,
  { tenantUuid, user }: { readonly tenantUuid: string; readonly user: string },
): Promise<void> {
  for (const table of ['passkeys', 'authenticators', 'recovery_codes'])
    await sql`delete from ${sql(table)} where tenant_id = ${tenantUuid} and user_id = ${user}`;
}
