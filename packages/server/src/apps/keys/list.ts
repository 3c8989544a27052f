import type { keys } from '@tulou/contract/operations/keys';
import { findApp } from '../app.ts';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { viewKey, type KeyRow } from './key.ts';

export const listKeys: Handler<typeof keys.list> = (scope, { params, query }, { store }) =>
  store.tenant(scope, async (tx) => {
    const place = placeOf(query.cursor, idPlace) ?? '';
    const app = await findApp(tx, params.app);
    const rows = await tx.sql<KeyRow[]>`
      select * from keys
      where tenant_id = ${scope.tenantUuid} and app_id = ${app.id} and id > ${place}
      order by id limit ${query.limit + 1}`;
    return pageOf(
      rows,
      query.limit,
      (row) => viewKey(app, row),
      (row) => row.id,
    );
  });
