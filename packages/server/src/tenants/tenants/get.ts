import type { tenants } from '@tulou/contract/operations/tenants';
import { must } from '../../kernel/assert.ts';
import type { Handler } from '../../operations/handler.ts';
import { viewTenant, type TenantRow } from './row.ts';

export const getTenant: Handler<typeof tenants.get> = (scope, _input, { store }) =>
  store.tenant(scope, async (tx) => {
    const [row] = await tx.sql<TenantRow[]>`select * from tenants where tenant_id = ${tx.tenantUuid}`;
    return viewTenant(must(row, 'a door was opened to this tenant, so it is in the directory'));
  });
