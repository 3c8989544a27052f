import { Problem } from '@tulou/contract';
import type { plans } from '@tulou/contract/operations/plans';
import { lockApi } from '../apis/api.ts';
import type { Handler } from '../../operations/handler.ts';
import { refreshCatalog } from '../catalog/refresh.ts';
import { gone, publish } from '../../snapshot/publish.ts';
import { countSubscribers } from '../subscriptions/subscriber.ts';
import { findPlan, viewPlan } from './plan.ts';

export const deletePlan: Handler<typeof plans.delete> = (scope, { params }, deps, call) =>
  call.commit(async (tx) => {
    const api = await lockApi(tx, params.api);
    const plan = await findPlan(tx, api, params.plan);
    const before = viewPlan(api, plan);
    call.expect(before);
    const subscribers = await countSubscribers(tx, api.id, plan.id);
    if (subscribers > 0) throw new Problem('in_use', { detail: `${subscribers} apps subscribe to this plan.` });
    await tx.sql`delete from plans where tenant_id = ${scope.tenantUuid} and id = ${plan.id}`;
    await refreshCatalog(tx, api.id, new Date(deps.clock.now()));
    publish(tx, [gone('plan', plan.id, scope.tenantUuid)]);
    return { output: undefined, target: plan.id, before, after: null };
  });
