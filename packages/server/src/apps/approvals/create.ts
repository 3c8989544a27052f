import { limits, Problem } from '@tulou/contract';
import type { approvals } from '@tulou/contract/operations/approvals';
import { newId } from '../../kernel/random.ts';
import type { TenantTx } from '../../store/store.ts';
import { roleContains } from '../../tenancy/access.ts';
import type { Principal } from '../../tenancy/principal.ts';
import type { Handler } from '../../operations/handler.ts';
import { emit } from '../../operations/emit.ts';
import { holdApp } from '../installations/crossing.ts';
import { holdWithin } from '../installations/state.ts';
import { holdQuota } from '../../operations/quota.ts';
import type { AppsDeps } from '../deps.ts';
import { mailRequest } from './notices.ts';
import { viewApproval, type ApprovalRow } from './approval.ts';

/** A member has one open request for an app. A member who needs more scopes waits for the decision, or asks the admin directly. */
export const createApproval: Handler<typeof approvals.create, AppsDeps> = (scope, { body }, deps, call) =>
  call.commit(async (tx) => {
    const member = await holdMember(tx, scope.principal, body.member);
    const app = await holdApp(tx, body.app);
    if (app.state !== 'active') throw new Problem('state_conflict', { detail: 'The app is suspended.' });
    holdWithin(app, body.scopes);
    const scopes = [...new Set(body.scopes.length === 0 ? app.scopes : body.scopes)];
    const counted = tx.sql`select 1 from approvals where tenant_id = ${tx.tenantUuid} and member = ${member}`;
    await holdQuota(tx, counted, limits.approvalsPerMemberMax, 'approvals of this member');
    const now = new Date(deps.clock.now());
    const [row] = await tx.sql<ApprovalRow[]>`
      insert into approvals (tenant_id, id, member, developer, app_id, app, app_name, scopes, state, created_at, updated_at)
      values (${tx.tenantUuid}, ${newId('approval', deps.clock, deps.random)}, ${member}, ${app.developer}, ${app.id},
              ${`${app.developer_slug}/${app.slug}`}, ${app.name}, ${scopes}::text[], 'open', ${now}, ${now})
      on conflict do nothing returning *`;
    if (row === undefined) throw new Problem('conflict', { detail: 'An admin has been asked for this app already.' });
    const after = viewApproval(row);
    await emit(tx, tx.tenantUuid, { type: 'approval.created', target: row.id, data: after }, deps);
    await mailRequest(tx, row, deps);
    return { output: after, target: row.id, before: null, after };
  });

/** Members request for themselves. An admin may request for another member. */
async function holdMember(tx: TenantTx, principal: Principal, named: string | undefined): Promise<string> {
  const own = principal.kind === 'member' ? principal.member : undefined;
  const id = named ?? own;
  if (id === undefined)
    throw new Problem('invalid_request', { violations: [{ pointer: '/member', message: 'name the member' }] });
  const mayName = principal.kind !== 'member' || roleContains(principal.role, 'admin');
  const [row] = await tx.sql`select from members where tenant_id = ${tx.tenantUuid} and id = ${id} for share`;
  if (row === undefined || (id !== own && !mayName)) throw new Problem('not_found');
  return id;
}
