import { z } from 'zod';
import { operation } from '../operation.ts';
import { id, listQuery, none, page, tenantParams, timestamp } from './shared.ts';

export const auditEntry = z.object({
  id: id('audit'),
  /** Position in the tenant's chain, from 1. */
  seq: z.int(),
  at: timestamp,
  /** A member's id, `operator:<credential>` or `job:<name>`. */
  actor: z.string(),
  operation: z.string(),
  target: z.string(),
  before: z.unknown().describe('The object before the operation; null if it did not exist'),
  after: z.unknown().describe('The object after the operation; null if it no longer exists'),
  /** The reason that an operator gave. */
  reason: z.string().nullable(),
  address: z.string(),
  request_id: z.string(),
  hash: z.string(),
});

export const audit = {
  list: operation({
    id: 'audit.list',
    method: 'GET',
    path: '/tenants/{tenant}/audit',
    summary: 'List audit entries, newest first',
    access: 'admin',
    params: tenantParams,
    query: listQuery.extend({
      target: z.string().max(200).optional(),
      actor: z.string().max(200).optional(),
      from: timestamp.optional(),
      to: timestamp.optional(),
    }),
    body: undefined,
    output: page(auditEntry),
    status: 200,
  }),
  verify: operation({
    id: 'audit.verify',
    method: 'GET',
    path: '/tenants/{tenant}/audit/verify',
    summary: 'Verify the hash chain of the audit log, and report where it is broken',
    access: 'admin',
    params: tenantParams,
    query: none,
    body: undefined,
    output: z.object({
      holds: z.boolean(),
      entries: z.int(),
      /** `seq` of the first missing or changed entry. */
      broken_at: z.int().nullable(),
      head: z
        .string()
        .describe('Hash of the last entry. Save it elsewhere to detect a later rewrite of the whole chain'),
    }),
    status: 200,
  }),
  get: operation({
    id: 'audit.get',
    method: 'GET',
    path: '/tenants/{tenant}/audit/{entry}',
    summary: 'Read an audit entry',
    access: 'admin',
    params: tenantParams.extend({ entry: z.string().max(100) }),
    query: none,
    body: undefined,
    output: auditEntry,
    status: 200,
  }),
};
