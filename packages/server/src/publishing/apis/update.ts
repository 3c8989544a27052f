import type { apis } from '@tulou/contract/operations/apis';
import { must } from '../../kernel/assert.ts';
import type { Handler } from '../../operations/handler.ts';
import { refreshCatalog } from '../catalog/refresh.ts';
import { scopesOf } from '../scope.ts';
import { apiChange } from '../../snapshot/compile.ts';
import { publish } from '../../snapshot/publish.ts';
import { lockApi, viewApi, type ApiRow } from './api.ts';
import { claimHosts } from '../../store/hosts.ts';

export const updateApi: Handler<typeof apis.update> = (scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const before = await lockApi(tx, params.api);
    call.expect(viewApi(before));
    const { name = before.name, description = before.description, visibility = before.visibility } = body;
    const hosts = body.hosts ?? before.hosts;
    const now = new Date(deps.clock.now());
    const [row] = await tx.sql<ApiRow[]>`
      update apis set name = ${name}, description = ${description}, visibility = ${visibility},
        hosts = ${[...hosts]}::text[], updated_at = ${now}
      where tenant_id = ${scope.tenantUuid} and id = ${before.id} returning *`;
    const after = must(row, 'a locked row is there');
    if (body.hosts !== undefined) await claimHosts(tx, after.id, hosts, deps);
    await refreshCatalog(tx, after.id, now);
    publish(tx, [apiChange(scope, after, await scopesOf(tx, after))]);
    return { output: viewApi(after), target: after.id, before: viewApi(before), after: viewApi(after) };
  });
