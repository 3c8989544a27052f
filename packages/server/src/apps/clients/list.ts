import type { clients } from '@tulou/contract/operations/clients';
import { findApp } from '../app.ts';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { viewClient, type ClientRow } from './client.ts';

export const listClients: Handler<typeof clients.list> = (scope, { params, query }, { store }) =>
  store.tenant(scope, async (tx) => {
    const app = await findApp(tx, params.app);
    const place = placeOf(query.cursor, idPlace) ?? '';
    const rows = await tx.sql<ClientRow[]>`
      select * from clients where tenant_id = ${scope.tenantUuid} and app_id = ${app.id} and id > ${place}
      order by id limit ${query.limit + 1}`;
    return pageOf(
      rows,
      query.limit,
      (row) => viewClient(app, row),
      (row) => row.id,
    );
  });
