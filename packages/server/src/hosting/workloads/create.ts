import { limits, Problem } from '@tulou/contract';
import type { services } from '@tulou/contract/operations/services';
import { newId } from '../../kernel/random.ts';
import type { Handler } from '../../operations/handler.ts';
import { holdQuota } from '../../operations/quota.ts';
import { findService, viewService } from './service.ts';

export const createService: Handler<typeof services.create> = (scope, { body }, deps, call) =>
  call.commit(async (tx) => {
    const counted = tx.sql`select 1 from services where tenant_id = ${scope.tenantUuid}`;
    const held = holdQuota(tx, counted, limits.servicesPerTenantMax, 'services of this tenant');
    const id = newId('service', deps.clock, deps.random);
    const now = new Date(deps.clock.now());
    const inserting = tx.sql<{ id: string }[]>`
      insert into services (tenant_id, id, slug, name, isolation, created_at, updated_at)
      values (${scope.tenantUuid}, ${id}, ${body.slug}, ${body.name ?? body.slug}, ${body.isolation}, ${now}, ${now})
      on conflict (tenant_id, slug) do nothing returning id`;
    const [, [row]] = await Promise.all([held, inserting]);
    if (row === undefined) throw new Problem('conflict', { detail: `There is a service \`${body.slug}\` already.` });
    const after = viewService(await findService(tx, id));
    return { output: after, target: id, before: null, after };
  });
