import type { installations } from '@tulou/contract/operations/installations';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { findInstallation, viewInstallation, type InstallationRow } from './installation.ts';

export const getInstallation: Handler<typeof installations.get> = async (scope, { params }, { store }) =>
  viewInstallation(await store.tenant(scope, (tx) => findInstallation(tx, params.installation)));

export const listInstallations: Handler<typeof installations.list> = async (scope, { query }, { store }) => {
  const place = placeOf(query.cursor, idPlace) ?? '';
  const { state } = query;
  const rows = await store.tenant(
    scope,
    ({ sql }) => sql<InstallationRow[]>`
      select * from installations
      where tenant_id = ${scope.tenantUuid} and id > ${place}
        ${state === undefined ? sql`` : sql`and state = ${state}`}
      order by id limit ${query.limit + 1}`,
  );
  return pageOf(rows, query.limit, viewInstallation, (row) => row.id);
};
