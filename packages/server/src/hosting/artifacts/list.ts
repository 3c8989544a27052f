import type { artifacts } from '@tulou/contract/operations/artifacts';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { viewArtifact, type ArtifactRow } from './artifact.ts';

export const listArtifacts: Handler<typeof artifacts.list> = async (scope, { query }, { store }) => {
  const place = placeOf(query.cursor, idPlace) ?? '';
  const rows = await store.tenant(
    scope,
    ({ sql }) => sql<ArtifactRow[]>`
      select * from artifacts
      where tenant_id = ${scope.tenantUuid} and id > ${place}
        ${query.digest === undefined ? sql`` : sql`and digest = ${query.digest}`}
      order by id limit ${query.limit + 1}`,
  );
  return pageOf(rows, query.limit, viewArtifact, (row) => row.id);
};
