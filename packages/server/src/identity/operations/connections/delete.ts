import type { connections } from '@tulou/contract/operations/connections';
import { platform, withinIssuer } from '../../scopes.ts';
import type { Handler } from '../../../operations/handler.ts';
import { lockConnection, viewConnection } from './connection.ts';
import { holdOwner, holdOwnersOf } from './rank.ts';
import { signOutAll } from './sign-out.ts';
import { nilTenant } from '../../../tenancy/nil-tenant.ts';
import type { IdentityDeps } from '../../deps.ts';

/**
 * Its users are deleted, and their members are as if they had never joined. Users whom an operator has disabled stay, so that
 * they remain disabled under the next connection.
 */
export const deleteConnection: Handler<typeof connections.delete, IdentityDeps> = (
  { tenantUuid, principal },
  { params },
  deps,
  call,
) =>
  call.commit(async (tx) => {
    const row = await lockConnection(tx, params.connection);
    const before = viewConnection(row, deps.platformUrl);
    call.expect(before);
    if (row.owners) holdOwner(principal, deps.clock);
    await holdOwnersOf(tx, row.id);
    const users = await signOutAll(tx, row.id, deps.clock);
    await deps.releaseMembers(tx, users, new Date(deps.clock.now()));
    await tx.sql`delete from connections where tenant_id = ${tenantUuid} and id = ${row.id}`;
    await withinIssuer(
      tx,
      platform,
      ({ sql }) => sql`
      delete from users
      where tenant_id = ${nilTenant} and tenant = ${tenantUuid} and connection = ${row.id} and disabled_at is null`,
    );
    return { output: undefined, target: row.id, before, after: null };
  });
