import type { connections } from '@tulou/contract/operations/connections';
import { crossTenants } from '../../../store/store.ts';
import type { Handler } from '../../../operations/handler.ts';
import { lockConnection, viewConnection } from './connection.ts';
import { signOutAll } from './sign-out.ts';
import { nilTenant } from '../../../tenancy/nil-tenant.ts';
import type { IdentityDeps } from '../../deps.ts';

/** Whom it knew are nobody any more: their members are as if they had never joined. */
export const deleteConnection: Handler<typeof connections.delete, IdentityDeps> = (
  { tenantUuid },
  { params },
  deps,
  call,
) =>
  call.commit(async (tx) => {
    const row = await lockConnection(tx, params.connection);
    const before = viewConnection(row, deps.platformUrl);
    call.expect(before);
    const users = await signOutAll(tx, row.id, deps.clock);
    await deps.releaseMembers(tx, users, new Date(deps.clock.now()));
    await tx.sql`delete from connections where tenant_id = ${tenantUuid} and id = ${row.id}`;
    await crossTenants(
      tx,
      'people of a deleted connection',
      ({ sql }) => sql`
      delete from users where tenant_id = ${nilTenant} and tenant = ${tenantUuid} and connection = ${row.id}`,
    );
    return { output: undefined, target: row.id, before, after: null };
  });
