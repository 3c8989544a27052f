/** A tenant's row in the directory, how the API shows it, and how it changes. */
import { idFromUuid, type Id } from '@tulou/contract';
import { must } from '../../kernel/assert.ts';
import type { TenantTx } from '../../store/store.ts';
import type { Committed, TenantCall } from '../../operations/handler.ts';
import { publishTenant } from '../../snapshot/publish.ts';
import type { TenantsDeps } from '../deps.ts';

export interface TenantRow {
  readonly tenant_id: string;
  readonly slug: string;
  readonly name: string;
  readonly suspended_at: Date | null;
  readonly delete_at: Date | null;
  readonly members_may_try: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export interface TenantView {
  readonly id: Id<'tenant'>;
  readonly slug: string;
  readonly name: string;
  readonly state: 'active' | 'suspended' | 'deleting';
  readonly delete_at: string | null;
  readonly members_may_try: boolean;
  readonly created_at: string;
  readonly updated_at: string;
}

export function viewTenant(row: TenantRow): TenantView {
  return {
    id: idFromUuid('tenant', row.tenant_id),
    slug: row.slug,
    name: row.name,
    state: row.delete_at !== null ? 'deleting' : row.suspended_at !== null ? 'suspended' : 'active',
    delete_at: row.delete_at?.toISOString() ?? null,
    members_may_try: row.members_may_try,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/** Whether the tenant's calls, and the calls on its APIs, are served. */
export const isActive = (row: TenantRow): boolean => row.suspended_at === null && row.delete_at === null;

/** The columns that `change` sets. Throws if the state of the tenant does not allow the change. */
export type TenantChange = (
  row: TenantRow,
  now: Date,
) => Partial<Pick<TenantRow, 'name' | 'suspended_at' | 'delete_at' | 'members_may_try'>>;

/** Changes the tenant of the call. If its calls start or stop being served, the same commit updates gateways and the catalog. */
export function changeTenant(
  call: TenantCall,
  { clock, showProvider }: TenantsDeps,
  change: TenantChange,
): Promise<Committed<TenantView>> {
  return call.commit(async (tx) => {
    const before = await lockTenant(tx);
    call.expect(viewTenant(before));
    const now = new Date(clock.now());
    const row = { ...before, ...change(before, now), updated_at: now };
    await tx.sql`
      update tenants set name = ${row.name}, suspended_at = ${row.suspended_at}, delete_at = ${row.delete_at},
        members_may_try = ${row.members_may_try}, updated_at = ${row.updated_at}
      where tenant_id = ${tx.tenantUuid}`;
    if (isActive(row) !== isActive(before)) {
      await showProvider(tx, isActive(row));
      publishTenant(tx, { tenantUuid: tx.tenantUuid, slug: row.slug, active: isActive(row) });
    }
    const after = viewTenant(row);
    return { output: after, target: after.id, before: viewTenant(before), after };
  });
}

async function lockTenant(tx: TenantTx): Promise<TenantRow> {
  const [row] = await tx.sql<TenantRow[]>`select * from tenants where tenant_id = ${tx.tenantUuid} for update`;
  return must(row, 'a door was opened to this tenant, so it is in the directory');
}
