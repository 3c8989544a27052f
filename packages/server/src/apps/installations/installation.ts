/** Rows of installations, as the tenant stores them that has installed the app. */
import { Problem, type Id, type Output } from '@tulou/contract';
import type { installations } from '@tulou/contract/operations/installations';
import type { TenantTx } from '../../store/store.ts';
import type { InstallationState } from './state.ts';

export interface InstallationRow {
  readonly id: Id<'installation'>;
  /** UUID of the tenant whose app it is. */
  readonly developer: string;
  readonly developer_slug: string;
  readonly app_id: Id<'app'>;
  readonly app_slug: string;
  readonly app_name: string;
  readonly scopes: readonly string[];
  readonly state: InstallationState;
  readonly trial: boolean;
  readonly granted_by: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The installation with this id. Throws `not_found`. */
export async function findInstallation(tx: TenantTx, id: string): Promise<InstallationRow> {
  const [row] = await tx.sql<InstallationRow[]>`
    select * from installations where tenant_id = ${tx.tenantUuid} and id = ${id}`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** An installation as the tenant sees it that has installed the app. */
export function viewInstallation(row: InstallationRow): Output<typeof installations.get> {
  return {
    id: row.id,
    app: `${row.developer_slug}/${row.app_slug}`,
    app_id: row.app_id,
    app_name: row.app_name,
    scopes: [...row.scopes],
    state: row.state,
    trial: row.trial,
    granted_by: row.granted_by,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
