/** The decisions of an admin about the request of a member, one line each. */
import { Problem } from '@tulou/contract';
import type { approvals } from '@tulou/contract/operations/approvals';
import { must } from '../../kernel/assert.ts';
import type { TenantTx } from '../../store/store.ts';
import { actorOf } from '../../tenancy/principal.ts';
import type { Handler, Written } from '../../operations/handler.ts';
import { emit } from '../../operations/emit.ts';
import { denyUserOf } from '../../snapshot/denials.ts';
import type { AppsDeps } from '../deps.ts';
import { mailDecision } from './notices.ts';
import { findApproval, viewApproval, type ApprovalRow } from './approval.ts';

type View = ReturnType<typeof viewApproval>;

export const approveApproval: Handler<typeof approvals.approve, AppsDeps> = (_scope, { params }, deps, call) =>
  call.commit((tx) => decide(tx, params.approval, 'approved', deps));
export const rejectApproval: Handler<typeof approvals.reject, AppsDeps> = (_scope, { params }, deps, call) =>
  call.commit((tx) => decide(tx, params.approval, 'rejected', deps));

export const deleteApproval: Handler<typeof approvals.delete> = (scope, { params }, { clock }, call) =>
  call.commit(async (tx) => {
    const row = await findApproval(tx, params.approval, 'lock');
    const before = viewApproval(row);
    call.expect(before);
    await tx.sql`delete from approvals where tenant_id = ${scope.tenantUuid} and id = ${row.id}`;
    const [member] = await tx.sql<{ user: string | null }[]>`
      select user_id as user from members where tenant_id = ${scope.tenantUuid} and id = ${row.member}`;
    const user = member?.user ?? null;
    if (row.state === 'approved' && user !== null) await denyUserOf(tx, user, clock.now());
    return { output: undefined, target: row.id, before, after: null };
  });

async function decide(
  tx: TenantTx,
  id: string,
  state: 'approved' | 'rejected',
  deps: AppsDeps,
): Promise<Written<View>> {
  const row = await findApproval(tx, id, 'lock');
  if (row.state !== 'open') throw new Problem('state_conflict', { detail: `The approval is \`${row.state}\`.` });
  if (state === 'approved') await holdGranted(tx, row);
  const [decided] = await tx.sql<ApprovalRow[]>`
    update approvals set state = ${state}, decided_by = ${actorOf(tx.scope.principal)},
      updated_at = ${new Date(deps.clock.now())}
    where tenant_id = ${tx.tenantUuid} and id = ${row.id} returning *`;
  const written = must(decided, 'a locked row is there');
  const after = viewApproval(written);
  await emit(tx, tx.tenantUuid, { type: `approval.${state}`, target: row.id, data: after }, deps);
  await mailDecision(tx, written, state, deps);
  return { output: after, target: row.id, before: viewApproval(row), after };
}

/** A member cannot be allowed more than the tenant has granted the app. */
async function holdGranted(tx: TenantTx, { app_id, scopes }: ApprovalRow): Promise<void> {
  const [row] = await tx.sql<{ scopes: readonly string[] }[]>`
    select scopes from installations
    where tenant_id = ${tx.tenantUuid} and app_id = ${app_id} and state <> 'revoked' and not trial for share`;
  if (row === undefined) throw new Problem('state_conflict', { detail: 'No admin has installed the app yet.' });
  const rest = scopes.filter((scope) => !row.scopes.includes(scope));
  if (rest.length > 0)
    throw new Problem('state_conflict', { detail: `The installation does not grant ${rest.join(' ')} yet.` });
}
