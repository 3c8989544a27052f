/** Rows of versions. */
import { Problem, type Id, type Output, type RouteOperation } from '@tulou/contract';
import type { versions } from '@tulou/contract/operations/versions';
import type { OpenapiOperation } from '@tulou/openapi';
import type { TenantTx } from '../../store/store.ts';
import type { ApiRow } from '../apis/api.ts';
import { isStrict, type UpstreamFacts, type VersionFacts } from '../../snapshot/compile.ts';

export interface VersionRow extends VersionFacts {
  readonly id: Id<'version'>;
  readonly operation_count: number;
  readonly finding_errors: number;
  readonly finding_warnings: number;
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

type Finding = Output<typeof versions.findings>['items'][number];

/** The findings in a version's document when it was published. */
export async function findingsOf(tx: TenantTx, versionId: string): Promise<Finding[]> {
  const [row] = await tx.sql<{ findings: Finding[] }[]>`
    select findings from version_documents where tenant_id = ${tx.tenantUuid} and version_id = ${versionId}`;
  return row?.findings ?? [];
}

/** An operation as it is stored and published. */
export function copyOf({ id, method, path, scopes }: OpenapiOperation): RouteOperation {
  return { id, method, path, ...(scopes === undefined ? {} : { scopes: [...scopes] }) };
}

function viewUpstream(facts: UpstreamFacts): Output<typeof versions.get>['upstreams'][number] {
  const { weight, environment } = facts;
  return {
    ...('url' in facts ? { url: facts.url } : { service: facts.service }),
    weight,
    ...(environment === undefined ? {} : { environment }),
  };
}

/** A version as its readers see it. */
export function viewVersion(api: ApiRow, row: VersionRow): Output<typeof versions.get> {
  return {
    id: row.id,
    api: api.slug,
    name: row.name,
    state: row.state,
    access: row.access,
    upstreams: row.upstreams.map(viewUpstream),
    timeout_ms: row.timeout_ms,
    request_bytes_max: row.request_bytes_max,
    deprecated_at: row.deprecated_at?.toISOString() ?? null,
    sunset_at: row.sunset_at?.toISOString() ?? null,
    operations: row.operation_count,
    strict: isStrict(row),
    findings: { errors: row.finding_errors, warnings: row.finding_warnings },
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
