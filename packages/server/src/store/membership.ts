/** The membership of a person in a tenant: read where tokens are made, and where the control API is called. */
import type { Id, Role } from '@tulou/contract';
import type { SystemTx } from './store.ts';
import { nilTenant } from '../tenancy/nil-tenant.ts';

export interface Membership {
  readonly member: Id<'member'>;
  readonly role: Role;
}

/**
 * The member that a person of the platform's issuer is there. Undefined: none, or one who has signed in otherwise while the
 * tenant lets its members in by its own identity provider only.
 */
export async function findMembership(
  { sql }: SystemTx,
  tenantUuid: string,
  user: string,
): Promise<Membership | undefined> {
  const [row] = await sql<Membership[]>`
    select m.id as member, m.role from members m
    where m.tenant_id = ${tenantUuid} and m.user_id = ${user}
      and (
        not exists (
          select from connections c where c.tenant_id = ${tenantUuid} and c.enforced and c.state = 'active')
        or exists (
          select from users u where u.tenant_id = ${nilTenant} and u.id = ${user} and u.connection is not null))`;
  return row;
}
