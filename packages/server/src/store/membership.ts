/** The membership of a person in a tenant: read where tokens are made, and where the control API is called. */
import type { Id, Role } from '@tulou/contract';
import { fromIdentity } from '../tenancy/doors.ts';
import type { Sql } from './pool.ts';
import { withinTenant, type SystemTx, type TenantTx } from './store.ts';
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
export async function findMembership(tx: SystemTx, tenantUuid: string, user: string): Promise<Membership | undefined> {
  // Sent together: the person is a row of the platform's issuer, the rest are rows of the tenant.
  const [people, members] = await Promise.all([
    withinTenant(tx, fromIdentity('issuer', nilTenant), (own) => connectionOf(own.sql, user)),
    withinTenant(tx, fromIdentity('member', tenantUuid), (own) => memberOf(own, user)),
  ]);
  const connection = people[0]?.connection ?? null;
  const [row] = members;
  if (row === undefined) return undefined;
  const { member, role, connections } = row;
  const own = connections.find(({ id }) => id === connection);
  if (connection !== null) return { member, role: role === 'owner' && own?.owners !== true ? 'admin' : role };
  const isHeld = connections.some(({ holds, owners }) => holds && (owners || role !== 'owner'));
  return isHeld ? undefined : { member, role };
}

const connectionOf = (sql: Sql, user: string) =>
  sql<{ connection: string | null }[]>`
    select connection from users where tenant_id = ${nilTenant} and id = ${user}`.execute();

interface MemberRow extends Membership {
  /** All of the tenant. */
  readonly connections: readonly { readonly id: string; readonly owners: boolean; readonly holds: boolean }[];
}

const memberOf = ({ sql, tenantUuid }: TenantTx, user: string) =>
  sql<MemberRow[]>`
    select m.id as member, m.role,
      (select coalesce(json_agg(json_build_object(
          'id', c.id, 'owners', c.owners, 'holds', c.enforced and c.state = 'active')), '[]')
        from connections c where c.tenant_id = ${tenantUuid}) as connections
    from members m where m.tenant_id = ${tenantUuid} and m.user_id = ${user}`.execute();
