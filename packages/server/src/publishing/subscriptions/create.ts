import { limits, Problem } from '@tulou/contract';
import type { subscriptions } from '@tulou/contract/operations/subscriptions';
import { newId } from '../../kernel/random.ts';
import type { Handler } from '../../operations/handler.ts';
import { findEntry } from '../catalog/entry.ts';
import { holdQuota } from '../../operations/quota.ts';
import { ownSlug } from '../../operations/directory.ts';
import type { PublishingDeps } from '../deps.ts';
import { lockApp } from './app.ts';
import { openPair } from './crossing.ts';
import { mailRequest } from './notices.ts';
import { findSubscription, viewSubscription } from './subscription.ts';

/** A private API of another tenant, an absent API and an absent plan get the same answer. */
export const createSubscription: Handler<typeof subscriptions.create, PublishingDeps> = (scope, { body }, deps, call) =>
  call.commit(async (tx) => {
    const app = await lockApp(tx, body.app);
    const counted = tx.sql`select 1 from subscriptions where tenant_id = ${scope.tenantUuid} and app_id = ${app.id}`;
    const held = holdQuota(tx, counted, limits.subscriptionsPerAppMax, 'subscriptions of this app');
    const [provider = '', api = ''] = body.api.split('/');
    const [, entry, developerSlug] = await Promise.all([held, findEntry(tx, provider, api), ownSlug(tx)]);
    const plan = entry.plans.find(({ id, slug }) => id === body.plan || slug === body.plan);
    if (plan === undefined) throw new Problem('not_found');
    const id = newId('subscription', deps.clock, deps.random);
    const opening = {
      id,
      developer: scope.tenantUuid,
      developerSlug,
      provider: entry.tenant,
      providerSlug: entry.tenant_slug,
      app,
      api: { id: entry.api_id, slug: entry.api_slug },
      plan,
    };
    await openPair(tx, opening, new Date(deps.clock.now()));
    const after = viewSubscription(await findSubscription(tx, id));
    if (after.state === 'pending')
      await mailRequest(tx, entry.tenant, { ...after, app: `${developerSlug}/${after.app}` }, deps);
    return { output: after, target: id, before: null, after };
  });
