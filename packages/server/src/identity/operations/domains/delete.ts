import { isWithin, Problem } from '@tulou/contract';
import type { domains } from '@tulou/contract/operations/domains';
import type { Handler } from '../../../operations/handler.ts';
import type { TenantTx } from '../../../store/store.ts';
import { crossing } from '../../system-wide.ts';
import { releaseDomain } from '../../domains/owners.ts';
import { lockDomain, viewDomain } from './domain.ts';

export const deleteDomain: Handler<typeof domains.delete> = (scope, { params }, { clock }, call) =>
  call.commit(async (tx) => {
    const row = await lockDomain(tx, params.domain);
    const before = viewDomain(row);
    call.expect(before);
    const { tenantUuid } = scope;
    if (row.state === 'verified') await holdUnused(tx, row.host);
    await tx.sql`delete from domains where tenant_id = ${tenantUuid} and id = ${row.id}`;
    await crossing(tx, 'domains', (all) => releaseDomain(all, { host: row.host, tenantUuid }, new Date(clock.now())));
    return { output: undefined, target: row.id, before, after: null };
  });

/** Throws `in_use` while a host name or a mail domain of the tenant rests on it. */
async function holdUnused({ sql, tenantUuid }: TenantTx, domain: string): Promise<void> {
  const rows = await sql<{ name: string }[]>`
    select host as name from hosts where tenant = ${tenantUuid}
    union all
    select unnest(domains) from connections where tenant_id = ${tenantUuid}`;
  const used = rows.filter(({ name }) => isWithin(name, domain)).map(({ name }) => name);
  if (used.length > 0)
    throw new Problem('in_use', { detail: `In use within ${domain}: ${used.slice(0, 10).join(', ')}.` });
}
