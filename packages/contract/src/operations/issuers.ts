import { z } from 'zod';
import { operation } from '../operation.ts';
import { givenName, hostName, name, none, tenantParams, timestamp } from './shared.ts';

const accent = z
  .string()
  .toLowerCase()
  .regex(/^#[0-9a-f]{6}$/, 'a colour such as `#1a4fa0`')
  .describe('Accent colour of its pages; made darker or lighter if text would be unreadable');
const signUp = z
  .enum(['open', 'invited'])
  .describe('`open`: anyone with an email address may sign up; `invited`: only users that an admin added');
const state = z
  .enum(['active', 'paused'])
  .describe('`paused`: sign-in is closed, and every gateway rejects its tokens');

const kid = z.string().min(1).max(100);
const signingKey = z.object({
  kid,
  algorithm: z
    .enum(['ES256', 'RS256'])
    .describe('`ES256` signs access tokens; `RS256` signs `id_token`s of clients that ask for it'),
  state: z
    .enum(['next', 'current', 'previous'])
    .describe('`next` is published in advance, `current` signs, `previous` only verifies'),
  changed_at: timestamp,
});

export const issuer = z.object({
  host: z.string(),
  issuer: z.string().describe('Issuer identifier (`iss`); clients discover the metadata there (RFC 8414)'),
  name: givenName,
  accent: z.string().nullable(),
  sign_up: signUp,
  state,
  keys: z.array(signingKey),
  created_at: timestamp,
  updated_at: timestamp,
});

export const issuers = {
  get: operation({
    id: 'issuers.get',
    method: 'GET',
    path: '/tenants/{tenant}/issuer',
    summary: 'Read the issuer of a tenant with its signing keys',
    access: 'viewer',
    params: tenantParams,
    query: none,
    body: undefined,
    output: issuer,
    status: 200,
  }),
  put: operation({
    id: 'issuers.put',
    method: 'PUT',
    path: '/tenants/{tenant}/issuer',
    summary: 'Create or change the issuer of a tenant: end users sign in at its host name',
    access: 'admin',
    params: tenantParams,
    query: none,
    body: z.object({
      host: hostName,
      name,
      accent: accent.nullable().default(null),
      sign_up: signUp.default('invited'),
      state: state.default('active'),
    }),
    output: issuer,
    status: 200,
    errors: ['conflict', 'precondition_failed', 'domain_unproven'],
  }),
  rotate: operation({
    id: 'issuers.rotate',
    method: 'POST',
    path: '/tenants/{tenant}/issuer/rotate',
    summary: 'Rotate the signing key. The current key stays valid for verification for one day',
    access: 'admin',
    params: tenantParams,
    query: none,
    body: undefined,
    output: issuer,
    status: 200,
  }),
  revoke: operation({
    id: 'issuers.revoke',
    method: 'POST',
    path: '/tenants/{tenant}/issuer/revoke',
    summary: 'Revoke a compromised signing key. Every token that it signed is rejected',
    access: 'admin',
    params: tenantParams,
    query: none,
    body: z.object({ kid: kid.optional().describe('Key ID; by default the current signing key') }),
    output: issuer,
    status: 200,
  }),
  delete: operation({
    id: 'issuers.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/issuer',
    summary: 'Delete the issuer of a tenant with all its users and keys for good',
    access: 'owner',
    params: tenantParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['precondition_failed'],
  }),
};
