import type { apps } from '@tulou/contract/operations/apps';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { viewApp, type AppRow } from '../app.ts';

export const listApps: Handler<typeof apps.list> = async (scope, { query }, { store }) => {
  const place = placeOf(query.cursor, idPlace) ?? '';
  const rows = await store.tenant(
    scope,
    ({ sql }) => sql<AppRow[]>`
      select * from apps
      where tenant_id = ${scope.tenantUuid} and id > ${place}
        ${query.search === undefined ? sql`` : sql`and strpos(lower(slug || ' ' || name), ${query.search.toLowerCase()}) > 0`}
      order by id limit ${query.limit + 1}`,
  );
  return pageOf(rows, query.limit, viewApp, (row) => row.id);
};
