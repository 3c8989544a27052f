import type { members } from '@tulou/contract/operations/members';
import type { Handler } from '../../operations/handler.ts';
import { denyUserOf } from '../../snapshot/denials.ts';
import { holdRank, keepAnOwner, lockMember, viewMember } from './member.ts';

export const updateMember: Handler<typeof members.update> = (scope, { params, body }, { clock }, call) =>
  call.commit(async (tx) => {
    const { member, isLastOwner } = await lockMember(tx, params.member);
    call.expect(viewMember(member));
    const { role = member.role } = body;
    holdRank(scope.principal, member.role);
    holdRank(scope.principal, role);
    keepAnOwner(isLastOwner && role !== 'owner');
    const now = new Date(clock.now());
    await tx.sql`
      update members set role = ${role}, updated_at = ${now} where tenant_id = ${scope.tenantUuid} and id = ${member.id}`;
    if (role !== member.role && member.user_id !== null) await denyUserOf(tx, member.user_id, clock.now());
    const after = viewMember({ ...member, role, updated_at: now });
    return { output: after, target: member.id, before: viewMember(member), after };
  });
