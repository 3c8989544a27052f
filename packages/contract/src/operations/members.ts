import { z } from 'zod';
import { operation, roles } from '../operation.ts';
import { id, listQuery, none, page, tenantParams, timestamp } from './shared.ts';

const email = z.email().max(254).toLowerCase();
const role = z.enum(roles);

export const member = z.object({
  id: id('member'),
  email: z.string(),
  role,
  joined: z.boolean().describe('Whether the member accepted the invitation'),
  created_at: timestamp,
  updated_at: timestamp,
});

const memberParams = tenantParams.extend({ member: z.string().max(100) });

export const members = {
  create: operation({
    id: 'members.create',
    method: 'POST',
    path: '/tenants/{tenant}/members',
    summary: 'Add a member with a role no higher than your own. An invitation is sent by mail',
    access: 'admin',
    params: tenantParams,
    query: none,
    body: z.object({ email, role }),
    output: member,
    status: 201,
    errors: ['conflict'],
  }),
  invite: operation({
    id: 'members.invite',
    method: 'POST',
    path: '/tenants/{tenant}/members/{member}/invite',
    summary: 'Send a new invitation to a member who has not joined. The previous one becomes invalid',
    access: 'admin',
    params: memberParams,
    query: none,
    body: undefined,
    output: member,
    status: 200,
    errors: ['state_conflict'],
  }),
  list: operation({
    id: 'members.list',
    method: 'GET',
    path: '/tenants/{tenant}/members',
    summary: 'List members',
    access: 'viewer',
    params: tenantParams,
    query: listQuery,
    body: undefined,
    output: page(member),
    status: 200,
  }),
  get: operation({
    id: 'members.get',
    method: 'GET',
    path: '/tenants/{tenant}/members/{member}',
    summary: 'Read a member',
    access: 'viewer',
    params: memberParams,
    query: none,
    body: undefined,
    output: member,
    status: 200,
  }),
  update: operation({
    id: 'members.update',
    method: 'PATCH',
    path: '/tenants/{tenant}/members/{member}',
    summary: 'Change the role of a member',
    access: 'admin',
    params: memberParams,
    query: none,
    body: z.object({ role: role.optional() }),
    output: member,
    status: 200,
    errors: ['state_conflict'],
  }),
  delete: operation({
    id: 'members.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/members/{member}',
    summary: 'Remove a member with all their tokens. The last owner cannot be removed',
    access: 'admin',
    params: memberParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['state_conflict'],
  }),
};
