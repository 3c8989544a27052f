/** How much memory the services of a tenant may ask of hosts. */
import { limits, Problem } from '@tulou/contract';
import type { TenantTx } from '../../store/store.ts';

/** Throws `quota_exceeded` where all instances of the current releases could take more than the tenant may have. */
export async function holdMemory({ sql, tenantUuid }: TenantTx): Promise<void> {
  const [row] = await sql<{ memory_mb: number }[]>`
    select coalesce(sum((r.limits ->> 'memory_mb')::bigint * (r.instances ->> 'max')::bigint), 0)::bigint as memory_mb
    from releases l
      cross join lateral jsonb_to_recordset(l.weights) as w (revision text)
      join revisions r on r.tenant_id = l.tenant_id and r.id = w.revision
    where l.tenant_id = ${tenantUuid} and l.current`;
  const asked = row?.memory_mb ?? 0;
  const most = limits.serviceMemoryMbPerTenantMax;
  if (asked <= most) return;
  throw new Problem('quota_exceeded', {
    detail: `With this release all instances of the tenant could take ${asked} MB; it may have ${most} MB. Lower \`memory_mb\` or \`instances.max\` of revisions, or delete releases.`,
  });
}
