import type { revisions } from '@tulou/contract/operations/revisions';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { findService } from '../workloads/service.ts';
import { viewRevision, type RevisionRow } from './revision.ts';

export const listRevisions: Handler<typeof revisions.list> = (scope, { params, query }, { store }) => {
  const place = placeOf(query.cursor, idPlace);
  return store.tenant(scope, async (tx) => {
    const service = await findService(tx, params.service);
    const rows = await tx.sql<RevisionRow[]>`
      select r.*, a.digest, a.size_bytes from revisions r
        join artifacts a on a.tenant_id = r.tenant_id and a.id = r.artifact_id
      where r.tenant_id = ${scope.tenantUuid} and r.service_id = ${service.id}
        ${place === undefined ? tx.sql`` : tx.sql`and r.id < ${place}`}
      order by r.id desc limit ${query.limit + 1}`;
    return pageOf(
      rows,
      query.limit,
      (row) => viewRevision(service, row),
      (row) => row.id,
    );
  });
};
