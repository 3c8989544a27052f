import { limits, Problem } from '@tulou/contract';
import type { members } from '@tulou/contract/operations/members';
import { newId } from '../../kernel/random.ts';
import type { Handler } from '../../operations/handler.ts';
import { holdQuota } from '../../operations/quota.ts';
import type { TenantsDeps } from '../deps.ts';
import { holdRank, viewMember, type MemberRow } from './member.ts';

export const createMember: Handler<typeof members.create, TenantsDeps> = (scope, { body }, deps, call) => {
  const { clock, random } = deps;
  holdRank(scope.principal, body.role);
  return call.commit(async (tx) => {
    const counted = tx.sql`select 1 from members where tenant_id = ${scope.tenantUuid}`;
    await holdQuota(tx, counted, limits.membersPerTenantMax, 'members of this tenant');
    const now = new Date(clock.now());
    const [row] = await tx.sql<MemberRow[]>`
      insert into members (tenant_id, id, email, role, created_at, updated_at)
      values (${scope.tenantUuid}, ${newId('member', clock, random)}, ${body.email}, ${body.role}, ${now}, ${now})
      on conflict (tenant_id, email) do nothing returning *`;
    if (row === undefined) throw new Problem('conflict', { detail: 'this tenant has a member of this email' });
    await deps.inviteMember(tx, row);
    const after = viewMember(row);
    return { output: after, target: after.id, before: null, after };
  });
};
