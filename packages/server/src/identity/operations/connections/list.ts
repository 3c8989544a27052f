import type { connections } from '@tulou/contract/operations/connections';
import { idPlace, pageOf, placeOf } from '../../../operations/cursor.ts';
import type { Handler } from '../../../operations/handler.ts';
import { viewConnection, type ConnectionRow } from './connection.ts';

export const listConnections: Handler<typeof connections.list> = (scope, { query }, { store, platformUrl }) =>
  store.tenant(scope, async (tx) => {
    const place = placeOf(query.cursor, idPlace) ?? '';
    const rows = await tx.sql<ConnectionRow[]>`
      select * from connections where tenant_id = ${scope.tenantUuid} and id > ${place}
      order by id limit ${query.limit + 1}`;
    return pageOf(
      rows,
      query.limit,
      (row) => viewConnection(row, platformUrl),
      (row) => row.id,
    );
  });
