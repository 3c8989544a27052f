/** Rows of APIs. */
import { Problem, type Id, type Output } from '@tulou/contract';
import type { apis } from '@tulou/contract/operations/apis';
import type { TenantTx } from '../../store/store.ts';

export interface ApiRow {
  readonly id: Id<'api'>;
  readonly slug: string;
  readonly name: string;
  readonly description: string | null;
  readonly visibility: 'public' | 'private';
  readonly hosts: readonly string[];
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The API that an id or slug names. Throws `not_found`. */
export async function findApi(tx: TenantTx, ref: string): Promise<ApiRow> {
  const [row] = await tx.sql<ApiRow[]>`
    select * from apis where tenant_id = ${tx.tenantUuid} and (id = ${ref} or slug = ${ref})`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/**
 * The same, locked until the end of the transaction. Every write of an API, of its versions and of its plans begins with this
 * lock, so that writes run one after another: each write computes the catalog row of the API from all of them.
 */
export async function lockApi(tx: TenantTx, ref: string): Promise<ApiRow> {
  const [row] = await tx.sql<ApiRow[]>`
    select * from apis where tenant_id = ${tx.tenantUuid} and (id = ${ref} or slug = ${ref}) for update`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** An API as its readers see it. */
export function viewApi(row: ApiRow): Output<typeof apis.get> {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    description: row.description,
    visibility: row.visibility,
    hosts: [...row.hosts],
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
