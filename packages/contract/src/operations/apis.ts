import { z } from 'zod';
import { limits } from '../limits.ts';
import { operation } from '../operation.ts';
import {
  givenName,
  hostName,
  id,
  idOrSlug,
  lines,
  listQuery,
  name,
  none,
  page,
  slug,
  tenantParams,
  timestamp,
} from './shared.ts';

const description = lines(limits.descriptionCharactersMax);
const visibility = z
  .enum(['public', 'private'])
  .describe('`public`: listed in the catalog of every tenant; `private`: visible only to its own tenant');
const hosts = z
  .array(hostName)
  .max(limits.hostsPerApiMax)
  .refine((list) => new Set(list).size === list.length, 'each host name once');

export const api = z.object({
  id: id('api'),
  slug,
  name: givenName,
  description: z.string().nullable(),
  visibility,
  hosts: z.array(z.string()),
  created_at: timestamp,
  updated_at: timestamp,
});

export const apiParams = tenantParams.extend({ api: idOrSlug });

export const apis = {
  create: operation({
    id: 'apis.create',
    method: 'POST',
    path: '/tenants/{tenant}/apis',
    summary: 'Create an API',
    access: 'developer',
    params: tenantParams,
    query: none,
    body: z.object({
      slug,
      name,
      description: description.nullable().default(null),
      visibility: visibility.default('public'),
      hosts: hosts.default([]),
    }),
    output: api,
    status: 201,
    errors: ['conflict', 'quota_exceeded', 'domain_unproven'],
  }),
  list: operation({
    id: 'apis.list',
    method: 'GET',
    path: '/tenants/{tenant}/apis',
    summary: 'List the APIs of a tenant',
    access: 'viewer',
    params: tenantParams,
    query: listQuery.extend({ search: z.string().max(100).optional() }),
    body: undefined,
    output: page(api),
    status: 200,
  }),
  get: operation({
    id: 'apis.get',
    method: 'GET',
    path: '/tenants/{tenant}/apis/{api}',
    summary: 'Read an API',
    access: 'viewer',
    params: apiParams,
    query: none,
    body: undefined,
    output: api,
    status: 200,
  }),
  update: operation({
    id: 'apis.update',
    method: 'PATCH',
    path: '/tenants/{tenant}/apis/{api}',
    summary: 'Change an API. Its slug cannot change: it is part of callers’ addresses',
    access: 'developer',
    params: apiParams,
    query: none,
    body: z.object({
      name: name.optional(),
      description: description.nullable().optional(),
      visibility: visibility.optional(),
      hosts: hosts.optional(),
    }),
    output: api,
    status: 200,
    errors: ['conflict', 'precondition_failed', 'domain_unproven'],
  }),
  delete: operation({
    id: 'apis.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/apis/{api}',
    summary: 'Delete an API with its versions and plans. Refused while apps subscribe to it',
    access: 'admin',
    params: apiParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['in_use', 'precondition_failed'],
  }),
};
