import type { keys } from '@tulou/contract/operations/keys';
import { lockApp } from '../app.ts';
import type { Handler } from '../../operations/handler.ts';
import { emit } from '../../operations/emit.ts';
import { gone, publish } from '../../snapshot/publish.ts';
import { findKey, viewKey } from './key.ts';

export const deleteKey: Handler<typeof keys.delete> = (scope, { params }, deps, call) =>
  call.commit(async (tx) => {
    const app = await lockApp(tx, params.app);
    const key = await findKey(tx, app, params.key);
    const before = viewKey(app, key);
    call.expect(before);
    await tx.sql`delete from keys where tenant_id = ${scope.tenantUuid} and id = ${key.id}`;
    publish(tx, [gone('key', key.credential_id, scope.tenantUuid)]);
    await emit(tx, scope.tenantUuid, { type: 'key.deleted', target: key.id, data: before }, deps);
    return { output: undefined, target: key.id, before, after: null };
  });
