import { z } from 'zod';
import { limits } from '../limits.ts';
import { operation } from '../operation.ts';
import { appAddress } from './installations.ts';
import { fullScope } from './scopes.ts';
import { id, idOrSlug, listQuery, none, page, tenantParams, timestamp } from './shared.ts';

export const approvalState = z
  .enum(['open', 'approved', 'rejected'])
  .describe('An approval is valid until it is deleted');

/** A member's request for more scopes in an app, and the decision of an admin. */
export const approval = z.object({
  id: id('approval'),
  member: id('member').describe('The requesting member'),
  app: z.string().describe('`<tenant>/<app>`'),
  app_id: id('app'),
  app_name: z.string(),
  scopes: z.array(z.string()).describe('Scopes that the app may then use for this member'),
  state: approvalState,
  decided_by: z.string().nullable(),
  created_at: timestamp,
  updated_at: timestamp,
});

const approvalParams = tenantParams.extend({ approval: idOrSlug });

export const approvals = {
  create: operation({
    id: 'approvals.create',
    method: 'POST',
    path: '/tenants/{tenant}/approvals',
    summary: 'Request an approval: to install an app, or for scopes beyond a member’s role',
    access: 'viewer',
    params: tenantParams,
    query: none,
    body: z.object({
      app: appAddress,
      scopes: z
        .array(fullScope)
        .max(limits.scopesPerAppMax * 2)
        .default([])
        .describe('A subset of the scopes that the app declares; by default its required ones'),
      member: id('member')
        .optional()
        .describe('The member; by default the caller. Only admins may name another member'),
    }),
    output: approval,
    status: 201,
    errors: ['conflict', 'not_found', 'state_conflict', 'quota_exceeded'],
  }),
  list: operation({
    id: 'approvals.list',
    method: 'GET',
    path: '/tenants/{tenant}/approvals',
    summary: 'List the approvals that members requested, with their state',
    access: 'viewer',
    params: tenantParams,
    query: listQuery.extend({ state: approvalState.optional() }),
    body: undefined,
    output: page(approval),
    status: 200,
  }),
  get: operation({
    id: 'approvals.get',
    method: 'GET',
    path: '/tenants/{tenant}/approvals/{approval}',
    summary: 'Read an approval',
    access: 'viewer',
    params: approvalParams,
    query: none,
    body: undefined,
    output: approval,
    status: 200,
  }),
  approve: decide('approve', 'Approve a member’s request. The installation must already grant these scopes'),
  reject: decide('reject', 'Reject a member’s request'),
  delete: operation({
    id: 'approvals.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/approvals/{approval}',
    summary: 'Delete an approval. The member’s tokens that rely on it are rejected immediately',
    access: 'admin',
    params: approvalParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['precondition_failed'],
  }),
};

function decide<V extends string>(verb: V, summary: string) {
  return operation({
    id: `approvals.${verb}`,
    method: 'POST',
    path: `/tenants/{tenant}/approvals/{approval}/${verb}` as const,
    summary,
    access: 'admin',
    params: approvalParams,
    query: none,
    body: undefined,
    output: approval,
    status: 200,
    errors: ['state_conflict'],
  });
}
