import { z } from 'zod';
import { limits } from '../limits.ts';
import { operation } from '../operation.ts';
import { givenName, hostName, id, idOrSlug, listQuery, name, none, page, tenantParams, timestamp } from './shared.ts';

const issuer = z
  .url({ protocol: /^https?$/ })
  .max(limits.urlCharactersMax)
  .describe('Issuer identifier, exactly as in its discovery document');
const clientId = z.string().min(1).max(500);
const clientSecret = z
  .string()
  .min(1)
  .max(1000)
  .nullable()
  .describe('Stored encrypted and never shown; null if there is none');
const domains = z
  .array(hostName)
  .min(1)
  .max(limits.domainsPerConnectionMax)
  .describe('Domains of the email addresses that sign in with this provider; the tenant must have verified them');
const owners = z
  .boolean()
  .describe(
    'Whether owners also sign in with this provider, and must where it is enforced. Only an owner sets this, after a fresh sign-in with two factors',
  );
const enforced = z
  .boolean()
  .describe('Require members to sign in with this provider; other sign-ins have no access to the tenant');

export const connection = z.object({
  id: id('connection'),
  name: givenName,
  issuer: z.string(),
  client_id: z.string(),
  domains: z.array(z.string()),
  enforced: z.boolean(),
  owners,
  state: z.enum(['active', 'paused']),
  redirect_uri: z.string().describe('Register exactly this URI at the provider'),
  created_at: timestamp,
  updated_at: timestamp,
});

const connectionParams = tenantParams.extend({ connection: idOrSlug });

export const connections = {
  create: operation({
    id: 'connections.create',
    method: 'POST',
    path: '/tenants/{tenant}/connections',
    summary: 'Connect an OpenID Connect identity provider for members’ sign-in',
    access: 'admin',
    params: tenantParams,
    query: none,
    body: z.object({
      name,
      issuer,
      client_id: clientId,
      client_secret: clientSecret.default(null),
      domains,
      enforced: enforced.default(false),
      owners: owners.optional(),
    }),
    output: connection,
    status: 201,
    errors: ['quota_exceeded', 'upstream_address_refused', 'domain_unproven'],
  }),
  list: operation({
    id: 'connections.list',
    method: 'GET',
    path: '/tenants/{tenant}/connections',
    summary: 'List the identity providers of a tenant',
    access: 'admin',
    params: tenantParams,
    query: listQuery,
    body: undefined,
    output: page(connection),
    status: 200,
  }),
  get: operation({
    id: 'connections.get',
    method: 'GET',
    path: '/tenants/{tenant}/connections/{connection}',
    summary: 'Read an identity provider without its secret',
    access: 'admin',
    params: connectionParams,
    query: none,
    body: undefined,
    output: connection,
    status: 200,
  }),
  update: operation({
    id: 'connections.update',
    method: 'PATCH',
    path: '/tenants/{tenant}/connections/{connection}',
    summary: 'Change an identity provider. Its issuer cannot change. Pausing it signs out its users',
    access: 'admin',
    params: connectionParams,
    query: none,
    body: z.object({
      name: name.optional(),
      client_id: clientId.optional(),
      client_secret: clientSecret.optional(),
      domains: domains.optional(),
      enforced: enforced.optional(),
      owners: owners.optional(),
      state: z.enum(['active', 'paused']).optional(),
    }),
    output: connection,
    status: 200,
    errors: ['precondition_failed', 'domain_unproven'],
  }),
  delete: operation({
    id: 'connections.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/connections/{connection}',
    summary: 'Delete an identity provider. Users who signed in with it are signed out and must be invited again',
    access: 'admin',
    params: connectionParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['precondition_failed'],
  }),
};
