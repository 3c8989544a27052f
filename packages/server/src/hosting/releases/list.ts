import type { releases } from '@tulou/contract/operations/releases';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { findService } from '../workloads/service.ts';
import { releaseColumns, viewRelease, type ReleaseRow } from './release.ts';

export const listReleases: Handler<typeof releases.list> = (scope, { params, query }, { store }) => {
  const place = placeOf(query.cursor, idPlace);
  return store.tenant(scope, async (tx) => {
    const service = await findService(tx, params.service);
    const rows = await tx.sql<ReleaseRow[]>`
      select ${releaseColumns(tx)} from releases r
      where r.tenant_id = ${scope.tenantUuid} and r.service_id = ${service.id}
        ${place === undefined ? tx.sql`` : tx.sql`and r.id < ${place}`}
      order by r.id desc limit ${query.limit + 1}`;
    return pageOf(
      rows,
      query.limit,
      (row) => viewRelease(service, row),
      (row) => row.id,
    );
  });
};
