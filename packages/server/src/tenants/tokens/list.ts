import type { tokens } from '@tulou/contract/operations/tokens';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { onlyOf, viewToken, type TokenRow } from './token.ts';

export const listTokens: Handler<typeof tokens.list> = (scope, { query }, { store }) =>
  store.tenant(scope, async ({ sql }) => {
    const place = placeOf(query.cursor, idPlace) ?? '';
    const own = onlyOf(scope.principal);
    const rows = await sql<TokenRow[]>`
      select id, member, name, role, expires_at, revoked_at, created_at from tokens
      where tenant_id = ${scope.tenantUuid} and id > ${place}
        ${own === undefined ? sql`` : sql`and member = ${own}`}
        ${query.member === undefined ? sql`` : sql`and member = ${query.member}`}
      order by id limit ${query.limit + 1}`;
    return pageOf(rows, query.limit, viewToken, (row) => row.id);
  });
