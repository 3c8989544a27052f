import { Problem } from '@tulou/contract';
import type { apis } from '@tulou/contract/operations/apis';
import { releaseHosts } from '../../store/hosts.ts';
import type { TenantTx } from '../../store/store.ts';
import type { Handler } from '../../operations/handler.ts';
import { gone, publish, type Change } from '../../snapshot/publish.ts';
import { countSubscribers } from '../subscriptions/subscriber.ts';
import { lockApi, viewApi } from './api.ts';

export const deleteApi: Handler<typeof apis.delete> = (scope, { params }, _deps, call) =>
  call.commit(async (tx) => {
    const before = await lockApi(tx, params.api);
    call.expect(viewApi(before));
    const subscribers = await countSubscribers(tx, before.id);
    if (subscribers > 0) throw new Problem('in_use', { detail: `${subscribers} apps subscribe to this API.` });
    publish(tx, await departures(tx, before.id));
    await releaseHosts(tx, before.id);
    await tx.sql`delete from catalog where tenant = ${scope.tenantUuid} and api_id = ${before.id}`;
    await tx.sql`delete from apis where tenant_id = ${scope.tenantUuid} and id = ${before.id}`;
    return { output: undefined, target: before.id, before: viewApi(before), after: null };
  });

async function departures(tx: TenantTx, apiId: string): Promise<Change[]> {
  const rows = await tx.sql<{ kind: 'version' | 'plan'; id: string }[]>`
    select 'version' as kind, id from versions where tenant_id = ${tx.tenantUuid} and api_id = ${apiId}
    union all
    select 'plan', id from plans where tenant_id = ${tx.tenantUuid} and api_id = ${apiId}`;
  const parts = rows.map(({ kind, id }) => gone(kind, id, tx.tenantUuid));
  return [...parts, gone('api', apiId, tx.tenantUuid)];
}
