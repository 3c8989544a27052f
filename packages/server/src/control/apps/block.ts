/** The kill switch. An operator acts in the developer's tenant, whose audit trail says so and why. */
import { Problem } from '@tulou/contract';
import type { apps } from '@tulou/contract/operations/apps';
import { must } from '../../kernel/assert.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { TenantTx } from '../../store/store.ts';
import type { Handler, Written } from '../call/handler.ts';
import { appChange } from '../snapshot/compile.ts';
import { publish } from '../snapshot/publish.ts';
import { lockApp, viewApp, type AppRow } from './app.ts';

export const blockApp: Handler<typeof apps.block> = (_scope, { params }, { clock }, call) =>
  call.commit((tx) => move(tx, params.app, 'blocked', clock));

/** To what it was before nobody knows whether it should go back: its tenant, or the operator, sets it active. */
export const unblockApp: Handler<typeof apps.unblock> = (_scope, { params }, { clock }, call) =>
  call.commit((tx) => move(tx, params.app, 'suspended', clock));

async function move(
  tx: TenantTx,
  ref: string,
  to: 'blocked' | 'suspended',
  clock: Clock,
): Promise<Written<ReturnType<typeof viewApp>>> {
  const before = await lockApp(tx, ref);
  if ((before.state === 'blocked') === (to === 'blocked'))
    throw new Problem('state_conflict', { detail: `The app is \`${before.state}\`.` });
  const [row] = await tx.sql<AppRow[]>`
    update apps set state = ${to}, updated_at = ${new Date(clock.now())}
    where tenant_id = ${tx.tenantUuid} and id = ${before.id} returning *`;
  const after = must(row, 'a locked row is there');
  publish(tx, [appChange(tx.scope, after)]);
  return { output: viewApp(after), target: after.id, before: viewApp(before), after: viewApp(after) };
}
