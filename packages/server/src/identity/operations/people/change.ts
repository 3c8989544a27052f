/** A person is kept out, or let in again. */
import { idFromUuid, limits, Problem } from '@tulou/contract';
import type { people } from '@tulou/contract/operations/people';
import type { Clock } from '../../../kernel/clock.ts';
import type { SystemTx } from '../../../store/store.ts';
import type { Handler } from '../../../operations/handler.ts';
import { nilTenantUuid } from '../../../operations/idempotency.ts';
import { present, publish } from '../../../snapshot/publish.ts';
import { removeFactors } from './factors.ts';
import { lockPerson, viewPerson, type PersonRow } from './person.ts';

/** Clocks of nodes may differ by this much. */
const skewSeconds = 60;

export const disablePerson: Handler<typeof people.disable> = (_principal, { params }, { clock }, call) =>
  call.commit(async (tx) => {
    const row = await lockPerson(tx, params.person);
    if (row.disabled_at !== null) throw new Problem('state_conflict', { detail: 'This person is disabled already.' });
    const after = await change(tx, row, clock, new Date(clock.now()));
    await signOut(tx, row.id, clock);
    return { tenantUuid: null, output: after, target: row.id, before: viewPerson(row), after };
  });

export const enablePerson: Handler<typeof people.enable> = (_principal, { params }, { clock }, call) =>
  call.commit(async (tx) => {
    const row = await lockPerson(tx, params.person);
    if (row.disabled_at === null) throw new Problem('state_conflict', { detail: 'This person is not disabled.' });
    const after = await change(tx, row, clock, null);
    return { tenantUuid: null, output: after, target: row.id, before: viewPerson(row), after };
  });

export const recoverPerson: Handler<typeof people.recover> = (_principal, { params }, { clock }, call) =>
  call.commit(async (tx) => {
    const row = await lockPerson(tx, params.person);
    await removeFactors(tx, { tenantUuid: nilTenantUuid, user: row.id });
    await signOut(tx, row.id, clock);
    const same = viewPerson(row);
    return { tenantUuid: null, output: same, target: row.id, before: same, after: same };
  });

async function change({ sql }: SystemTx, row: PersonRow, clock: Clock, disabledAt: Date | null) {
  const now = new Date(clock.now());
  await sql`
    update users set disabled_at = ${disabledAt}, updated_at = ${now}
    where tenant_id = ${nilTenantUuid} and id = ${row.id}`;
  return viewPerson({ ...row, disabled_at: disabledAt, updated_at: now });
}

/** Nothing that the person holds is good any more: sessions, refresh tokens, and with the commit their access tokens. */
async function signOut(tx: SystemTx, user: string, clock: Clock): Promise<void> {
  const now = Math.floor(clock.now() / 1000);
  // In one order, so that two at once wait for each other instead of deadlocking.
  await tx.sql`
    with own as (
      select kind, id_hash from identity_artifacts where tenant_id = ${nilTenantUuid} and account = ${user}
      order by kind, id_hash for update
    )
    delete from identity_artifacts a using own o
    where a.tenant_id = ${nilTenantUuid} and a.kind = o.kind and a.id_hash = o.id_hash`;
  await tx.sql`delete from sign_ins where tenant_id = ${nilTenantUuid} and user_id = ${user}`;
  const until = now + limits.accessTokenSecondsMax + skewSeconds;
  const tenant = idFromUuid('tenant', nilTenantUuid);
  publish(tx, [present({ kind: 'denial', key: `user:${user}`, tenant, before: now + 1, until })]);
}
