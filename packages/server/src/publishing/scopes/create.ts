import { limits, Problem } from '@tulou/contract';
import type { scopes } from '@tulou/contract/operations/scopes';
import { lockApi } from '../apis/api.ts';
import type { Handler } from '../../operations/handler.ts';
import { holdQuota } from '../../operations/quota.ts';
import { ownSlug } from '../../operations/directory.ts';
import { viewScope, type ScopeRow } from '../scope.ts';
import { tellScopes } from './tell.ts';

/** The name of a deleted scope stays reserved: an old grant must not give access to a newly defined scope. */
export const createScope: Handler<typeof scopes.create> = (scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const api = await lockApi(tx, params.api);
    const counted = tx.sql`select 1 from scopes where tenant_id = ${scope.tenantUuid} and api_id = ${api.id}`;
    await holdQuota(tx, counted, limits.scopesPerApiMax, 'scopes of this API, deleted ones included');
    const now = new Date(deps.clock.now());
    const [row] = await tx.sql<ScopeRow[]>`
      insert into scopes (tenant_id, api_id, name, risk, title, description, data_scoped, created_at, updated_at)
      values (${scope.tenantUuid}, ${api.id}, ${body.name}, ${body.risk}, ${JSON.stringify(body.title)}::text::jsonb,
              ${JSON.stringify(body.description)}::text::jsonb, ${body.data_scoped}, ${now}, ${now})
      on conflict do nothing returning *`;
    if (row === undefined)
      throw new Problem('conflict', { detail: `There is a scope \`${body.name}\`, or there was one.` });
    await tellScopes(tx, api, now);
    const after = viewScope(await ownSlug(tx), api, row);
    return { output: after, target: row.name, before: null, after };
  });
