import { z } from 'zod';
import { operation, roles } from '../operation.ts';
import { id, none, slug } from './shared.ts';

const tenant = z.object({ id: id('tenant'), slug, name: z.string() });

export const whoami = {
  get: operation({
    id: 'whoami.get',
    method: 'GET',
    path: '/whoami',
    summary: 'Who this credential belongs to, and what it may do',
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
        role: z.enum(roles).describe('What this token may do: the lower of its own role and the role of the member'),
        token: id('token'),
        tenant,
      }),
      z.object({
        kind: z.literal('person').describe('Somebody who has signed in'),
        id: id('user'),
        email: z.string(),
        name: z.string(),
        tenants: z
          .array(tenant.extend({ member: id('member'), role: z.enum(roles) }))
          .describe('Where they are a member, by slug'),
      }),
    ]),
    status: 200,
    whileDeleting: true,
  }),
};
