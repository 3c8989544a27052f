import { z } from 'zod';
import { limits } from '../limits.ts';
import { operation } from '../operation.ts';
import { planLimit } from '../kinds/plan.ts';
import { apiParams } from './apis.ts';
import { givenName, id, idOrSlug, listQuery, name, none, page, slug, timestamp } from './shared.ts';

const planLimits = z
  .array(planLimit)
  .max(limits.limitsPerPlanMax)
  .refine(
    (list) => new Set(list.map((one) => `${one.per} ${one.by}`)).size === list.length,
    'each `per` once for each `by`',
  );
const concurrency = z.int().min(1).max(limits.planConcurrencyMax).describe('Concurrent calls of one subscription');
const approval = z.enum(['auto', 'manual']).describe('`manual`: the provider approves each subscription');

export const plan = z.object({
  id: id('plan'),
  api: z.string().describe('Slug of the API'),
  slug,
  name: givenName,
  limits: planLimits,
  concurrency: concurrency.nullable(),
  approval,
  created_at: timestamp,
  updated_at: timestamp,
});

export const planParams = apiParams.extend({ plan: idOrSlug });

export const plans = {
  create: operation({
    id: 'plans.create',
    method: 'POST',
    path: '/tenants/{tenant}/apis/{api}/plans',
    summary: 'Create a plan of an API',
    access: 'developer',
    params: apiParams,
    query: none,
    body: z.object({
      slug,
      name: name.optional().describe('By default the slug'),
      limits: planLimits.default([]),
      concurrency: concurrency.nullable().default(null),
      approval: approval.default('auto'),
    }),
    output: plan,
    status: 201,
    errors: ['conflict', 'quota_exceeded'],
  }),
  list: operation({
    id: 'plans.list',
    method: 'GET',
    path: '/tenants/{tenant}/apis/{api}/plans',
    summary: 'List the plans of an API',
    access: 'viewer',
    params: apiParams,
    query: listQuery,
    body: undefined,
    output: page(plan),
    status: 200,
  }),
  get: operation({
    id: 'plans.get',
    method: 'GET',
    path: '/tenants/{tenant}/apis/{api}/plans/{plan}',
    summary: 'Read a plan',
    access: 'viewer',
    params: planParams,
    query: none,
    body: undefined,
    output: plan,
    status: 200,
  }),
  update: operation({
    id: 'plans.update',
    method: 'PATCH',
    path: '/tenants/{tenant}/apis/{api}/plans/{plan}',
    summary: 'Change a plan, also for existing subscriptions',
    access: 'developer',
    params: planParams,
    query: none,
    body: z.object({
      name: name.optional(),
      limits: planLimits.optional(),
      concurrency: concurrency.nullable().optional(),
      approval: approval.optional(),
    }),
    output: plan,
    status: 200,
    errors: ['precondition_failed'],
  }),
  delete: operation({
    id: 'plans.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/apis/{api}/plans/{plan}',
    summary: 'Delete a plan. Refused while apps subscribe to it',
    access: 'developer',
    params: planParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['in_use', 'precondition_failed'],
  }),
};
