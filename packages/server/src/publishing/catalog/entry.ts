/** Rows of the catalog: APIs as tenants other than their own see them. */
import { Problem, uuidFromId, type Id, type Output, type PlanLimit } from '@tulou/contract';
import type { catalog } from '@tulou/contract/operations/catalog';
import type { TenantTx } from '../../store/store.ts';
import type { ScopeWords } from '../scope.ts';

export interface CatalogRow {
  /** UUID of the provider. */
  readonly tenant: string;
  readonly api_id: Id<'api'>;
  readonly tenant_slug: string;
  readonly api_slug: string;
  readonly name: string;
  readonly description: string | null;
  readonly visibility: 'public' | 'private';
  readonly versions: readonly CatalogVersion[];
  readonly plans: readonly CatalogPlan[];
  readonly scopes: readonly CatalogScope[];
  readonly updated_at: Date;
}

export interface CatalogVersion {
  readonly id: Id<'version'>;
  readonly name: string;
  readonly state: 'live' | 'deprecated';
  readonly access: 'open' | 'key' | 'token' | 'any';
  readonly deprecated_at: string | null;
  readonly sunset_at: string | null;
  readonly documented: boolean;
}

export interface CatalogScope {
  /** `<tenant>/<api>:<scope>` */
  readonly scope: string;
  readonly risk: 'low' | 'medium' | 'high';
  readonly title: ScopeWords;
  readonly description: ScopeWords;
}

export interface CatalogPlan {
  readonly id: Id<'plan'>;
  readonly slug: string;
  readonly name: string;
  readonly limits: readonly PlanLimit[];
  readonly concurrency: number | null;
  readonly approval: 'auto' | 'manual';
}

/**
 * An API by its provider and its own slug or id, if it is visible to this tenant: an API of the tenant, or a published public
 * one of an active tenant. Throws the same `not_found` for every other API.
 */
export async function findEntry(tx: TenantTx, provider: string, api: string): Promise<CatalogRow> {
  const { sql, tenantUuid } = tx;
  const uuid = uuidFromId('tenant', provider);
  const [row] = await sql<CatalogRow[]>`
    select * from catalog
    where ${uuid === undefined ? sql`tenant_slug = ${provider}` : sql`tenant = ${uuid}`}
      and (api_slug = ${api} or api_id = ${api})
      and (tenant = ${tenantUuid} or (provider_active and published and visibility = 'public'))`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** An API as its future subscribers see it. */
export function viewEntry(row: CatalogRow): Output<typeof catalog.get> {
  return {
    address: `${row.tenant_slug}/${row.api_slug}`,
    id: row.api_id,
    name: row.name,
    description: row.description,
    visibility: row.visibility,
    versions: row.versions.map((version) => ({
      ...version,
      deprecated_at: iso(version.deprecated_at),
      sunset_at: iso(version.sunset_at),
    })),
    plans: row.plans.map((plan) => ({ ...plan, limits: [...plan.limits] })),
    scopes: [...row.scopes],
    updated_at: row.updated_at.toISOString(),
  };
}

/** PostgreSQL writes a time in JSON with the time zone offset of the session. */
function iso(text: string | null): string | null {
  return text === null ? null : new Date(text).toISOString();
}
