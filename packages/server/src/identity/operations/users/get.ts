import type { users } from '@tulou/contract/operations/users';
import { idPlace, pageOf, placeOf } from '../../../operations/cursor.ts';
import type { Handler } from '../../../operations/handler.ts';
import { findUser, userColumns, viewUser, type UserRow } from './user.ts';

export const getUser: Handler<typeof users.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => viewUser(await findUser(tx, params.user)));

export const listUsers: Handler<typeof users.list> = (scope, { query }, { store }) =>
  store.tenant(scope, async (tx) => {
    const place = placeOf(query.cursor, idPlace) ?? '';
    const begin = query.search?.trim().toLowerCase() ?? '';
    const rows = await tx.sql<UserRow[]>`
      select ${userColumns(tx)} from users
      where tenant_id = ${scope.tenantUuid} and id > ${place} and starts_with(email, ${begin})
      order by id limit ${query.limit + 1}`;
    return pageOf(rows, query.limit, viewUser, (row) => row.id);
  });
