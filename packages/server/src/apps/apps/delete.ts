import { Problem } from '@tulou/contract';
import type { apps } from '@tulou/contract/operations/apps';
import type { TenantTx } from '../../store/store.ts';
import type { Handler } from '../../operations/handler.ts';
import { revokeAll } from '../installations/crossing.ts';
import { gone, publish, type Change } from '../../snapshot/publish.ts';
import { lockApp, viewApp } from '../app.ts';

export const deleteApp: Handler<typeof apps.delete> = (scope, { params }, { clock }, call) =>
  call.commit(async (tx) => {
    const before = await lockApp(tx, params.app);
    call.expect(viewApp(before));
    // Otherwise a new app of the same name would not be blocked.
    if (before.state === 'blocked' && scope.principal.kind !== 'operator')
      throw new Problem('state_conflict', {
        detail: 'An operator has blocked this app. Only an operator can delete it.',
      });
    const subscriptions = await countSubscriptions(tx, before.id);
    if (subscriptions > 0)
      throw new Problem('in_use', { detail: `The app has ${subscriptions} subscriptions. End them first.` });
    await revokeAll(tx, before.id, new Date(clock.now()));
    publish(tx, await departures(tx, before.id));
    await tx.sql`delete from apps where tenant_id = ${scope.tenantUuid} and id = ${before.id}`;
    return { output: undefined, target: before.id, before: viewApp(before), after: null };
  });

async function departures(tx: TenantTx, appId: string): Promise<Change[]> {
  const rows = await tx.sql<{ kind: 'key' | 'client'; key: string }[]>`
    select 'key' as kind, credential_id as key from keys where tenant_id = ${tx.tenantUuid} and app_id = ${appId}
    union all
    select 'client', id from clients where tenant_id = ${tx.tenantUuid} and app_id = ${appId}`;
  const parts = rows.map(({ kind, key }) => gone(kind, key, tx.tenantUuid));
  return [...parts, gone('app', appId, tx.tenantUuid)];
}

/** How many subscriptions of an app have not ended. */
async function countSubscriptions({ sql, tenantUuid }: TenantTx, appId: string): Promise<number> {
  const [row] = await sql<{ open: number }[]>`
    select count(*)::int as open from subscriptions
    where tenant_id = ${tenantUuid} and app_id = ${appId} and state in ('pending', 'active', 'suspended')`;
  return row?.open ?? 0;
}
