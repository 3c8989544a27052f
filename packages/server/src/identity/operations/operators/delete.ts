import type { operators } from '@tulou/contract/operations/operators';
import type { Handler } from '../../../operations/handler.ts';
import { findOperator, viewOperator } from './operator.ts';

export const deleteOperator: Handler<typeof operators.delete> = (_principal, { params }, _deps, call) =>
  call.commit(async (tx) => {
    const row = await findOperator(tx, params.operator);
    const before = viewOperator(row);
    call.expect(before);
    await tx.sql`delete from operators where user_id = ${row.id}`;
    return { tenantUuid: null, output: undefined, target: row.id, before, after: null };
  });
