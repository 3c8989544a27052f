import { Problem } from '@tulou/contract';
import type { versions } from '@tulou/contract/operations/versions';
import { lockApi } from '../apis/api.ts';
import type { Handler } from '../../operations/handler.ts';
import { refreshCatalog } from '../catalog/refresh.ts';
import { gone, publish } from '../../snapshot/publish.ts';
import { countSubscribers } from '../subscriptions/subscriber.ts';
import { findVersion, viewVersion } from './version.ts';

export const deleteVersion: Handler<typeof versions.delete> = (scope, { params }, deps, call) =>
  call.commit(async (tx) => {
    const api = await lockApi(tx, params.api);
    const version = await findVersion(tx, api, params.version);
    const before = viewVersion(api, version);
    call.expect(before);
    const callable = version.state === 'live' || version.state === 'deprecated';
    const subscribers = callable ? await countSubscribers(tx, api.id) : 0;
    if (subscribers > 0) {
      const detail = `${subscribers} apps subscribe to this API. Deprecate and retire the version first.`;
      throw new Problem('in_use', { detail });
    }
    await tx.sql`delete from versions where tenant_id = ${scope.tenantUuid} and id = ${version.id}`;
    await refreshCatalog(tx, api.id, new Date(deps.clock.now()));
    publish(tx, [gone('version', version.id, scope.tenantUuid)]);
    return { output: undefined, target: version.id, before, after: null };
  });
