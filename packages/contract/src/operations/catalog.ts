import { z } from 'zod';
import { operation } from '../operation.ts';
import { planLimit } from '../kinds/plan.ts';
import { grantableScope } from './scopes.ts';
import { id, idOrSlug, listQuery, none, page, tenantParams, timestamp } from './shared.ts';

/** An API in the view of developers of any tenant. */
export const catalogEntry = z.object({
  /** `<tenant>/<api>`: the API of a subscription. */
  address: z.string(),
  id: id('api'),
  name: z.string(),
  description: z.string().nullable(),
  visibility: z.enum(['public', 'private']),
  versions: z.array(
    z.object({
      id: id('version'),
      name: z.string(),
      state: z.enum(['live', 'deprecated']),
      access: z.enum(['open', 'key', 'token', 'any']),
      deprecated_at: timestamp.nullable(),
      sunset_at: timestamp.nullable(),
      /** Whether there is an OpenAPI document to read. */
      documented: z.boolean(),
    }),
  ),
  plans: z.array(
    z.object({
      id: id('plan'),
      slug: z.string(),
      name: z.string(),
      limits: z.array(planLimit),
      concurrency: z.int().nullable(),
      approval: z.enum(['auto', 'manual']),
    }),
  ),
  scopes: z.array(grantableScope),
  updated_at: timestamp,
});

const entryParams = tenantParams.extend({ provider: idOrSlug, api: idOrSlug });

export const catalog = {
  list: operation({
    id: 'catalog.list',
    method: 'GET',
    path: '/tenants/{tenant}/catalog',
    summary: 'List APIs to subscribe to: the public APIs of all tenants, and the private APIs of this tenant',
    access: 'viewer',
    params: tenantParams,
    query: listQuery.extend({ search: z.string().max(100).optional() }),
    body: undefined,
    output: page(catalogEntry),
    status: 200,
  }),
  get: operation({
    id: 'catalog.get',
    method: 'GET',
    path: '/tenants/{tenant}/catalog/{provider}/{api}',
    summary: 'Read an API in the catalog',
    access: 'viewer',
    params: entryParams,
    query: none,
    body: undefined,
    output: catalogEntry,
    status: 200,
  }),
  openapi: operation({
    id: 'catalog.openapi',
    method: 'GET',
    path: '/tenants/{tenant}/catalog/{provider}/{api}/versions/{version}/openapi',
    summary: 'Read the OpenAPI document of a version in the catalog',
    access: 'viewer',
    params: entryParams.extend({ version: idOrSlug }),
    query: none,
    body: undefined,
    output: z.record(z.string(), z.unknown()),
    status: 200,
  }),
};
