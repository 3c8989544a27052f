import { limits, Problem } from '@tulou/contract';
import type { apis } from '@tulou/contract/operations/apis';
import { newId } from '../../kernel/random.ts';
import type { Handler } from '../../operations/handler.ts';
import { refreshCatalog } from '../catalog/refresh.ts';
import { holdQuota } from '../../operations/quota.ts';
import { apiChange } from '../../snapshot/compile.ts';
import { publish } from '../../snapshot/publish.ts';
import { viewApi, type ApiRow } from './api.ts';
import { claimHosts } from '../../store/hosts.ts';

export const createApi: Handler<typeof apis.create> = (scope, { body }, deps, call) =>
  call.commit(async (tx) => {
    const counted = tx.sql`select 1 from apis where tenant_id = ${scope.tenantUuid}`;
    const held = holdQuota(tx, counted, limits.apisPerTenantMax, 'APIs of this tenant');
    const id = newId('api', deps.clock, deps.random);
    const now = new Date(deps.clock.now());
    const inserting = tx.sql<ApiRow[]>`
      insert into apis (tenant_id, id, slug, name, description, visibility, hosts, created_at, updated_at)
      values (${scope.tenantUuid}, ${id}, ${body.slug}, ${body.name}, ${body.description}, ${body.visibility},
              ${body.hosts}::text[], ${now}, ${now})
      on conflict (tenant_id, slug) do nothing returning *`;
    const [, [row]] = await Promise.all([held, inserting]);
    if (row === undefined) throw new Problem('conflict', { detail: `There is an API \`${body.slug}\` already.` });
    if (body.hosts.length > 0) await claimHosts(tx, id, body.hosts, deps);
    await refreshCatalog(tx, id, now);
    publish(tx, [apiChange(scope, row, [])]);
    const after = viewApi(row);
    return { output: after, target: id, before: null, after };
  });
