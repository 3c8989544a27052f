import { z } from 'zod';
import { operation } from '../operation.ts';
import { id, listQuery, name, none, page, tenantParams, timestamp } from './shared.ts';

const email = z.email().max(254).toLowerCase();

export const user = z.object({
  id: id('user').describe('The `sub` of their tokens'),
  email: z.string(),
  name: z.string(),
  verified: z.boolean().describe('Whether they have shown that the address is theirs'),
  state: z.enum(['active', 'disabled']),
  created_at: timestamp,
  updated_at: timestamp,
});

const userParams = tenantParams.extend({ user: z.string().max(100) });

export const users = {
  create: operation({
    id: 'users.create',
    method: 'POST',
    path: '/tenants/{tenant}/users',
    summary: 'Add an end user at the tenant’s issuer; a mail tells them where to choose a password',
    access: 'admin',
    params: tenantParams,
    query: none,
    body: z.object({ email, name }),
    output: user,
    status: 201,
    errors: ['conflict', 'state_conflict', 'quota_exceeded'],
  }),
  list: operation({
    id: 'users.list',
    method: 'GET',
    path: '/tenants/{tenant}/users',
    summary: 'List the end users of the tenant’s issuer; `search` takes the beginning of an address',
    access: 'admin',
    params: tenantParams,
    query: listQuery.extend({ search: z.string().max(254).optional() }),
    body: undefined,
    output: page(user),
    status: 200,
  }),
  get: operation({
    id: 'users.get',
    method: 'GET',
    path: '/tenants/{tenant}/users/{user}',
    summary: 'Read an end user',
    access: 'admin',
    params: userParams,
    query: none,
    body: undefined,
    output: user,
    status: 200,
  }),
  disable: operation({
    id: 'users.disable',
    method: 'POST',
    path: '/tenants/{tenant}/users/{user}/disable',
    summary: 'Disable an end user: signed out everywhere, and every gateway refuses their tokens',
    access: 'admin',
    params: userParams,
    query: none,
    body: undefined,
    output: user,
    status: 200,
    errors: ['state_conflict'],
  }),
  enable: operation({
    id: 'users.enable',
    method: 'POST',
    path: '/tenants/{tenant}/users/{user}/enable',
    summary: 'Let a disabled end user sign in again',
    access: 'admin',
    params: userParams,
    query: none,
    body: undefined,
    output: user,
    status: 200,
    errors: ['state_conflict'],
  }),
  recover: operation({
    id: 'users.recover',
    method: 'POST',
    path: '/tenants/{tenant}/users/{user}/recover',
    summary:
      'Remove the passkeys, authenticator app and recovery codes of an end user who has lost them; signs them out everywhere',
    access: 'admin',
    params: userParams,
    query: none,
    body: undefined,
    output: user,
    status: 200,
  }),
  delete: operation({
    id: 'users.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/users/{user}',
    summary: 'Delete an end user with all that is kept of them; every gateway refuses their tokens',
    access: 'admin',
    params: userParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['precondition_failed'],
  }),
};
