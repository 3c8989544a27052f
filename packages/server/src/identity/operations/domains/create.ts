import { limits, Problem } from '@tulou/contract';
import type { domains } from '@tulou/contract/operations/domains';
import { newId } from '../../../kernel/random.ts';
import type { Handler } from '../../../operations/handler.ts';
import { holdQuota } from '../../../operations/quota.ts';
import { refusePlatform } from '../../../store/hosts.ts';
import { viewDomain, type DomainRow } from './domain.ts';

/** A pending domain reserves nothing: any number of tenants may try to verify the same one. */
export const createDomain: Handler<typeof domains.create> = (scope, { body }, deps, call) => {
  refusePlatform([body.host], deps);
  return call.commit(async (tx) => {
    const counted = tx.sql`select 1 from domains where tenant_id = ${scope.tenantUuid}`;
    await holdQuota(tx, counted, limits.domainsPerTenantMax, 'domains of this tenant');
    const now = new Date(deps.clock.now());
    const challenge = Buffer.from(deps.random.bytes(24)).toString('base64url');
    const [row] = await tx.sql<DomainRow[]>`
      insert into domains (tenant_id, id, host, challenge, state, created_at, updated_at)
      values (${scope.tenantUuid}, ${newId('domain', deps.clock, deps.random)}, ${body.host}, ${challenge}, 'pending',
              ${now}, ${now})
      on conflict (tenant_id, host) do nothing returning *`;
    if (row === undefined)
      throw new Problem('conflict', { detail: `This tenant has the domain ${body.host} already.` });
    const after = viewDomain(row);
    return { output: after, target: row.id, before: null, after };
  });
};
