import type { scopes } from '@tulou/contract/operations/scopes';
import { lockApi } from '../apis/api.ts';
import type { Handler } from '../../operations/handler.ts';
import { ownSlug } from '../../operations/directory.ts';
import { findScope, viewScope } from '../scope.ts';
import { tellScopes } from './tell.ts';

export const updateScope: Handler<typeof scopes.update> = (scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const api = await lockApi(tx, params.api);
    const row = await findScope(tx, api, params.scope);
    const tenantSlug = await ownSlug(tx);
    const before = viewScope(tenantSlug, api, row);
    call.expect(before);
    const { risk = row.risk, title = row.title, description = row.description } = body;
    const { data_scoped = row.data_scoped } = body;
    const now = new Date(deps.clock.now());
    await tx.sql`
      update scopes set risk = ${risk}, title = ${JSON.stringify(title)}::text::jsonb,
        description = ${JSON.stringify(description)}::text::jsonb, data_scoped = ${data_scoped}, updated_at = ${now}
      where tenant_id = ${scope.tenantUuid} and api_id = ${api.id} and name = ${row.name}`;
    await tellScopes(tx, api, now);
    const after = viewScope(tenantSlug, api, { ...row, risk, title, description, data_scoped, updated_at: now });
    return { output: after, target: row.name, before, after };
  });
