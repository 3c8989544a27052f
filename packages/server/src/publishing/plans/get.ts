import type { plans } from '@tulou/contract/operations/plans';
import { findApi } from '../apis/api.ts';
import type { Handler } from '../../operations/handler.ts';
import { findPlan, viewPlan } from './plan.ts';

export const getPlan: Handler<typeof plans.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => {
    const api = await findApi(tx, params.api);
    return viewPlan(api, await findPlan(tx, api, params.plan));
  });
