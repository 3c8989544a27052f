import { z } from 'zod';
import { operation } from '../operation.ts';
import { id, listQuery, name, none, page, slug, tenantParams, timestamp } from './shared.ts';

export const tenant = z.object({
  id: id('tenant'),
  slug,
  name,
  state: z.enum(['active', 'suspended', 'deleting']),
  /** When a tenant in state `deleting` will be gone for good. */
  delete_at: timestamp.nullable(),
  created_at: timestamp,
  updated_at: timestamp,
});

export const tenants = {
  create: operation({
    id: 'tenants.create',
    method: 'POST',
    path: '/tenants',
    summary: 'Create a tenant',
    access: 'operator',
    params: none,
    query: none,
    body: z.object({ slug, name }),
    output: tenant,
    status: 201,
    errors: ['conflict'],
  }),
  list: operation({
    id: 'tenants.list',
    method: 'GET',
    path: '/tenants',
    summary: 'List tenants',
    access: 'operator',
    params: none,
    query: listQuery.extend({ search: z.string().max(100).optional() }),
    body: undefined,
    output: page(tenant),
    status: 200,
  }),
  get: operation({
    id: 'tenants.get',
    method: 'GET',
    path: '/tenants/{tenant}',
    summary: 'Read a tenant',
    access: 'viewer',
    params: tenantParams,
    query: none,
    body: undefined,
    output: tenant,
    status: 200,
  }),
};
