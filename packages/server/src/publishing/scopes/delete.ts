import type { scopes } from '@tulou/contract/operations/scopes';
import { lockApi } from '../apis/api.ts';
import type { Handler } from '../../operations/handler.ts';
import { ownSlug } from '../../operations/directory.ts';
import { findScope, viewScope } from '../scope.ts';
import { tellScopes } from './tell.ts';

/** Apps that declare the scope and installations that grant it stay unchanged: a scope that no API defines has no effect. */
export const deleteScope: Handler<typeof scopes.delete> = (scope, { params }, deps, call) =>
  call.commit(async (tx) => {
    const api = await lockApi(tx, params.api);
    const row = await findScope(tx, api, params.scope);
    const before = viewScope(await ownSlug(tx), api, row);
    call.expect(before);
    const now = new Date(deps.clock.now());
    await tx.sql`
      update scopes set deleted_at = ${now}, updated_at = ${now}
      where tenant_id = ${scope.tenantUuid} and api_id = ${api.id} and name = ${row.name}`;
    await tellScopes(tx, api, now);
    return { output: undefined, target: row.name, before, after: null };
  });
