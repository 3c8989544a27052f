/** Ends what the users of a connection have open, at the issuer and at the gateways. */
import type { Clock } from '../../../kernel/clock.ts';
import { denyUsers } from '../../../snapshot/denials.ts';
import { crossTenants, type TenantTx } from '../../../store/store.ts';
import { nilTenant } from '../../../tenancy/nil-tenant.ts';
import { signOutEverywhere } from '../../people/sign-out.ts';

/**
 * Denies the access tokens of members who signed in another way, when their tenant begins to enforce its own provider. For
 * other tenants they get new ones. Owners are among them only where it holds owners too.
 */
export function denyOthers(tx: TenantTx, owners: boolean, clock: Clock): Promise<void> {
  return crossTenants(tx, 'users belong to the platform', async (crossing) => {
    const rows = await crossing.sql<{ id: string }[]>`
      select u.id from members m join users u on u.tenant_id = ${nilTenant} and u.id = m.user_id
      where m.tenant_id = ${tx.tenantUuid} and u.connection is null and (${owners} or m.role <> 'owner')`;
    denyUsers(crossing, idsOf(rows), clock.now());
  });
}

/** Signs out all users of the connection. Returns their ids. */
export function signOutAll(tx: TenantTx, connection: string, clock: Clock): Promise<readonly string[]> {
  return crossTenants(tx, 'users of a connection belong to the platform', async (crossing) => {
    const rows = await crossing.sql<{ id: string }[]>`
      select id from users
      where tenant_id = ${nilTenant} and tenant = ${tx.tenantUuid} and connection = ${connection} order by id`;
    const users = idsOf(rows);
    await signOutEverywhere(crossing, { tenantUuid: nilTenant, users }, clock);
    return users;
  });
}

const idsOf = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id);
