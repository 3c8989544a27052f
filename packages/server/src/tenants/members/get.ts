import { Problem } from '@tulou/contract';
import type { members } from '@tulou/contract/operations/members';
import type { Handler } from '../../operations/handler.ts';
import { viewMember, type MemberRow } from './member.ts';

export const getMember: Handler<typeof members.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => {
    const [row] = await tx.sql<MemberRow[]>`
      select * from members where tenant_id = ${scope.tenantUuid} and id = ${params.member}`;
    if (row === undefined) throw new Problem('not_found');
    return viewMember(row);
  });
