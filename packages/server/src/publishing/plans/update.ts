import type { plans } from '@tulou/contract/operations/plans';
import { must } from '../../kernel/assert.ts';
import { lockApi } from '../apis/api.ts';
import type { Handler } from '../../operations/handler.ts';
import { refreshCatalog } from '../catalog/refresh.ts';
import { planChange } from '../../snapshot/compile.ts';
import { publish } from '../../snapshot/publish.ts';
import { findPlan, viewPlan, type PlanRow } from './plan.ts';

export const updatePlan: Handler<typeof plans.update> = (scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const api = await lockApi(tx, params.api);
    const before = await findPlan(tx, api, params.plan);
    call.expect(viewPlan(api, before));
    const { name = before.name, limits = before.limits, approval = before.approval } = body;
    const concurrency = body.concurrency === undefined ? before.concurrency : body.concurrency;
    const now = new Date(deps.clock.now());
    const [row] = await tx.sql<PlanRow[]>`
      update plans set name = ${name}, limits = ${JSON.stringify(limits)}::text::jsonb, concurrency = ${concurrency},
        approval = ${approval}, updated_at = ${now}
      where tenant_id = ${scope.tenantUuid} and id = ${before.id} returning *`;
    const after = must(row, 'a locked row is there');
    await refreshCatalog(tx, api.id, now);
    publish(tx, [planChange(scope, after)]);
    const view = viewPlan(api, after);
    return { output: view, target: after.id, before: viewPlan(api, before), after: view };
  });
