import { z } from 'zod';
import { isolationLevel } from '../hosting.ts';
import { environment } from '../kinds/environment.ts';
import { operation } from '../operation.ts';
import { givenName, id, idOrSlug, listQuery, name, none, page, slug, tenantParams, timestamp } from './shared.ts';

const isolation = isolationLevel.describe(
  'The least isolation of its instances. A host that cannot give it starts none',
);

export const service = z.object({
  id: id('service'),
  slug,
  name: givenName,
  isolation,
  address: z.string().describe('Where other services reach it, inside the platform'),
  created_at: timestamp,
  updated_at: timestamp,
});

export const serviceParams = tenantParams.extend({ service: idOrSlug });

export const services = {
  create: operation({
    id: 'services.create',
    method: 'POST',
    path: '/tenants/{tenant}/services',
    summary: 'Create a service: code that the platform runs',
    access: 'developer',
    params: tenantParams,
    query: none,
    body: z.object({
      slug,
      name: name.optional().describe('By default the slug'),
      isolation: isolation.default('process'),
    }),
    output: service,
    status: 201,
    errors: ['conflict', 'quota_exceeded'],
  }),
  list: operation({
    id: 'services.list',
    method: 'GET',
    path: '/tenants/{tenant}/services',
    summary: 'List the services of a tenant',
    access: 'viewer',
    params: tenantParams,
    query: listQuery,
    body: undefined,
    output: page(service),
    status: 200,
  }),
  get: operation({
    id: 'services.get',
    method: 'GET',
    path: '/tenants/{tenant}/services/{service}',
    summary: 'Read a service',
    access: 'viewer',
    params: serviceParams,
    query: none,
    body: undefined,
    output: service,
    status: 200,
  }),
  update: operation({
    id: 'services.update',
    method: 'PATCH',
    path: '/tenants/{tenant}/services/{service}',
    summary: 'Change a service. Its slug cannot change: it is part of its address',
    access: 'developer',
    params: serviceParams,
    query: none,
    body: z.object({ name: name.optional(), isolation: isolation.optional() }),
    output: service,
    status: 200,
    errors: ['precondition_failed'],
  }),
  delete: operation({
    id: 'services.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/services/{service}',
    summary: 'Stop and delete a service with its revisions and releases. Refused while a version of an API names it',
    access: 'admin',
    params: serviceParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['in_use', 'precondition_failed'],
  }),
  usage: operation({
    id: 'services.usage',
    method: 'GET',
    path: '/tenants/{tenant}/services/{service}/usage',
    summary: 'Read what a service has used, by environment and revision',
    access: 'viewer',
    params: serviceParams,
    query: z.object({
      from: timestamp.optional().describe('By default 30 days before `to`'),
      to: timestamp.optional().describe('By default now'),
    }),
    body: undefined,
    output: z.object({
      from: timestamp,
      to: timestamp,
      items: z.array(
        z.object({
          environment,
          revision: z.string(),
          requests: z.int(),
          errors: z.int(),
          cpu_ms: z.int(),
          gb_seconds: z.number(),
          egress_bytes: z.int(),
          cold_starts: z.int(),
        }),
      ),
    }),
    status: 200,
  }),
};
