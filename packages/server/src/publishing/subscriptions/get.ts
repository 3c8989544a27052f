import type { subscribers, subscriptions } from '@tulou/contract/operations/subscriptions';
import type { Handler } from '../../operations/handler.ts';
import { findSubscriber, viewSubscriber } from './subscriber.ts';
import { findSubscription, viewSubscription } from './subscription.ts';

export const getSubscription: Handler<typeof subscriptions.get> = async (scope, { params }, { store }) =>
  viewSubscription(await store.tenant(scope, (tx) => findSubscription(tx, params.subscription)));

export const getSubscriber: Handler<typeof subscribers.get> = async (scope, { params }, { store }) =>
  viewSubscriber(await store.tenant(scope, (tx) => findSubscriber(tx, params.subscriber)));
