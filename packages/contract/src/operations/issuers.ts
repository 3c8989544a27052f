import { z } from 'zod';
import { operation } from '../operation.ts';
import { givenName, hostName, name, none, tenantParams, timestamp } from './shared.ts';

const accent = z
  .string()
  .toLowerCase()
  .regex(/^#[0-9a-f]{6}$/, 'a colour such as `#1a4fa0`')
  .describe('The colour of its pages; where text could not be read in it, a darker or lighter one stands for it');
const signUp = z
  .enum(['open', 'invited'])
  .describe('Who may have an account: whoever has an e-mail address, or whom an admin has added');
const state = z
  .enum(['active', 'paused'])
  .describe('`paused`: nobody signs in, and every gateway refuses the tokens that it has issued');

const kid = z.string().min(1).max(100);
const signingKey = z.object({
  kid,
  state: z
    .enum(['next', 'current', 'previous'])
    .describe('`next` is known before it signs, `current` signs, `previous` only verifies'),
  changed_at: timestamp,
});

export const issuer = z.object({
  host: z.string(),
  issuer: z.string().describe('Its `iss`, from where clients discover the rest (RFC 8414)'),
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
    summary: 'Read the issuer of a tenant, and which keys it signs with',
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
    summary: 'Give a tenant an issuer of its own, or change it: end users sign in at its host name',
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
    summary: 'Sign with the next key from now on; the current one verifies for a day more',
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
    summary: 'Take a key out of use that is in wrong hands: nothing that it has signed is accepted any more',
    access: 'admin',
    params: tenantParams,
    query: none,
    body: z.object({ kid: kid.optional().describe('The one that signs, where none is named') }),
    output: issuer,
    status: 200,
  }),
  delete: operation({
    id: 'issuers.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/issuer',
    summary: 'Delete the issuer of a tenant with all its users and keys, for good',
    access: 'owner',
    params: tenantParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['precondition_failed'],
  }),
};
