import { z } from 'zod';
import { limits } from '../limits.ts';
import { operation } from '../operation.ts';
import { fullScope } from './scopes.ts';
import { givenName, id, idOrSlug, listQuery, name, none, page, slug, tenantParams, timestamp } from './shared.ts';

/** Compared character by character (RFC 9700 §2.1): `https`, `http` on the own machine, or an app's own scheme (RFC 8252 §7). */
const redirectUri = z
  .string()
  .max(limits.urlCharactersMax)
  .refine(
    isRedirectUri,
    'an absolute URI without fragment: https, http on loopback, or a scheme of your own with a dot',
  );

function isRedirectUri(text: string): boolean {
  if (text.includes('#') || !URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  if (protocol === 'https:') return true;
  if (protocol === 'http:') return ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
  return protocol.includes('.');
}

export const redirectUris = z.array(redirectUri).max(limits.redirectUrisPerAppMax);
const scopes = z
  .array(fullScope)
  .max(limits.scopesPerAppMax)
  .refine((list) => new Set(list).size === list.length, 'each scope once');
const required = scopes.describe('Scopes that the app requires: `<tenant>/<api>:<scope>`');
const optional = scopes.describe('Scopes that a tenant may also grant to the app');
const visibility = z
  .enum(['public', 'private'])
  .describe('`public`: every tenant may install it; `private`: only its own tenant');
const state = z.enum(['active', 'suspended']).describe('Calls of a suspended app are rejected');

export const app = z.object({
  id: id('app'),
  slug,
  name: givenName,
  state: z
    .enum(['active', 'suspended', 'blocked'])
    .describe('Calls of an app that is not active are rejected. Only an operator can unblock a blocked app'),
  visibility,
  redirect_uris: z.array(z.string()),
  scopes: z.array(z.string()),
  optional_scopes: z.array(z.string()),
  created_at: timestamp,
  updated_at: timestamp,
});

export const appParams = tenantParams.extend({ app: idOrSlug });

export const apps = {
  create: operation({
    id: 'apps.create',
    method: 'POST',
    path: '/tenants/{tenant}/apps',
    summary: 'Register an app',
    access: 'developer',
    params: tenantParams,
    query: none,
    body: z.object({
      slug,
      name,
      visibility: visibility.default('private'),
      redirect_uris: redirectUris.default([]),
      scopes: required.default([]),
      optional_scopes: optional.default([]),
    }),
    output: app,
    status: 201,
    errors: ['conflict', 'quota_exceeded'],
  }),
  list: operation({
    id: 'apps.list',
    method: 'GET',
    path: '/tenants/{tenant}/apps',
    summary: 'List the apps of a tenant',
    access: 'viewer',
    params: tenantParams,
    query: listQuery.extend({ search: z.string().max(100).optional() }),
    body: undefined,
    output: page(app),
    status: 200,
  }),
  get: operation({
    id: 'apps.get',
    method: 'GET',
    path: '/tenants/{tenant}/apps/{app}',
    summary: 'Read an app',
    access: 'viewer',
    params: appParams,
    query: none,
    body: undefined,
    output: app,
    status: 200,
  }),
  update: operation({
    id: 'apps.update',
    method: 'PATCH',
    path: '/tenants/{tenant}/apps/{app}',
    summary: 'Change an app. Suspending it stops all its calls immediately',
    access: 'developer',
    params: appParams,
    query: none,
    body: z.object({
      name: name.optional(),
      state: state.optional(),
      redirect_uris: redirectUris.optional(),
      visibility: visibility.optional(),
      scopes: required.optional(),
      optional_scopes: optional.optional(),
    }),
    output: app,
    status: 200,
    errors: ['state_conflict', 'precondition_failed'],
  }),
  block: operation({
    id: 'apps.block',
    method: 'POST',
    path: '/tenants/{tenant}/apps/{app}/block',
    summary: 'Block an app: stop all its calls in every tenant immediately',
    access: 'operator',
    params: appParams,
    query: none,
    body: undefined,
    output: app,
    status: 200,
    errors: ['state_conflict'],
  }),
  unblock: operation({
    id: 'apps.unblock',
    method: 'POST',
    path: '/tenants/{tenant}/apps/{app}/unblock',
    summary: 'Unblock an app. It stays suspended until its tenant or an operator activates it',
    access: 'operator',
    params: appParams,
    query: none,
    body: undefined,
    output: app,
    status: 200,
    errors: ['state_conflict'],
  }),
  delete: operation({
    id: 'apps.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/apps/{app}',
    summary: 'Delete an app with its keys, clients and installations. Refused while it subscribes to an API',
    access: 'admin',
    params: appParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['in_use', 'precondition_failed'],
  }),
};
