import type { approvals } from '@tulou/contract/operations/approvals';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { findApproval, viewApproval, type ApprovalRow } from './approval.ts';

export const getApproval: Handler<typeof approvals.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => viewApproval(await findApproval(tx, params.approval, 'no lock')));

export const listApprovals: Handler<typeof approvals.list> = (scope, { query }, { store }) =>
  store.tenant(scope, async ({ sql }) => {
    const place = placeOf(query.cursor, idPlace) ?? '';
    const rows = await sql<ApprovalRow[]>`
      select * from approvals
      where tenant_id = ${scope.tenantUuid} and id > ${place}
        ${query.state === undefined ? sql`` : sql`and state = ${query.state}`}
      order by id limit ${query.limit + 1}`;
    return pageOf(rows, query.limit, viewApproval, (row) => row.id);
  });
