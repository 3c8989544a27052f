import { Problem } from '@tulou/contract';
import type { subscriptions } from '@tulou/contract/operations/subscriptions';
import type { Handler } from '../../operations/handler.ts';
import { findEntry } from '../catalog/entry.ts';
import { ownSlug } from '../../operations/directory.ts';
import type { PublishingDeps } from '../deps.ts';
import { mailRequest } from './notices.ts';
import { lockPair, writePlan } from './crossing.ts';
import { stateOnPlan } from './state.ts';
import { findSubscription, viewSubscription } from './subscription.ts';

export const updateSubscription: Handler<typeof subscriptions.update, PublishingDeps> = (
  scope,
  { params, body },
  deps,
  call,
) =>
  call.commit(async (tx) => {
    const { provider } = await findSubscription(tx, params.subscription);
    const pair = { id: params.subscription, developer: scope.tenantUuid, provider };
    await lockPair(tx, pair);
    const before = await findSubscription(tx, params.subscription);
    call.expect(viewSubscription(before));
    stateOnPlan('auto', before.state);
    const entry = await findEntry(tx, before.provider_slug, before.api_slug);
    const plan = entry.plans.find(({ id, slug }) => id === body.plan || slug === body.plan);
    if (plan === undefined) throw new Problem('not_found');
    const { api_id, state } = before;
    if (plan.id !== before.plan_id)
      await writePlan(tx, { ...pair, api_id, state }, plan.id, new Date(deps.clock.now()));
    const after = viewSubscription(await findSubscription(tx, before.id));
    if (after.state === 'pending' && before.state !== 'pending')
      await mailRequest(tx, provider, { ...after, app: `${await ownSlug(tx)}/${after.app}` }, deps);
    return { output: after, target: before.id, before: viewSubscription(before), after };
  });
