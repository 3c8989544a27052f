import { z } from 'zod';
import { operation, roles } from '../operation.ts';
import { givenName, id, listQuery, name, none, page, tenantParams, timestamp } from './shared.ts';

const role = z.enum(roles);

export const token = z.object({
  id: id('token'),
  member: id('member'),
  name: givenName,
  role,
  expires_at: timestamp.nullable(),
  revoked_at: timestamp.nullable(),
  created_at: timestamp,
});

const tokenParams = tenantParams.extend({ token: z.string().max(100) });

export const tokens = {
  create: operation({
    id: 'tokens.create',
    method: 'POST',
    path: '/tenants/{tenant}/tokens',
    summary: 'Create a control token. Admins may create tokens for other members',
    access: 'developer',
    params: tenantParams,
    query: none,
    body: z.object({
      member: id('member'),
      name,
      role: role.optional().describe('At most the role of the member; by default that role'),
      expires_at: timestamp.optional(),
    }),
    output: token.extend({
      token: z
        .string()
        .describe('Shown only once')
        .meta({ examples: ['tlt_<id>_<secret>_<checksum>'] }),
    }),
    status: 201,
    secret: true,
  }),
  list: operation({
    id: 'tokens.list',
    method: 'GET',
    path: '/tenants/{tenant}/tokens',
    summary: 'List your control tokens. Admins see all tokens of the tenant',
    access: 'viewer',
    params: tenantParams,
    query: listQuery.extend({ member: z.string().max(100).optional() }),
    body: undefined,
    output: page(token),
    status: 200,
  }),
  get: operation({
    id: 'tokens.get',
    method: 'GET',
    path: '/tenants/{tenant}/tokens/{token}',
    summary: 'Read a control token without its secret',
    access: 'viewer',
    params: tokenParams,
    query: none,
    body: undefined,
    output: token,
    status: 200,
  }),
  revoke: operation({
    id: 'tokens.revoke',
    method: 'DELETE',
    path: '/tenants/{tenant}/tokens/{token}',
    summary: 'Revoke a control token immediately and for good',
    access: 'viewer',
    params: tokenParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
  }),
};
