/** The directory of tenants: from the id or slug in a path to the tenant. */
import { uuidFromId } from '@tulou/contract';
import { must } from '../kernel/assert.ts';
import type { SystemTx, TenantTx } from '../store/store.ts';

export interface DirectoryEntry {
  readonly tenantUuid: string;
  readonly slug: string;
  readonly deleting: boolean;
}

/**
 * The tenant that an id or slug names; undefined for a tenant that never existed or is deleted. The query is sent before
 * this returns: what the caller sends next may set another scope (store.withinTenant).
 */
export async function findTenant(tx: SystemTx, idOrSlug: string): Promise<DirectoryEntry | undefined> {
  const uuid = uuidFromId('tenant', idOrSlug) ?? null;
  const [row] = await tx.sql<{ tenant_id: string; slug: string; deleting: boolean }[]>`
    select tenant_id, slug, delete_at is not null as deleting from tenants
    where purged_at is null and ${uuid === null ? tx.sql`slug = ${idOrSlug}` : tx.sql`tenant_id = ${uuid}`}`.execute();
  return row && { tenantUuid: row.tenant_id, slug: row.slug, deleting: row.deleting };
}

/** The slug of the call's tenant. */
export async function ownSlug(tx: TenantTx): Promise<string> {
  const [row] = await tx.sql<{ slug: string }[]>`select slug from tenants where tenant_id = ${tx.tenantUuid}`;
  return must(row, 'a tenant in whose name a call is made is there').slug;
}
