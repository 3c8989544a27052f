import { Problem } from '@tulou/contract';
import type { apps } from '@tulou/contract/operations/apps';
import type { Handler } from '../call/handler.ts';
import { gone, publish } from '../snapshot/publish.ts';
import { countSubscriptions } from '../subscriptions/subscription.ts';
import { lockApp, viewApp } from './app.ts';

export const deleteApp: Handler<typeof apps.delete> = (scope, { params }, _deps, call) =>
  call.commit(async (tx) => {
    const before = await lockApp(tx, params.app);
    call.expect(viewApp(before));
    const subscriptions = await countSubscriptions(tx, before.id);
    if (subscriptions > 0)
      throw new Problem('in_use', { detail: `The app has ${subscriptions} subscriptions. End them first.` });
    const keys = await tx.sql<{ credential_id: string }[]>`
      select credential_id from keys where tenant_id = ${scope.tenantUuid} and app_id = ${before.id}`;
    const revoked = keys.map((key) => gone('key', key.credential_id, scope.tenantUuid));
    publish(tx, [gone('app', before.id, scope.tenantUuid), ...revoked]);
    await tx.sql`delete from apps where tenant_id = ${scope.tenantUuid} and id = ${before.id}`;
    return { output: undefined, target: before.id, before: viewApp(before), after: null };
  });
