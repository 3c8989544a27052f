import type { members } from '@tulou/contract/operations/members';
import type { Handler } from '../../operations/handler.ts';
import { denyUserOf } from '../../snapshot/denials.ts';
import { holdRank, keepAnOwner, lockMember, viewMember } from './member.ts';

/** Deletes a member. The row deletes the tokens with it. */
export const deleteMember: Handler<typeof members.delete> = (scope, { params }, { clock }, call) =>
  call.commit(async (tx) => {
    const { member, isLastOwner } = await lockMember(tx, params.member);
    call.expect(viewMember(member));
    holdRank(scope.principal, member.role);
    keepAnOwner(isLastOwner);
    await tx.sql`delete from members where tenant_id = ${scope.tenantUuid} and id = ${member.id}`;
    if (member.user_id !== null) await denyUserOf(tx, member.user_id, clock.now());
    return { output: undefined, target: member.id, before: viewMember(member), after: null };
  });
