import { z } from 'zod';
import { environment } from '../kinds/environment.ts';
import { limits } from '../limits.ts';
import { faults } from '../errors.ts';
import { operation } from '../operation.ts';
import { errorCode, idOrSlug, tenantParams, timestamp } from './shared.ts';

export const usageDimensions = [
  'api',
  'version',
  'operation',
  'app',
  'key',
  'environment',
  'status',
  'code',
  'minute',
  'hour',
  'day',
] as const;
export type UsageDimension = (typeof usageDimensions)[number];

/** `by=api,status`: the dimensions of each item. At most one of minute, hour, day. */
const by = z
  .string()
  .max(100)
  .describe(
    'Comma-separated: api, version, operation, app, key, environment, status, code, and one of minute, hour, day',
  )
  .default('')
  .transform((text) => text.split(',').filter((part) => part !== ''))
  .pipe(z.array(z.enum(usageDimensions)))
  .refine((list) => new Set(list).size === list.length, 'each dimension once')
  .refine(
    (list) => list.filter((one) => ['minute', 'hour', 'day'].includes(one)).length <= 1,
    'one of minute, hour, day',
  );

const sums = {
  requests: z.int(),
  refused: z.int().describe('Requests among these that the gateway itself answered, see `refusals`'),
  request_bytes: z.int(),
  response_bytes: z.int(),
  /** Sum over the calls: divide by `requests` for the mean. */
  duration_us: z.int(),
};

/** An object by its id; `name` is its slug or name, null if it was deleted. */
const named = z.object({ id: z.string(), name: z.string().nullable() });

export const usageItem = z.object({
  api: named.optional(),
  version: named.optional(),
  /** Operation of the version's OpenAPI document; null if none matched. */
  operation: z.string().nullable().optional(),
  /** Null: called without a credential. An app of another tenant shows as `<tenant>/<app>`. */
  app: named.nullable().optional(),
  /** Null: without a key, or a key of another tenant's app. */
  key: named.nullable().optional(),
  environment: environment.optional(),
  status: z.int().optional(),
  /** Error code of answers that the gateway made itself; null: the service answered. */
  code: z.string().nullable().optional(),
  /** Start of the minute, hour or day, UTC. */
  time: timestamp.optional(),
  ...sums,
});

export const usage = {
  get: operation({
    id: 'usage.get',
    method: 'GET',
    path: '/tenants/{tenant}/usage',
    summary: 'Show the usage of a tenant: calls to its APIs and calls of its apps',
    access: 'viewer',
    params: tenantParams,
    query: z.object({
      from: timestamp.optional().describe('First minute; by default 24 hours before `to`'),
      to: timestamp.optional().describe('End (exclusive); by default now'),
      by,
      side: z.enum(['provider', 'developer']).optional().describe('Only calls to own APIs, or only calls of own apps'),
      api: idOrSlug.optional().describe('Slug or ID of an API of the tenant, or the ID of any API'),
      version: idOrSlug.optional().describe('ID of a version'),
      operation: z.string().max(200).optional(),
      app: idOrSlug.optional().describe('Slug or ID of an app of the tenant, or the ID of any app'),
      key: idOrSlug.optional().describe('ID of a key'),
      environment: environment.optional(),
      code: errorCode.optional().describe('Error code of refused calls'),
      status: z.coerce.number().int().min(100).max(599).optional(),
      limit: z.coerce.number().int().min(1).max(limits.usageGroupsMax).default(limits.usageGroupsDefault),
    }),
    body: undefined,
    output: z.object({
      from: timestamp,
      to: timestamp,
      side: z
        .enum(['provider', 'developer', 'both'])
        .describe('Calls to own APIs, calls of own apps, or both; a call of an own app to an own API counts once'),
      total: z.object(sums),
      refusals: z
        .array(z.object({ code: z.string(), title: z.string(), fault: z.enum(faults), requests: z.int() }))
        .describe('Why calls were refused, the most frequent reason first'),
      items: z.array(usageItem),
      /** Whether there are more groups than `limit`; `total` includes all of them. */
      truncated: z.boolean(),
    }),
    status: 200,
  }),
};
