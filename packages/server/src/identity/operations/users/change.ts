/** Enables, disables, recovers or deletes an end user. */
import { Problem } from '@tulou/contract';
import type { users } from '@tulou/contract/operations/users';
import type { TenantTx } from '../../../store/store.ts';
import type { Handler } from '../../../operations/handler.ts';
import { signOutEverywhere } from '../../people/sign-out.ts';
import { removeFactors } from '../people/factors.ts';
import { findUser, viewUser } from './user.ts';
import type { IdentityDeps } from '../../deps.ts';

export const disableUser: Handler<typeof users.disable> = (_scope, { params }, deps, call) =>
  call.commit(async (tx) => {
    const row = await findUser(tx, params.user, true);
    if (row.disabled_at !== null) throw new Problem('state_conflict', { detail: 'This user is disabled already.' });
    const now = new Date(deps.clock.now());
    await tx.sql`
      update users set disabled_at = ${now}, updated_at = ${now} where tenant_id = ${tx.tenantUuid} and id = ${row.id}`;
    await signOut(tx, row.id, deps);
    const after = viewUser({ ...row, disabled_at: now, updated_at: now });
    return { output: after, target: row.id, before: viewUser(row), after };
  });

export const enableUser: Handler<typeof users.enable> = (_scope, { params }, deps, call) =>
  call.commit(async (tx) => {
    const row = await findUser(tx, params.user, true);
    if (row.disabled_at === null) throw new Problem('state_conflict', { detail: 'This user is not disabled.' });
    const now = new Date(deps.clock.now());
    await tx.sql`
      update users set disabled_at = null, updated_at = ${now} where tenant_id = ${tx.tenantUuid} and id = ${row.id}`;
    const after = viewUser({ ...row, disabled_at: null, updated_at: now });
    return { output: after, target: row.id, before: viewUser(row), after };
  });

export const recoverUser: Handler<typeof users.recover> = (_scope, { params }, deps, call) =>
  call.commit(async (tx) => {
    const row = await findUser(tx, params.user, true);
    const { tenantUuid } = tx;
    await removeFactors(tx, { tenantUuid, user: row.id });
    await signOut(tx, row.id, deps);
    const same = viewUser(row);
    return { output: same, target: row.id, before: same, after: same };
  });

export const deleteUser: Handler<typeof users.delete> = (_scope, { params }, deps, call) =>
  call.commit(async (tx) => {
    const row = await findUser(tx, params.user, true);
    const before = viewUser(row);
    call.expect(before);
    await tx.sql`delete from users where tenant_id = ${tx.tenantUuid} and id = ${row.id}`;
    await signOut(tx, row.id, deps);
    return { output: undefined, target: row.id, before, after: null };
  });

/** Takes effect with the commit on sessions, refresh tokens and access tokens. */
function signOut(tx: TenantTx, user: string, { clock }: Pick<IdentityDeps, 'clock'>): Promise<void> {
  return signOutEverywhere(tx, { tenantUuid: tx.tenantUuid, users: [user] }, clock);
}
