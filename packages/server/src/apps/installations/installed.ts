/** Rows of installed apps: installations as the developer's tenant stores them. */
import { idFromUuid, Problem, type Id, type Output } from '@tulou/contract';
import type { installedApps } from '@tulou/contract/operations/installations';
import { findApp } from '../app.ts';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import type { InstallationState } from './state.ts';

export interface InstalledRow {
  readonly id: Id<'installation'>;
  readonly app_id: Id<'app'>;
  readonly app_slug: string;
  /** UUID of the tenant that has installed the app. */
  readonly installer: string;
  readonly installer_slug: string;
  readonly scopes: readonly string[];
  readonly state: InstallationState;
  readonly trial: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export const getInstalled: Handler<typeof installedApps.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => {
    const app = await findApp(tx, params.app);
    const [row] = await tx.sql<InstalledRow[]>`
      select * from installed
      where tenant_id = ${scope.tenantUuid} and app_id = ${app.id} and id = ${params.installed}`;
    if (row === undefined) throw new Problem('not_found');
    return viewInstalled(row);
  });

export const listInstalled: Handler<typeof installedApps.list> = (scope, { params, query }, { store }) =>
  store.tenant(scope, async (tx) => {
    const app = await findApp(tx, params.app);
    const place = placeOf(query.cursor, idPlace) ?? '';
    const { state } = query;
    const rows = await tx.sql<InstalledRow[]>`
      select * from installed
      where tenant_id = ${scope.tenantUuid} and app_id = ${app.id} and id > ${place}
        ${state === undefined ? tx.sql`` : tx.sql`and state = ${state}`}
      order by id limit ${query.limit + 1}`;
    return pageOf(rows, query.limit, viewInstalled, (row) => row.id);
  });

/** An installation as the developer of the app sees it. */
export function viewInstalled(row: InstalledRow): Output<typeof installedApps.get> {
  return {
    id: row.id,
    app: row.app_slug,
    app_id: row.app_id,
    installer: row.installer_slug,
    installer_id: idFromUuid('tenant', row.installer),
    scopes: [...row.scopes],
    state: row.state,
    trial: row.trial,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
