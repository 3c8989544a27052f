import { z } from 'zod';
import { limits } from '../limits.ts';
import { operation } from '../operation.ts';
import { appAddress } from './installations.ts';
import { fullScope } from './scopes.ts';
import { id, idOrSlug, listQuery, none, page, tenantParams, timestamp } from './shared.ts';

export const approvalState = z
  .enum(['open', 'approved', 'rejected'])
  .describe('What is approved holds until the approval is deleted');

/** What a member asks an admin to allow them in an app, and what came of it. */
export const approval = z.object({
  id: id('approval'),
  member: id('member').describe('Who asks'),
  app: z.string().describe('`<tenant>/<app>`'),
  app_id: id('app'),
  app_name: z.string(),
  scopes: z.array(z.string()).describe('What the app may then do for this member'),
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
    summary: 'Ask an admin to install an app, or to allow a member scopes of it that their role does not',
    access: 'viewer',
    params: tenantParams,
    query: none,
    body: z.object({
      app: appAddress,
      scopes: z
        .array(fullScope)
        .max(limits.scopesPerAppMax * 2)
        .default([])
        .describe('Of those that the app declares; the required ones where nothing is said'),
      member: id('member')
        .optional()
        .describe('Whom it is for: the caller, where nothing is said; only admins name another'),
    }),
    output: approval,
    status: 201,
    errors: ['conflict', 'not_found', 'state_conflict', 'quota_exceeded'],
  }),
  list: operation({
    id: 'approvals.list',
    method: 'GET',
    path: '/tenants/{tenant}/approvals',
    summary: 'List what members have asked for, and what was allowed them',
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
    summary: 'Read what a member has asked for',
    access: 'viewer',
    params: approvalParams,
    query: none,
    body: undefined,
    output: approval,
    status: 200,
  }),
  approve: decide('approve', 'Allow a member what they have asked for; the installation must grant it already'),
  reject: decide('reject', 'Do not allow a member what they have asked for'),
  delete: operation({
    id: 'approvals.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/approvals/{approval}',
    summary: 'Take back what was allowed to a member: their tokens for it are refused at once',
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
