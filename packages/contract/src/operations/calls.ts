import { z } from 'zod';
import { faults } from '../errors.ts';
import { environment } from '../kinds/environment.ts';
import { limits } from '../limits.ts';
import { operation } from '../operation.ts';
import { errorCode, id, idOrSlug, listQuery, none, page, tenantParams, timestamp } from './shared.ts';

/** The object of an id; `name` is its slug or name, null if the tenant cannot know it. */
const named = z.object({ id: z.string(), name: z.string().nullable() });

export const call = z.object({
  id: id('request').describe('The request ID: `Tulou-Request-Id` of the answer'),
  at: timestamp,
  side: z
    .enum(['provider', 'developer', 'both'])
    .describe('Whether the tenant published the API, made the call, or both'),
  environment,
  api: named,
  version: named,
  operation: z.string().nullable().describe('Operation of the OpenAPI document; null if none matched'),
  app: named.nullable().describe('Null: no valid credential'),
  key: named.nullable().describe('Only the tenant of the app sees it'),
  method: z.string(),
  path: z.string().describe('Path of the call, without the query'),
  status: z.int(),
  code: z.string().nullable().describe('Error code if the gateway answered itself or the call broke off'),
  reason: z.string().nullable().describe('Title of the error'),
  fault: z.enum(faults).nullable().describe('The party that must act'),
  detail: z.string().nullable(),
  cause: z.string().nullable().describe('Why the service gave no good answer; only the provider sees it'),
  address: z.string().nullable().describe('Address of the client; only the tenant of the app sees it'),
  request_bytes: z.int(),
  response_bytes: z.int(),
  duration_us: z.int(),
  upstream_us: z.int().nullable().describe('Time to the head of the service’s answer; null: not forwarded'),
});

const status = z
  .string()
  .regex(/^[1-5](?:\d\d|xx)$/, 'a status such as 404, or a class such as 4xx')
  .describe('Status, or class of status such as 5xx');

export const calls = {
  list: operation({
    id: 'calls.list',
    method: 'GET',
    path: '/tenants/{tenant}/calls',
    summary: `List recent calls to the APIs of a tenant and calls of its apps, newest first. Retention: ${limits.callHours} hours`,
    access: 'developer',
    params: tenantParams,
    query: listQuery.extend({
      side: z.enum(['provider', 'developer']).optional().describe('Only calls to own APIs, or only calls of own apps'),
      api: idOrSlug.optional().describe('Slug or ID of an API of the tenant, or the ID of any API'),
      app: idOrSlug.optional().describe('Slug or ID of an app of the tenant, or the ID of any app'),
      environment: environment.optional(),
      status: status.optional(),
      code: errorCode.optional().describe('Error code'),
      after: z
        .string()
        .max(500)
        .optional()
        .describe('`after` of an earlier answer: only calls since then, oldest first'),
      wait_ms: z.coerce
        .number()
        .int()
        .min(0)
        .max(limits.callWaitMsMax)
        .default(0)
        .describe('With `after`: how long to wait for the first call'),
    }),
    body: undefined,
    output: page(call).extend({
      after: z.string().describe('Value of `after` for the calls that come later'),
      left_out: z
        .object({ calls: z.int(), since: timestamp })
        .describe('Calls since then that were counted but not kept: under load, the gateway keeps a sample'),
    }),
    status: 200,
  }),
  get: operation({
    id: 'calls.get',
    method: 'GET',
    path: '/tenants/{tenant}/calls/{request}',
    summary: 'Look up a call by its request ID: what became of it, and why',
    access: 'developer',
    params: tenantParams.extend({ request: z.string().max(100) }),
    query: none,
    body: undefined,
    output: call,
    status: 200,
  }),
};
