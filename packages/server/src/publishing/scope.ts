/** Rows of scopes: the scopes of an API that tenants can grant to apps. */
import { Problem, type Output } from '@tulou/contract';
import type { scopes } from '@tulou/contract/operations/scopes';
import type { TenantTx } from '../store/store.ts';
import type { ScopeFacts } from '../snapshot/compile.ts';

export interface ScopeWords {
  readonly en: string;
  readonly zh: string;
}

/** The API that a scope belongs to. */
interface ApiRef {
  readonly id: string;
  readonly slug: string;
}

export interface ScopeRow extends ScopeFacts {
  readonly title: ScopeWords;
  readonly description: ScopeWords;
  readonly data_scoped: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The scope of an API with this name. Throws `not_found`. */
export async function findScope(tx: TenantTx, api: ApiRef, name: string): Promise<ScopeRow> {
  const [row] = await tx.sql<ScopeRow[]>`
    select * from scopes
    where tenant_id = ${tx.tenantUuid} and api_id = ${api.id} and name = ${name} and deleted_at is null`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** All scopes of an API, as they are published to gateways. */
export function scopesOf(tx: TenantTx, api: Pick<ApiRef, 'id'>): Promise<readonly ScopeFacts[]> {
  return tx.sql<ScopeFacts[]>`
    select name, risk from scopes
    where tenant_id = ${tx.tenantUuid} and api_id = ${api.id} and deleted_at is null order by name`;
}

/** A scope as its readers see it. */
export function viewScope(tenantSlug: string, api: ApiRef, row: ScopeRow): Output<typeof scopes.get> {
  return {
    id: row.name,
    name: row.name,
    scope: `${tenantSlug}/${api.slug}:${row.name}`,
    api: api.slug,
    risk: row.risk,
    title: row.title,
    description: row.description,
    data_scoped: row.data_scoped,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
