import { z } from 'zod';
import { limits } from '../limits.ts';
import { environment } from '../kinds/environment.ts';
import { keyKind } from '../kinds/key.ts';
import { operation } from '../operation.ts';
import { appParams } from './apps.ts';
import { fullScope } from './scopes.ts';
import { givenName, id, idOrSlug, listQuery, name, none, page, timestamp } from './shared.ts';

const kind = keyKind.describe(
  'bearer: sent with each call. ed25519, hmac-sha256: signs each call (RFC 9421) and is never sent',
);
const publicKey = z
  .string()
  .regex(/^[A-Za-z0-9_-]{43}$/, 'the 32 bytes of a public Ed25519 key, base64url: `x` of its JWK')
  .describe('Public part of an Ed25519 key: `x` of its JWK (RFC 8037)');

const scopes = z
  .array(fullScope)
  .max(limits.scopesPerAppMax)
  .refine((list) => new Set(list).size === list.length, 'each scope once')
  .describe('Scopes of the app that calls with this key hold: `<tenant>/<api>:<scope>`');

export const key = z.object({
  id: id('key'),
  app: z.string().describe('Slug of the app'),
  environment,
  kind,
  name: givenName.nullable(),
  scopes: z.array(z.string()),
  credential_id: z.string().describe('The public part of the key: identifies it, and is the `keyid` of signatures'),
  public_key: publicKey.nullable(),
  expires_at: timestamp.nullable(),
  created_at: timestamp,
  updated_at: timestamp,
});

const shownOnce = key.extend({
  key: z
    .string()
    .nullable()
    .describe('The key itself. Shown only once, not stored. Null for an Ed25519 key, whose private half you keep'),
});

export const keyParams = appParams.extend({ key: idOrSlug });

export const keys = {
  create: operation({
    id: 'keys.create',
    method: 'POST',
    path: '/tenants/{tenant}/apps/{app}/keys',
    summary: 'Issue an API key of an app. The key is shown only in this answer',
    access: 'developer',
    params: appParams,
    query: none,
    body: z.object({
      environment,
      kind: kind.default('bearer'),
      public_key: publicKey.nullable().default(null),
      name: name.nullable().default(null),
      scopes: scopes.default([]),
      expires_at: timestamp.nullable().default(null),
    }),
    output: shownOnce,
    status: 201,
    secret: true,
    errors: ['quota_exceeded'],
  }),
  list: operation({
    id: 'keys.list',
    method: 'GET',
    path: '/tenants/{tenant}/apps/{app}/keys',
    summary: 'List the API keys of an app, without their secrets',
    access: 'viewer',
    params: appParams,
    query: listQuery,
    body: undefined,
    output: page(key),
    status: 200,
  }),
  get: operation({
    id: 'keys.get',
    method: 'GET',
    path: '/tenants/{tenant}/apps/{app}/keys/{key}',
    summary: 'Read an API key without its secret',
    access: 'viewer',
    params: keyParams,
    query: none,
    body: undefined,
    output: key,
    status: 200,
  }),
  update: operation({
    id: 'keys.update',
    method: 'PATCH',
    path: '/tenants/{tenant}/apps/{app}/keys/{key}',
    summary: 'Change the name, the scopes or the expiry of an API key',
    access: 'developer',
    params: keyParams,
    query: none,
    body: z.object({
      name: name.nullable().optional(),
      scopes: scopes.optional(),
      expires_at: timestamp.nullable().optional(),
    }),
    output: key,
    status: 200,
    errors: ['precondition_failed'],
  }),
  rotate: operation({
    id: 'keys.rotate',
    method: 'POST',
    path: '/tenants/{tenant}/apps/{app}/keys/{key}/rotate',
    summary: 'Issue the successor of an API key. The old key stays valid for `overlap_seconds`',
    access: 'developer',
    params: keyParams,
    query: none,
    body: z.object({
      overlap_seconds: z.int().min(0).max(limits.keyOverlapSecondsMax).default(86_400),
      public_key: publicKey.nullable().default(null),
    }),
    output: shownOnce,
    status: 201,
    secret: true,
    errors: ['quota_exceeded', 'state_conflict'],
  }),
  delete: operation({
    id: 'keys.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/apps/{app}/keys/{key}',
    summary: 'Revoke an API key on every gateway',
    access: 'developer',
    params: keyParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['precondition_failed'],
  }),
};
