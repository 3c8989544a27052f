/** A tenant's row in the directory, and how the API shows it. */
import { idFromUuid, type Id } from '@tulou/contract';
import { must } from '../../kernel/assert.ts';
import type { TenantTx } from '../../store/store.ts';

export interface TenantRow {
  readonly tenant_id: string;
  readonly slug: string;
  readonly name: string;
  readonly suspended_at: Date | null;
  readonly delete_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export interface TenantView {
  readonly id: Id<'tenant'>;
  readonly slug: string;
  readonly name: string;
  readonly state: 'active' | 'suspended' | 'deleting';
  readonly delete_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

export function presentTenant(row: TenantRow): TenantView {
  return {
    id: idFromUuid('tenant', row.tenant_id),
    slug: row.slug,
    name: row.name,
    state: row.delete_at !== null ? 'deleting' : row.suspended_at !== null ? 'suspended' : 'active',
    delete_at: row.delete_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/** The transaction's own tenant, locked until its end. */
export async function lockTenant(tx: TenantTx): Promise<TenantRow> {
  const [row] = await tx.sql<TenantRow[]>`select * from tenants where tenant_id = ${tx.tenantUuid} for update`;
  return must(row, 'a door was opened to this tenant, so it is in the directory');
}

/** Writes what of the row can change. */
export async function saveTenant(tx: TenantTx, row: TenantRow): Promise<void> {
  await tx.sql`
    update tenants set name = ${row.name}, suspended_at = ${row.suspended_at}, delete_at = ${row.delete_at},
      updated_at = ${row.updated_at}
    where tenant_id = ${tx.tenantUuid}`;
}
