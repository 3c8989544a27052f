/** Disables, enables and recovers a person. */
import { Problem } from '@tulou/contract';
import type { people } from '@tulou/contract/operations/people';
import type { Clock } from '../../../kernel/clock.ts';
import type { TenantTx } from '../../../store/store.ts';
import type { Handler } from '../../../operations/handler.ts';
import { signOutEverywhere } from '../../people/sign-out.ts';
import { platform, withinIssuer } from '../../scopes.ts';
import { removeFactors } from './factors.ts';
import { lockPerson, viewPerson, type PersonRow } from './person.ts';
import { nilTenant } from '../../../tenancy/nil-tenant.ts';

export const disablePerson: Handler<typeof people.disable> = (_principal, { params }, { clock }, call) =>
  call.commit((all) =>
    withinIssuer(all, platform, async (tx) => {
      const row = await lockPerson(tx, params.person);
      if (row.disabled_at !== null) throw new Problem('state_conflict', { detail: 'This person is disabled already.' });
      const after = await change(tx, row, clock, new Date(clock.now()));
      await signOutEverywhere(tx, { tenantUuid: nilTenant, users: [row.id] }, clock);
      return { tenantUuid: null, output: after, target: row.id, before: viewPerson(row), after };
    }),
  );

export const enablePerson: Handler<typeof people.enable> = (_principal, { params }, { clock }, call) =>
  call.commit((all) =>
    withinIssuer(all, platform, async (tx) => {
      const row = await lockPerson(tx, params.person);
      if (row.disabled_at === null) throw new Problem('state_conflict', { detail: 'This person is not disabled.' });
      const after = await change(tx, row, clock, null);
      return { tenantUuid: null, output: after, target: row.id, before: viewPerson(row), after };
    }),
  );

export const recoverPerson: Handler<typeof people.recover> = (_principal, { params }, { clock }, call) =>
  call.commit((all) =>
    withinIssuer(all, platform, async (tx) => {
      const row = await lockPerson(tx, params.person);
      await removeFactors(tx, { tenantUuid: nilTenant, user: row.id });
      await signOutEverywhere(tx, { tenantUuid: nilTenant, users: [row.id] }, clock);
      const same = viewPerson(row);
      return { tenantUuid: null, output: same, target: row.id, before: same, after: same };
    }),
  );

async function change({ sql }: TenantTx, row: PersonRow, clock: Clock, disabledAt: Date | null) {
  const now = new Date(clock.now());
  await sql`
    update users set disabled_at = ${disabledAt}, updated_at = ${now}
    where tenant_id = ${nilTenant} and id = ${row.id}`;
  return viewPerson({ ...row, disabled_at: disabledAt, updated_at: now });
}
