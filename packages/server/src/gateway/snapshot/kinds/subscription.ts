import { release, type Placement } from '../links.ts';

export const subscription: Placement<'subscription'> = {
  place({ apps, plans, subscriptions }, object) {
    const app = apps.acquire(object.app);
    const node = { key: object.key, object, app, plan: plans.acquire(object.plan) };
    subscriptions.set(object.key, node);
    app.subscriptions.set(object.api, node);
  },
  drop({ apps, plans, subscriptions }, key) {
    const node = subscriptions.get(key);
    if (node === undefined) return;
    subscriptions.delete(key);
    release(node.app.subscriptions, node.object.api, node);
    apps.release(node.app);
    plans.release(node.plan);
  },
};
