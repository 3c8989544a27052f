/** Rows of versions. */
import { Problem, type Id, type Output, type RouteOperation } from '@tulou/contract';
import type { versions } from '@tulou/contract/operations/versions';
import type { TenantTx } from '../../store/store.ts';
import type { ApiRow } from '../apis/api.ts';
import type { VersionFacts } from '../../snapshot/compile.ts';

export interface VersionRow extends VersionFacts {
  readonly id: Id<'version'>;
  readonly operation_count: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The version of an API that an id or name names. Throws `not_found`. */
export async function findVersion(tx: TenantTx, api: ApiRow, ref: string): Promise<VersionRow> {
  const [row] = await tx.sql<VersionRow[]>`
    select * from versions
    where tenant_id = ${tx.tenantUuid} and api_id = ${api.id} and (id = ${ref} or name = ${ref})`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** The operations of a version's document, as they were read when it was stored. */
export async function operationsOf(tx: TenantTx, versionId: string): Promise<readonly RouteOperation[]> {
  const [row] = await tx.sql<{ operations: RouteOperation[] }[]>`
    select operations from version_documents where tenant_id = ${tx.tenantUuid} and version_id = ${versionId}`;
  return row?.operations ?? [];
}

/** A version as its readers see it. */
export function viewVersion(api: ApiRow, row: VersionRow): Output<typeof versions.get> {
  return {
    id: row.id,
    api: api.slug,
    name: row.name,
    state: row.state,
    access: row.access,
    upstreams: row.upstreams.map((one) => ({ ...one })),
    timeout_ms: row.timeout_ms,
    request_bytes_max: row.request_bytes_max,
    deprecated_at: row.deprecated_at?.toISOString() ?? null,
    sunset_at: row.sunset_at?.toISOString() ?? null,
    operations: row.operation_count,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
