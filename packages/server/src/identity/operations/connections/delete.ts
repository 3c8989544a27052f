import type { connections } from '@tulou/contract/operations/connections';
import { crossTenants } from '../../../store/store.ts';
import type { Handler } from '../../../operations/handler.ts';
import { nilTenantUuid } from '../../../operations/idempotency.ts';
import { lockConnection, viewConnection } from './connection.ts';
import { signOutAll } from './sign-out.ts';

/** Whom it knew are nobody any more: their members are as if they had never joined. */
export const deleteConnection: Handler<typeof connections.delete> = ({ tenantUuid }, { params }, deps, call) =>
  call.commit(async (tx) => {
    const row = await lockConnection(tx, params.connection);
    const before = viewConnection(row, deps.platformUrl);
    call.expect(before);
    const users = await signOutAll(tx, row.id, deps.clock);
    await tx.sql`
      update members set user_id = null, updated_at = ${new Date(deps.clock.now())}
      where tenant_id = ${tenantUuid} and user_id = any(${[...users]})`;
    await tx.sql`delete from connections where tenant_id = ${tenantUuid} and id = ${row.id}`;
    await crossTenants(
      tx,
      'people of a deleted connection',
      ({ sql }) => sql`
      delete from users where tenant_id = ${nilTenantUuid} and tenant = ${tenantUuid} and connection = ${row.id}`,
    );
    return { output: undefined, target: row.id, before, after: null };
  });
