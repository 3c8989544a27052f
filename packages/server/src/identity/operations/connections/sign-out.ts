/** Ends what the users of a connection have open, at the issuer and at the gateways. */
import type { Clock } from '../../../kernel/clock.ts';
import { denyUsers } from '../../../snapshot/denials.ts';
import type { TenantTx } from '../../../store/store.ts';
import { platform, withinIssuer } from '../../scopes.ts';
import { nilTenant } from '../../../tenancy/nil-tenant.ts';
import { signOutEverywhere } from '../../people/sign-out.ts';

/**
 * Denies the access tokens of members who signed in another way, when their tenant begins to enforce its own provider. For
 * other tenants they get new ones. Owners are among them only where it holds owners too.
 */
export async function denyOthers(tx: TenantTx, owners: boolean, clock: Clock): Promise<void> {
  const members = await tx.sql<{ id: string }[]>`
    select user_id as id from members
    where tenant_id = ${tx.tenantUuid} and user_id is not null and (${owners} or role <> 'owner')`;
  const rows = await withinIssuer(
    tx,
    platform,
    ({ sql }) => sql<{ id: string }[]>`
      select id from users
      where tenant_id = ${nilTenant} and id = any(${idsOf(members)}) and connection is null`,
  );
  denyUsers(tx, idsOf(rows), clock.now());
}

/** Signs out all users of the connection. Returns their ids. */
export function signOutAll(tx: TenantTx, connection: string, clock: Clock): Promise<readonly string[]> {
  return withinIssuer(tx, platform, async (people) => {
    const rows = await people.sql<{ id: string }[]>`
      select id from users
      where tenant_id = ${nilTenant} and tenant = ${tx.tenantUuid} and connection = ${connection} order by id`;
    const users = idsOf(rows);
    await signOutEverywhere(people, { tenantUuid: nilTenant, users }, clock);
    return users;
  });
}

const idsOf = (rows: readonly { readonly id: string }[]): string[] => rows.map(({ id }) => id);
