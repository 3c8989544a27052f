/** The changes of members that identity may make: a user becomes a member, or ceases to be one. */
import type { MemberBinding } from '../../operations/offers.ts';
import type { TenantTx } from '../../store/store.ts';

export async function bindMember({ sql }: TenantTx, binding: MemberBinding, now: Date): Promise<void> {
  const { tenantUuid, member, user } = binding;
  await sql`update members set user_id = ${user}, updated_at = ${now} where tenant_id = ${tenantUuid} and id = ${member}`;
}

export async function releaseMembers(
  { sql, tenantUuid }: TenantTx,
  users: readonly string[],
  now: Date,
): Promise<void> {
  await sql`
    update members set user_id = null, updated_at = ${now}
    where tenant_id = ${tenantUuid} and user_id = any(${[...users]})`;
}
