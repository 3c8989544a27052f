/** The kill switch. An operator acts in the developer's tenant; its audit trail records the operator and the reason. */
import { Problem } from '@tulou/contract';
import type { apps } from '@tulou/contract/operations/apps';
import { must } from '../../kernel/assert.ts';
import type { TenantTx } from '../../store/store.ts';
import type { Handler, Written } from '../../operations/handler.ts';
import { emit, type EmitDeps } from '../../operations/emit.ts';
import { appChange } from '../../snapshot/compile.ts';
import { publish } from '../../snapshot/publish.ts';
import { lockApp, viewApp, type AppRow } from '../app.ts';

export const blockApp: Handler<typeof apps.block> = (_scope, { params }, deps, call) =>
  call.commit((tx) => move(tx, params.app, 'blocked', deps));

/** An unblocked app is suspended, because its earlier state may no longer be right. Its tenant or the operator sets it active. */
export const unblockApp: Handler<typeof apps.unblock> = (_scope, { params }, deps, call) =>
  call.commit((tx) => move(tx, params.app, 'suspended', deps));

async function move(
  tx: TenantTx,
  ref: string,
  to: 'blocked' | 'suspended',
  deps: EmitDeps,
): Promise<Written<ReturnType<typeof viewApp>>> {
  const before = await lockApp(tx, ref);
  if ((before.state === 'blocked') === (to === 'blocked'))
    throw new Problem('state_conflict', { detail: `The app is \`${before.state}\`.` });
  const [row] = await tx.sql<AppRow[]>`
    update apps set state = ${to}, updated_at = ${new Date(deps.clock.now())}
    where tenant_id = ${tx.tenantUuid} and id = ${before.id} returning *`;
  const after = must(row, 'a locked row is there');
  publish(tx, [appChange(tx.scope, after)]);
  const type = to === 'blocked' ? 'app.blocked' : 'app.unblocked';
  await emit(tx, tx.tenantUuid, { type, target: after.id, data: viewApp(after) }, deps);
  return { output: viewApp(after), target: after.id, before: viewApp(before), after: viewApp(after) };
}
