import type { subscriptions } from '@tulou/contract/operations/subscriptions';
import type { Handler } from '../../operations/handler.ts';
import { lockPair, writeState } from './crossing.ts';
import { stateAfter } from './state.ts';
import { findSubscription, viewSubscription } from './subscription.ts';

export const deleteSubscription: Handler<typeof subscriptions.delete> = (scope, { params }, deps, call) =>
  call.commit(async (tx) => {
    const { provider } = await findSubscription(tx, params.subscription);
    const pair = { id: params.subscription, developer: scope.tenantUuid, provider };
    await lockPair(tx, pair);
    const before = await findSubscription(tx, params.subscription);
    call.expect(viewSubscription(before));
    await writeState(tx, pair, stateAfter('end', before.state), new Date(deps.clock.now()));
    const after = viewSubscription(await findSubscription(tx, before.id));
    return { output: undefined, target: before.id, before: viewSubscription(before), after };
  });
