/** Rows of services. */
import { Problem, type Id, type Output } from '@tulou/contract';
import type { IsolationLevel } from '@tulou/contract/hosting';
import type { services } from '@tulou/contract/operations/services';
import type { TenantTx } from '../../store/store.ts';

export interface ServiceRow {
  readonly id: Id<'service'>;
  readonly slug: string;
  readonly name: string;
  readonly isolation: IsolationLevel;
  readonly tenant_slug: string;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The service that an id or slug names. Throws `not_found`. */
export async function findService(tx: TenantTx, ref: string): Promise<ServiceRow> {
  const [row] = await tx.sql<ServiceRow[]>`
    select s.*, t.slug as tenant_slug from services s join tenants t on t.tenant_id = s.tenant_id
    where s.tenant_id = ${tx.tenantUuid} and (s.id = ${ref} or s.slug = ${ref})`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** The same, locked until the end of the transaction: writes of a service, its revisions and releases follow one another. */
export async function lockService(tx: TenantTx, ref: string): Promise<ServiceRow> {
  const [row] = await tx.sql<ServiceRow[]>`
    select s.*, t.slug as tenant_slug from services s join tenants t on t.tenant_id = s.tenant_id
    where s.tenant_id = ${tx.tenantUuid} and (s.id = ${ref} or s.slug = ${ref}) for update of s`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** A service as its readers see it. */
export function viewService(row: ServiceRow): Output<typeof services.get> {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    isolation: row.isolation,
    address: `http://${row.slug}.${row.tenant_slug}.internal`,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
