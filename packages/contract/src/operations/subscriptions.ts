import { z } from 'zod';
import { operation } from '../operation.ts';
import { id, idOrSlug, listQuery, none, page, tenantParams, timestamp } from './shared.ts';

export const subscriptionState = z.enum(['pending', 'active', 'rejected', 'suspended', 'ended']);

/** The address of an API for other tenants: `<tenant>/<api>`, slugs or ids. */
const address = z.string().regex(/^[a-z0-9_-]{1,100}\/[a-z0-9_-]{1,100}$/, '`<tenant>/<api>`');

/** A subscription in the view of the developer's tenant. */
export const subscription = z.object({
  id: id('subscription'),
  app: z.string().describe('Slug of the app'),
  app_id: id('app'),
  api: z.string().describe('`<tenant>/<api>`'),
  api_id: id('api'),
  plan: z.string().describe('Slug of the plan'),
  plan_id: id('plan'),
  state: subscriptionState,
  created_at: timestamp,
  updated_at: timestamp,
});

/** The same subscription in the view of the provider's tenant: the app's address, and nothing else of it. */
export const subscriber = z.object({
  id: id('subscription'),
  app: z.string().describe('`<tenant>/<app>`'),
  app_id: id('app'),
  api: z.string().describe('Slug of the API'),
  api_id: id('api'),
  plan: z.string().describe('Slug of the plan'),
  plan_id: id('plan'),
  state: subscriptionState,
  created_at: timestamp,
  updated_at: timestamp,
});

export const subscriptionParams = tenantParams.extend({ subscription: idOrSlug });
export const subscriberParams = tenantParams.extend({ subscriber: idOrSlug });

export const subscriptions = {
  create: operation({
    id: 'subscriptions.create',
    method: 'POST',
    path: '/tenants/{tenant}/subscriptions',
    summary: 'Subscribe an app to a plan of an API',
    access: 'developer',
    params: tenantParams,
    query: none,
    body: z.object({ app: idOrSlug, api: address, plan: idOrSlug }),
    output: subscription,
    status: 201,
    errors: ['conflict', 'not_found', 'quota_exceeded'],
  }),
  list: operation({
    id: 'subscriptions.list',
    method: 'GET',
    path: '/tenants/{tenant}/subscriptions',
    summary: 'List the subscriptions of the apps of a tenant',
    access: 'viewer',
    params: tenantParams,
    query: listQuery.extend({ app: idOrSlug.optional(), state: subscriptionState.optional() }),
    body: undefined,
    output: page(subscription),
    status: 200,
  }),
  get: operation({
    id: 'subscriptions.get',
    method: 'GET',
    path: '/tenants/{tenant}/subscriptions/{subscription}',
    summary: 'Read a subscription',
    access: 'viewer',
    params: subscriptionParams,
    query: none,
    body: undefined,
    output: subscription,
    status: 200,
  }),
  update: operation({
    id: 'subscriptions.update',
    method: 'PATCH',
    path: '/tenants/{tenant}/subscriptions/{subscription}',
    summary: 'Change the plan of a subscription. A plan with manual approval makes it pending again',
    access: 'developer',
    params: subscriptionParams,
    query: none,
    body: z.object({ plan: idOrSlug }),
    output: subscription,
    status: 200,
    errors: ['state_conflict', 'precondition_failed'],
  }),
  delete: operation({
    id: 'subscriptions.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/subscriptions/{subscription}',
    summary: 'End a subscription. It stays readable in state `ended`',
    access: 'developer',
    params: subscriptionParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['precondition_failed'],
  }),
};

export const subscribers = {
  list: operation({
    id: 'subscribers.list',
    method: 'GET',
    path: '/tenants/{tenant}/subscribers',
    summary: 'List the subscribers of a tenant’s APIs',
    access: 'viewer',
    params: tenantParams,
    query: listQuery.extend({ api: idOrSlug.optional(), state: subscriptionState.optional() }),
    body: undefined,
    output: page(subscriber),
    status: 200,
  }),
  get: operation({
    id: 'subscribers.get',
    method: 'GET',
    path: '/tenants/{tenant}/subscribers/{subscriber}',
    summary: 'Read a subscriber',
    access: 'viewer',
    params: subscriberParams,
    query: none,
    body: undefined,
    output: subscriber,
    status: 200,
  }),
  approve: decision('approve', 'Approve a pending subscription'),
  reject: decision('reject', 'Reject a pending subscription'),
  suspend: decision('suspend', 'Suspend an active subscription: stop its calls'),
  resume: decision('resume', 'Resume a suspended subscription'),
  delete: operation({
    id: 'subscribers.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/subscribers/{subscriber}',
    summary: 'End a subscription as the provider',
    access: 'admin',
    params: subscriberParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['precondition_failed'],
  }),
};

function decision<V extends string>(verb: V, summary: string) {
  return operation({
    id: `subscribers.${verb}`,
    method: 'POST',
    path: `/tenants/{tenant}/subscribers/{subscriber}/${verb}` as const,
    summary,
    access: 'admin',
    params: subscriberParams,
    query: none,
    body: undefined,
    output: subscriber,
    status: 200,
    errors: ['state_conflict'],
  });
}
