import { z } from 'zod';
import { operation, roles } from '../operation.ts';
import { id, none, slug } from './shared.ts';

const tenant = z.object({ id: id('tenant'), slug, name: z.string() });

export const whoami = {
  get: operation({
    id: 'whoami.get',
    method: 'GET',
    path: '/whoami',
    summary: 'Show the owner and the rights of the credential',
    access: 'viewer',
    params: none,
    query: none,
    body: undefined,
    output: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('operator'), id: z.string() }),
      z.object({
        kind: z.literal('member'),
        id: id('member'),
        email: z.string(),
        role: z.enum(roles).describe('Effective role: the lower of the token’s role and the member’s role'),
        token: id('token'),
        tenant,
      }),
      z.object({
        kind: z.literal('person').describe('A person who signed in'),
        id: id('user'),
        email: z.string(),
        name: z.string(),
        tenants: z
          .array(tenant.extend({ member: id('member'), role: z.enum(roles) }))
          .describe('Tenants of which they are a member, sorted by slug'),
      }),
    ]),
    status: 200,
    whileDeleting: true,
  }),
};
