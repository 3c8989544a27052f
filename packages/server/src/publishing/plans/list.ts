import type { plans } from '@tulou/contract/operations/plans';
import { findApi } from '../apis/api.ts';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { viewPlan, type PlanRow } from './plan.ts';

export const listPlans: Handler<typeof plans.list> = (scope, { params, query }, { store }) =>
  store.tenant(scope, async (tx) => {
    const place = placeOf(query.cursor, idPlace) ?? '';
    const api = await findApi(tx, params.api);
    const rows = await tx.sql<PlanRow[]>`
      select * from plans
      where tenant_id = ${scope.tenantUuid} and api_id = ${api.id} and id > ${place}
      order by id limit ${query.limit + 1}`;
    return pageOf(
      rows,
      query.limit,
      (row) => viewPlan(api, row),
      (row) => row.id,
    );
  });
