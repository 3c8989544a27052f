import { z } from 'zod';
import { operation } from '../operation.ts';
import { listQuery, name, none, page, timestamp } from './shared.ts';

export const operatorToken = z.object({
  id: z.string().describe('Its first eight characters name the token in audit trails, after `operator:`'),
  name,
  from_file: z.boolean().describe('Whether it is, or was, the content of the operator token file of control'),
  created_by: z.string().nullable(),
  expires_at: timestamp.nullable(),
  revoked_at: timestamp.nullable(),
  created_at: timestamp,
});

const tokenParams = z.object({ token: z.string().max(100) });

export const operatorTokens = {
  create: operation({
    id: 'operator-tokens.create',
    method: 'POST',
    path: '/operator-tokens',
    summary: 'Create an operator token with a name, for one person or one program',
    access: 'operator',
    params: none,
    query: none,
    body: z.object({
      name,
      expires_in_days: z.number().int().min(1).max(3650).optional().describe('Absent: it does not expire'),
    }),
    output: operatorToken.extend({
      token: z
        .string()
        .describe('Shown once')
        .meta({ examples: ['tlo_<id>_<secret>_<checksum>'] }),
    }),
    status: 201,
    secret: true,
    errors: ['forbidden', 'state_conflict'],
  }),
  list: operation({
    id: 'operator-tokens.list',
    method: 'GET',
    path: '/operator-tokens',
    summary: 'List the operator tokens, also those that expired or were revoked',
    access: 'operator',
    params: none,
    query: listQuery,
    body: undefined,
    output: page(operatorToken),
    status: 200,
  }),
  get: operation({
    id: 'operator-tokens.get',
    method: 'GET',
    path: '/operator-tokens/{token}',
    summary: 'Read what is known of an operator token',
    access: 'operator',
    params: tokenParams,
    query: none,
    body: undefined,
    output: operatorToken,
    status: 200,
  }),
  revoke: operation({
    id: 'operator-tokens.revoke',
    method: 'DELETE',
    path: '/operator-tokens/{token}',
    summary: 'Revoke an operator token, at once and for good',
    access: 'operator',
    params: tokenParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['precondition_failed'],
  }),
};
