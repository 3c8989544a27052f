import { Problem } from '@tulou/contract';
import type { tenants } from '@tulou/contract/operations/tenants';
import { uuidV7 } from '../../kernel/random.ts';
import { beginAudit } from '../../operations/audit/append.ts';
import type { Handler } from '../../operations/handler.ts';
import { publishTenant } from '../../snapshot/publish.ts';
import { viewTenant, type TenantRow } from './row.ts';

/** Creates a tenant: a row in the directory and the head of its audit chain. No process or connection starts for it. */
export const createTenant: Handler<typeof tenants.create> = (_operator, { body }, { clock, random }, call) => {
  const now = new Date(clock.now());
  const tenantUuid = uuidV7(clock, random);
  return call.commit(async (tx) => {
    const [row] = await tx.sql<TenantRow[]>`
      insert into tenants (tenant_id, slug, name, created_at, updated_at)
      values (${tenantUuid}, ${body.slug}, ${body.name}, ${now}, ${now})
      on conflict (slug) do nothing
      returning *`;
    if (row === undefined) throw new Problem('conflict', { detail: 'the slug is taken' });
    await beginAudit(tx, tenantUuid);
    publishTenant(tx, { tenantUuid, slug: row.slug, active: true });
    const output = viewTenant(row);
    return { tenantUuid, output, target: output.id, before: null, after: output };
  });
};
