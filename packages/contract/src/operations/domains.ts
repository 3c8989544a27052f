import { z } from 'zod';
import { limits } from '../limits.ts';
import { operation } from '../operation.ts';
import { hostName, id, listQuery, none, page, tenantParams, timestamp } from './shared.ts';

export const domain = z.object({
  id: id('domain'),
  host: z.string(),
  state: z
    .enum(['pending', 'verified'])
    .describe('`verified`: names within it can be host names of APIs and of the issuer, and mail domains'),
  method: z
    .enum(['dns', 'http'])
    .nullable()
    .describe('How it was verified. `dns` is good for all names below, `http` for this one name'),
  challenge: z
    .object({
      dns: z.object({ name: z.string(), type: z.literal('TXT'), value: z.string() }),
      http: z.object({ url: z.string(), body: z.string() }),
    })
    .describe('Publish one of the two, then verify'),
  verified_at: timestamp.nullable(),
  created_at: timestamp,
  updated_at: timestamp,
});

const domainParams = tenantParams.extend({
  domain: z.string().min(1).max(limits.hostCharactersMax).describe('Its id, or its host name'),
});

export const domains = {
  create: operation({
    id: 'domains.create',
    method: 'POST',
    path: '/tenants/{tenant}/domains',
    summary: 'Name a domain of yours; the answer has the challenge to publish in DNS or on its web server',
    access: 'admin',
    params: tenantParams,
    query: none,
    body: z.object({ host: hostName }),
    output: domain,
    status: 201,
    errors: ['conflict', 'quota_exceeded'],
  }),
  list: operation({
    id: 'domains.list',
    method: 'GET',
    path: '/tenants/{tenant}/domains',
    summary: 'List the domains of the tenant',
    access: 'viewer',
    params: tenantParams,
    query: listQuery,
    body: undefined,
    output: page(domain),
    status: 200,
  }),
  get: operation({
    id: 'domains.get',
    method: 'GET',
    path: '/tenants/{tenant}/domains/{domain}',
    summary: 'Read a domain and its challenge',
    access: 'viewer',
    params: domainParams,
    query: none,
    body: undefined,
    output: domain,
    status: 200,
  }),
  verify: operation({
    id: 'domains.verify',
    method: 'POST',
    path: '/tenants/{tenant}/domains/{domain}/verify',
    summary: 'Look for the challenge of a domain now; found, the domain belongs to this tenant',
    access: 'admin',
    params: domainParams,
    query: none,
    body: undefined,
    output: domain,
    status: 200,
    errors: ['conflict', 'state_conflict'],
  }),
  delete: operation({
    id: 'domains.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/domains/{domain}',
    summary: `Release a domain. For ${limits.domainQuarantineDays} days only this tenant can verify it again`,
    access: 'admin',
    params: domainParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['in_use', 'precondition_failed'],
  }),
};
