import type { operators } from '@tulou/contract/operations/operators';
import { idPlace, pageOf, placeOf } from '../../../operations/cursor.ts';
import type { Handler } from '../../../operations/handler.ts';
import { findOperator, readOperators, viewOperator } from './operator.ts';
import { asPlatform } from '../../system-wide.ts';

export const getOperator: Handler<typeof operators.get> = (_principal, { params }, { store }) =>
  asPlatform(store, 'operators', async (tx) => viewOperator(await findOperator(tx, params.operator)));

export const listOperators: Handler<typeof operators.list> = (_principal, { query }, { store }) =>
  asPlatform(store, 'operators', async (tx) => {
    const place = placeOf(query.cursor, idPlace) ?? '';
    const rows = await readOperators(tx, tx.sql`o.user_id > ${place} order by o.user_id limit ${query.limit + 1}`);
    return pageOf(rows, query.limit, viewOperator, (row) => row.id);
  });
