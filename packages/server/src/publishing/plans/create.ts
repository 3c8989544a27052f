import { limits, Problem } from '@tulou/contract';
import type { plans } from '@tulou/contract/operations/plans';
import { newId } from '../../kernel/random.ts';
import { lockApi } from '../apis/api.ts';
import type { Handler } from '../../operations/handler.ts';
import { refreshCatalog } from '../catalog/refresh.ts';
import { holdQuota } from '../../operations/quota.ts';
import { planChange } from '../../snapshot/compile.ts';
import { publish } from '../../snapshot/publish.ts';
import { viewPlan, type PlanRow } from './plan.ts';

export const createPlan: Handler<typeof plans.create> = (scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const api = await lockApi(tx, params.api);
    const counted = tx.sql`select 1 from plans where tenant_id = ${scope.tenantUuid} and api_id = ${api.id}`;
    const held = holdQuota(tx, counted, limits.plansPerApiMax, 'plans of this API');
    const id = newId('plan', deps.clock, deps.random);
    const now = new Date(deps.clock.now());
    const inserting = tx.sql<PlanRow[]>`
      insert into plans (tenant_id, id, api_id, slug, name, limits, concurrency, approval, created_at, updated_at)
      values (${scope.tenantUuid}, ${id}, ${api.id}, ${body.slug}, ${body.name ?? body.slug},
              ${JSON.stringify(body.limits)}::text::jsonb, ${body.concurrency}, ${body.approval}, ${now}, ${now})
      on conflict (tenant_id, api_id, slug) do nothing returning *`;
    const [, [row]] = await Promise.all([held, inserting]);
    if (row === undefined) throw new Problem('conflict', { detail: `There is a plan \`${body.slug}\` already.` });
    await refreshCatalog(tx, api.id, now);
    publish(tx, [planChange(scope, row)]);
    const after = viewPlan(api, row);
    return { output: after, target: id, before: null, after };
  });
