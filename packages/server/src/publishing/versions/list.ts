import type { versions } from '@tulou/contract/operations/versions';
import { findApi } from '../apis/api.ts';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { viewVersion, type VersionRow } from './version.ts';

export const listVersions: Handler<typeof versions.list> = (scope, { params, query }, { store }) =>
  store.tenant(scope, async (tx) => {
    const place = placeOf(query.cursor, idPlace) ?? '';
    const api = await findApi(tx, params.api);
    const rows = await tx.sql<VersionRow[]>`
      select * from versions
      where tenant_id = ${scope.tenantUuid} and api_id = ${api.id} and id > ${place}
      order by id limit ${query.limit + 1}`;
    return pageOf(
      rows,
      query.limit,
      (row) => viewVersion(api, row),
      (row) => row.id,
    );
  });
