import { z } from 'zod';
import { limits } from '../limits.ts';
import { operation } from '../operation.ts';
import { appParams } from './apps.ts';
import { fullScope } from './scopes.ts';
import { id, idOrSlug, listQuery, none, page, tenantParams, timestamp } from './shared.ts';

export const installationState = z.enum(['active', 'paused', 'revoked']);

/** The address of an app for other tenants. */
export const appAddress = z.string().regex(/^[a-z0-9_-]{1,100}\/[a-z0-9_-]{1,100}$/, '`<tenant>/<app>`');
const grantedScopes = z.array(fullScope).max(limits.scopesPerAppMax * 2);

/** An installation in the view of the tenant that installed the app. */
export const installation = z.object({
  id: id('installation'),
  app: z.string().describe('`<tenant>/<app>`'),
  app_id: id('app'),
  app_name: z.string(),
  scopes: z.array(z.string()).describe('Scopes that the app may use for this tenant'),
  state: installationState,
  trial: z
    .boolean()
    .describe('On trial: only low-risk tokens of users, and none of the app’s own, until an admin grants more'),
  granted_by: z.string().describe('The member or operator who installed it'),
  created_at: timestamp,
  updated_at: timestamp,
});

/** The same installation in the view of the app's developer: the tenant's address, and nothing else of it. */
export const installed = z.object({
  id: id('installation'),
  app: z.string().describe('Slug of the app'),
  app_id: id('app'),
  installer: z.string().describe('Slug of the tenant that installed the app'),
  installer_id: id('tenant').describe('Resource for token requests for this tenant: `urn:tulou:tenant:<installer_id>`'),
  scopes: z.array(z.string()),
  state: installationState,
  trial: z.boolean(),
  created_at: timestamp,
  updated_at: timestamp,
});

const installationParams = tenantParams.extend({ installation: idOrSlug });
const installedParams = appParams.extend({ installed: idOrSlug });

export const installations = {
  create: operation({
    id: 'installations.create',
    method: 'POST',
    path: '/tenants/{tenant}/installations',
    summary: 'Install an app: grant it scopes on the data of this tenant',
    access: 'admin',
    params: tenantParams,
    query: none,
    body: z.object({
      app: appAddress,
      scopes: grantedScopes
        .optional()
        .describe('All required scopes of the app, and any optional ones; by default only the required ones'),
    }),
    output: installation,
    status: 201,
    errors: ['conflict', 'not_found', 'state_conflict', 'quota_exceeded'],
  }),
  try: operation({
    id: 'installations.try',
    method: 'POST',
    path: '/tenants/{tenant}/installations/try',
    summary: 'Install an app on trial: low-risk scopes, users’ tokens only. The tenant must allow trials',
    access: 'viewer',
    params: tenantParams,
    query: none,
    body: z.object({ app: appAddress, scopes: grantedScopes.optional() }),
    output: installation,
    status: 201,
    errors: ['conflict', 'not_found', 'state_conflict', 'quota_exceeded'],
  }),
  list: operation({
    id: 'installations.list',
    method: 'GET',
    path: '/tenants/{tenant}/installations',
    summary: 'List the apps that a tenant has installed, with their scopes and who granted them',
    access: 'viewer',
    params: tenantParams,
    query: listQuery.extend({ state: installationState.optional() }),
    body: undefined,
    output: page(installation),
    status: 200,
  }),
  get: operation({
    id: 'installations.get',
    method: 'GET',
    path: '/tenants/{tenant}/installations/{installation}',
    summary: 'Read an installation',
    access: 'viewer',
    params: installationParams,
    query: none,
    body: undefined,
    output: installation,
    status: 200,
  }),
  update: operation({
    id: 'installations.update',
    method: 'PATCH',
    path: '/tenants/{tenant}/installations/{installation}',
    summary: 'Change the granted scopes of an app, within those that it declares',
    access: 'admin',
    params: installationParams,
    query: none,
    body: z.object({ scopes: grantedScopes.optional() }),
    output: installation,
    status: 200,
    errors: ['state_conflict', 'precondition_failed'],
  }),
  pause: move('pause', 'Pause an installation: stop the app for this tenant until it is resumed'),
  resume: move('resume', 'Resume a paused installation'),
  delete: operation({
    id: 'installations.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/installations/{installation}',
    summary: 'Revoke an installation. Every gateway rejects its tokens. It stays readable in state `revoked`',
    access: 'admin',
    params: installationParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['precondition_failed'],
  }),
};

export const installedApps = {
  list: operation({
    id: 'installed.list',
    method: 'GET',
    path: '/tenants/{tenant}/apps/{app}/installed',
    summary: 'List the tenants that have installed an app',
    access: 'viewer',
    params: appParams,
    query: listQuery.extend({ state: installationState.optional() }),
    body: undefined,
    output: page(installed),
    status: 200,
  }),
  get: operation({
    id: 'installed.get',
    method: 'GET',
    path: '/tenants/{tenant}/apps/{app}/installed/{installed}',
    summary: 'Read an installation of an app, as its developer',
    access: 'viewer',
    params: installedParams,
    query: none,
    body: undefined,
    output: installed,
    status: 200,
  }),
};

/** The overview with which an admin decides which apps to keep. */
export const inventory = {
  list: operation({
    id: 'inventory.list',
    method: 'GET',
    path: '/tenants/{tenant}/inventory',
    summary: 'List the installed apps with their grants and their usage',
    access: 'admin',
    params: tenantParams,
    query: listQuery,
    body: undefined,
    output: page(
      installation.extend({
        app_state: z
          .enum(['active', 'suspended', 'blocked', 'deleted'])
          .describe('State of the app itself: only calls of an active app are accepted'),
        granted_by_email: z.string().nullable().describe('Null: an operator, or a member who was removed'),
        calls: z.int().describe('Calls with its tokens in the last 30 days (UTC), including today'),
        last_call_at: timestamp.nullable().describe('To the minute; null: no call within 400 days'),
        approvals_open: z.int().describe('Open approval requests for this app'),
      }),
    ),
    status: 200,
  }),
};

function move<V extends string>(verb: V, summary: string) {
  return operation({
    id: `installations.${verb}`,
    method: 'POST',
    path: `/tenants/{tenant}/installations/{installation}/${verb}` as const,
    summary,
    access: 'admin',
    params: installationParams,
    query: none,
    body: undefined,
    output: installation,
    status: 200,
    errors: ['state_conflict'],
  });
}
