import type { apis } from '@tulou/contract/operations/apis';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { viewApi, type ApiRow } from './api.ts';

export const listApis: Handler<typeof apis.list> = async (scope, { query }, { store }) => {
  const place = placeOf(query.cursor, idPlace) ?? '';
  const rows = await store.tenant(
    scope,
    ({ sql }) => sql<ApiRow[]>`
      select * from apis
      where tenant_id = ${scope.tenantUuid} and id > ${place}
        ${query.search === undefined ? sql`` : sql`and strpos(lower(slug || ' ' || name), ${query.search.toLowerCase()}) > 0`}
      order by id limit ${query.limit + 1}`,
  );
  return pageOf(rows, query.limit, viewApi, (row) => row.id);
};
