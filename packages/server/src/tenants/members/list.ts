import type { members } from '@tulou/contract/operations/members';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { viewMember, type MemberRow } from './member.ts';

export const listMembers: Handler<typeof members.list> = (scope, { query }, { store }) =>
  store.tenant(scope, async (tx) => {
    const place = placeOf(query.cursor, idPlace) ?? '';
    const rows = await tx.sql<MemberRow[]>`
      select * from members where tenant_id = ${scope.tenantUuid} and id > ${place} order by id limit ${query.limit + 1}`;
    return pageOf(rows, query.limit, viewMember, (row) => row.id);
  });
