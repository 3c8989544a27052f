import { Problem } from '@tulou/contract';
import type { members } from '@tulou/contract/operations/members';
import type { Handler } from '../../operations/handler.ts';
import type { TenantsDeps } from '../deps.ts';
import { holdRank, lockMember, viewMember } from './member.ts';

/** Sends the invitation again. */
export const inviteMember: Handler<typeof members.invite, TenantsDeps> = (scope, { params }, deps, call) =>
  call.commit(async (tx) => {
    const { member } = await lockMember(tx, params.member);
    holdRank(scope.principal, member.role);
    if (member.user_id !== null) throw new Problem('state_conflict', { detail: 'This member has joined already.' });
    await deps.inviteMember(tx, member);
    const view = viewMember(member);
    return { output: view, target: member.id, before: view, after: view };
  });
