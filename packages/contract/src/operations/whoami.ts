import { z } from 'zod';
import { operation, roles } from '../operation.ts';
import { id, none, slug } from './shared.ts';

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
        tenant: z.object({ id: id('tenant'), slug, name: z.string() }),
      }),
    ]),
    status: 200,
    whileDeleting: true,
  }),
};
