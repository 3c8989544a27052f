/** Removes the factors of a person who has lost them. The caller has verified that the request comes from this person. */
import type { TenantTx } from '../../../store/store.ts';

/** The password alone is sufficient from then on. */
export async function removeFactors(
  { sql }: TenantTx,
  { tenantUuid, user }: { readonly tenantUuid: string; readonly user: string },
): Promise<void> {
  for (const table of ['passkeys', 'authenticators', 'recovery_codes'])
    await sql`delete from ${sql(table)} where tenant_id = ${tenantUuid} and user_id = ${user}`;
}
