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
 * tenant lets its members in by its own identity provider only. Owners are held to that only where an owner said so, and a
 * person whom such a provider vouches for is an owner only then: else an admin's provider could decide who an owner is.
 */
export async function findMembership(
  { sql }: SystemTx,
  tenantUuid: string,
  user: string,
): Promise<Membership | undefined> {
  const [row] = await sql<Membership[]>`
    select m.id as member,
      case when m.role = 'owner' and u.connection is not null and c.owners is not true then 'admin' else m.role end as role
    from members m
      left join users u on u.tenant_id = ${nilTenant} and u.id = m.user_id
      left join connections c on c.tenant_id = m.tenant_id and c.id = u.connection
    where m.tenant_id = ${tenantUuid} and m.user_id = ${user}
      and (
        u.connection is not null
        or not exists (
          select from connections e
          where e.tenant_id = ${tenantUuid} and e.enforced and e.state = 'active' and (e.owners or m.role <> 'owner')))`;
  return row;
}
