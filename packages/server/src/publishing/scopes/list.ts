import type { scopes } from '@tulou/contract/operations/scopes';
import { findApi } from '../apis/api.ts';
import { pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { ownSlug } from '../../operations/directory.ts';
import { viewScope, type ScopeRow } from '../scope.ts';

const namePlace = /^[A-Za-z0-9._:-]+$/;

export const listScopes: Handler<typeof scopes.list> = (scope, { params, query }, { store }) =>
  store.tenant(scope, async (tx) => {
    const api = await findApi(tx, params.api);
    const place = placeOf(query.cursor, namePlace) ?? '';
    const rows = await tx.sql<ScopeRow[]>`
      select * from scopes
      where tenant_id = ${scope.tenantUuid} and api_id = ${api.id} and deleted_at is null and name > ${place}
      order by name limit ${query.limit + 1}`;
    const tenantSlug = await ownSlug(tx);
    return pageOf(
      rows,
      query.limit,
      (row) => viewScope(tenantSlug, api, row),
      (row) => row.name,
    );
  });
