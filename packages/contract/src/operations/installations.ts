import { z } from 'zod';
import { limits } from '../limits.ts';
import { operation } from '../operation.ts';
import { appParams } from './apps.ts';
import { fullScope } from './scopes.ts';
import { id, idOrSlug, listQuery, none, page, tenantParams, timestamp } from './shared.ts';

export const installationState = z.enum(['active', 'paused', 'revoked']);

/** An app as others name it. */
export const appAddress = z.string().regex(/^[a-z0-9_-]{1,100}\/[a-z0-9_-]{1,100}$/, '`<tenant>/<app>`');
const grantedScopes = z.array(fullScope).max(limits.scopesPerAppMax * 2);

/** As the tenant has it that has installed the app. */
export const installation = z.object({
  id: id('installation'),
  app: z.string().describe('`<tenant>/<app>`'),
  app_id: id('app'),
  app_name: z.string(),
  scopes: z.array(z.string()).describe('What the app may do for this tenant'),
  state: installationState,
  trial: z
    .boolean()
    .describe('A member tries it: people’s tokens of low risk only, none of the app’s own, until an admin grants it'),
  granted_by: z.string().describe('The member, or operator, who has installed it'),
  created_at: timestamp,
  updated_at: timestamp,
});

/** The same installation as the developer of the app sees it: of the tenant no more than its address. */
export const installed = z.object({
  id: id('installation'),
  app: z.string().describe('Slug of the app'),
  app_id: id('app'),
  installer: z.string().describe('Slug of the tenant that has installed the app'),
  installer_id: id('tenant').describe(
    'What a token for this tenant is asked for with: `urn:tulou:tenant:<installer_id>`',
  ),
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
    summary: 'Install an app: grant it scopes on what this tenant has',
    access: 'admin',
    params: tenantParams,
    query: none,
    body: z.object({
      app: appAddress,
      scopes: grantedScopes
        .optional()
        .describe('All that the app requires, and of its optional ones any; required ones where nothing is said'),
    }),
    output: installation,
    status: 201,
    errors: ['conflict', 'not_found', 'state_conflict', 'quota_exceeded'],
  }),
  try: operation({
    id: 'installations.try',
    method: 'POST',
    path: '/tenants/{tenant}/installations/try',
    summary: 'Install an app on trial: scopes of low risk, for people’s tokens only; where the tenant lets members try',
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
    summary: 'List which apps a tenant has installed, what they may do, and who granted it',
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
    summary: 'Narrow or widen what an app may do, within what it declares',
    access: 'admin',
    params: installationParams,
    query: none,
    body: z.object({ scopes: grantedScopes.optional() }),
    output: installation,
    status: 200,
    errors: ['state_conflict', 'precondition_failed'],
  }),
  pause: move('pause', 'Stop what an app does for this tenant, until it is resumed'),
  resume: move('resume', 'Let a paused app go on'),
  delete: operation({
    id: 'installations.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/installations/{installation}',
    summary: 'Revoke an installation: every gateway refuses its tokens; it stays readable in state `revoked`',
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
    summary: 'List which tenants have installed an app',
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
    summary: 'Read an installation of an app, from the developer’s side',
    access: 'viewer',
    params: installedParams,
    query: none,
    body: undefined,
    output: installed,
    status: 200,
  }),
};

/** What an admin looks at to decide which apps go on. */
export const inventory = {
  list: operation({
    id: 'inventory.list',
    method: 'GET',
    path: '/tenants/{tenant}/inventory',
    summary: 'List the installed apps with who granted them what, and how much they are used',
    access: 'admin',
    params: tenantParams,
    query: listQuery,
    body: undefined,
    output: page(
      installation.extend({
        app_state: z
          .enum(['active', 'suspended', 'blocked', 'deleted'])
          .describe('The app itself: only calls of an active one are let through'),
        granted_by_email: z.string().nullable().describe('Null: an operator, or a member who is gone'),
        calls: z.int().describe('Calls with its tokens in the last 30 days, UTC, with today'),
        last_call_at: timestamp.nullable().describe('To the minute; null: never, or not for 400 days'),
        approvals_open: z.int().describe('What members ask for in this app'),
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
