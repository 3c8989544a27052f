import type { clients } from '@tulou/contract/operations/clients';
import { lockApp } from '../app.ts';
import type { Handler } from '../../operations/handler.ts';
import { emit } from '../../operations/emit.ts';
import { gone, publish } from '../../snapshot/publish.ts';
import { findClient, viewClient } from './client.ts';

export const deleteClient: Handler<typeof clients.delete> = (scope, { params }, deps, call) =>
  call.commit(async (tx) => {
    const app = await lockApp(tx, params.app);
    const row = await findClient(tx, app, params.client);
    const before = viewClient(app, row);
    call.expect(before);
    await tx.sql`delete from clients where tenant_id = ${scope.tenantUuid} and id = ${row.id}`;
    publish(tx, [gone('client', row.id, scope.tenantUuid)]);
    await emit(tx, scope.tenantUuid, { type: 'client.deleted', target: row.id, data: before }, deps);
    return { output: undefined, target: row.id, before, after: null };
  });
