import { z } from 'zod';
import { limits } from '../limits.ts';
import { environment } from '../kinds/environment.ts';
import { operation } from '../operation.ts';
import { appParams, redirectUris } from './apps.ts';
import { givenName, id, idOrSlug, listQuery, name, none, page, timestamp } from './shared.ts';

const authentication = z
  .enum(['none', 'private_key_jwt', 'client_secret_basic', 'client_secret_post', 'tls_client_auth'])
  .describe('Authentication method at the token endpoint; `none`: a public client that cannot keep a secret');

export const grantType = z.enum([
  'authorization_code',
  'refresh_token',
  'client_credentials',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
]);
const grantTypes = z
  .array(grantType)
  .min(1)
  .refine((list) => new Set(list).size === list.length, 'each grant type once');

/** RFC 7517 §5. The server validates each key: no private part, and a supported algorithm. */
const jwks = z
  .object({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(limits.keysPerJwksMax) })
  .describe('Public keys (RFC 7517) that verify the assertions of `private_key_jwt`');

/** One name of a certificate, as RFC 8705 §2.1.2 has it; a distinguished name has too many spellings. */
const tlsSubject = z
  .string()
  .max(limits.urlCharactersMax)
  .regex(/^(?:dns:[a-z0-9.-]{1,253}|uri:[a-z][a-z0-9+.-]*:[\x21-\x7e]+)$/, 'dns:<host name> or uri:<URI>')
  .describe('Subject alternative name of its certificate for `tls_client_auth`: `dns:…` or `uri:…`');

const certificateBound = z
  .boolean()
  .describe('Bind access tokens to its TLS certificate, which every call must present (RFC 8705)');

/** Fetched by the platform, never by a browser. */
const backchannelLogoutUri = z
  .url({ protocol: /^https?$/ })
  .max(limits.urlCharactersMax)
  .refine((text) => !text.includes('#') && !/^[a-z]+:\/\/[^/]*@/i.test(text), 'without fragment and user name')
  .describe('URL for logout notifications (OpenID Connect Back-Channel Logout)');

const postLogoutRedirectUris = redirectUris.describe('Allowed redirect URIs after sign-out');

const dpopBound = z.boolean().describe('Bind access tokens to a key that every call must prove (DPoP, RFC 9449)');

const idTokenAlgorithm = z
  .enum(['RS256', 'ES256'])
  .describe(
    'The algorithm that signs its `id_token`s (OpenID Connect Registration §2). Access tokens are always ES256',
  );

const pkce = z
  .enum(['required', 'optional'])
  .describe(
    '`optional`: a client with authentication may sign people in without PKCE where the request has a `nonce` (RFC 9700 §2.1.1)',
  );

const pushedOnly = z.boolean().describe('It may start a sign-in only by a pushed request (RFC 9126)');

export const client = z.object({
  id: id('client').describe('The `client_id`'),
  app: z.string().describe('Slug of the app'),
  name: givenName,
  environment,
  authentication,
  grant_types: z.array(grantType),
  redirect_uris: z.array(z.string()),
  post_logout_redirect_uris: z.array(z.string()),
  backchannel_logout_uri: z.string().nullable(),
  jwks: jwks.nullable(),
  tls_subject: z.string().nullable(),
  dpop_bound: z.boolean(),
  certificate_bound: z.boolean(),
  id_token_signed_response_alg: idTokenAlgorithm,
  pkce,
  require_pushed_authorization_requests: pushedOnly,
  created_at: timestamp,
  updated_at: timestamp,
});

const shownOnce = client.extend({
  client_secret: z
    .string()
    .nullable()
    .describe('Shown only once: only its hash is stored. Null if the client has no secret'),
});

const clientParams = appParams.extend({ client: idOrSlug });

export const clients = {
  create: operation({
    id: 'clients.create',
    method: 'POST',
    path: '/tenants/{tenant}/apps/{app}/clients',
    summary: 'Register an OAuth client of an app. The secret is shown only in this answer',
    access: 'developer',
    params: appParams,
    query: none,
    body: z.object({
      name,
      environment,
      authentication,
      grant_types: grantTypes,
      redirect_uris: redirectUris.default([]),
      post_logout_redirect_uris: postLogoutRedirectUris.default([]),
      backchannel_logout_uri: backchannelLogoutUri.nullable().default(null),
      jwks: jwks.nullable().default(null),
      tls_subject: tlsSubject.nullable().default(null),
      dpop_bound: dpopBound.default(false),
      certificate_bound: certificateBound.default(false),
      id_token_signed_response_alg: idTokenAlgorithm.default('RS256'),
      pkce: pkce.default('required'),
      require_pushed_authorization_requests: pushedOnly.default(false),
    }),
    output: shownOnce,
    status: 201,
    secret: true,
    errors: ['quota_exceeded'],
  }),
  list: operation({
    id: 'clients.list',
    method: 'GET',
    path: '/tenants/{tenant}/apps/{app}/clients',
    summary: 'List the OAuth clients of an app',
    access: 'viewer',
    params: appParams,
    query: listQuery,
    body: undefined,
    output: page(client),
    status: 200,
  }),
  get: operation({
    id: 'clients.get',
    method: 'GET',
    path: '/tenants/{tenant}/apps/{app}/clients/{client}',
    summary: 'Read an OAuth client without its secret',
    access: 'viewer',
    params: clientParams,
    query: none,
    body: undefined,
    output: client,
    status: 200,
  }),
  update: operation({
    id: 'clients.update',
    method: 'PATCH',
    path: '/tenants/{tenant}/apps/{app}/clients/{client}',
    summary: 'Change an OAuth client. Its authentication method and environment cannot change',
    access: 'developer',
    params: clientParams,
    query: none,
    body: z.object({
      name: name.optional(),
      grant_types: grantTypes.optional(),
      redirect_uris: redirectUris.optional(),
      post_logout_redirect_uris: postLogoutRedirectUris.optional(),
      backchannel_logout_uri: backchannelLogoutUri.nullable().optional(),
      jwks: jwks.nullable().optional(),
      tls_subject: tlsSubject.nullable().optional(),
      dpop_bound: dpopBound.optional(),
      certificate_bound: certificateBound.optional(),
      id_token_signed_response_alg: idTokenAlgorithm.optional(),
      pkce: pkce.optional(),
      require_pushed_authorization_requests: pushedOnly.optional(),
    }),
    output: client,
    status: 200,
    errors: ['precondition_failed'],
  }),
  rotate: operation({
    id: 'clients.rotate',
    method: 'POST',
    path: '/tenants/{tenant}/apps/{app}/clients/{client}/rotate',
    summary: 'Issue a new client secret. The current one stays valid for `overlap_seconds`; older ones end immediately',
    access: 'developer',
    params: clientParams,
    query: none,
    body: z.object({ overlap_seconds: z.int().min(0).max(limits.keyOverlapSecondsMax).default(0) }),
    output: shownOnce,
    status: 201,
    secret: true,
    errors: ['state_conflict'],
  }),
  delete: operation({
    id: 'clients.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/apps/{app}/clients/{client}',
    summary: 'Delete an OAuth client. Every gateway rejects its tokens',
    access: 'developer',
    params: clientParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['precondition_failed'],
  }),
};
