import { z } from 'zod';
import { artifactDigest, hostingLimits } from '../hosting.ts';
import { operation } from '../operation.ts';
import { id, idOrSlug, listQuery, none, page, tenantParams, timestamp } from './shared.ts';

const content = z
  .string()
  .max(Math.ceil(hostingLimits.artifactPieceBytesMax / 3) * 4)
  .regex(/^[A-Za-z0-9+/]*={0,2}$/, 'base64 (RFC 4648 §4)')
  .describe('The next bytes, base64');

const digest = artifactDigest.meta({
  description: 'SHA-256 of the whole archive: an uncompressed tar',
  examples: [`sha256:${'0'.repeat(64)}`],
});
const sizeBytes = z.int().min(1).max(hostingLimits.artifactBytesMax);

export const artifact = z.object({
  id: id('artifact'),
  digest: z.string(),
  size_bytes: z.int(),
  received_bytes: z.int(),
  state: z.enum(['receiving', 'complete']),
  created_at: timestamp,
  updated_at: timestamp,
});

export const artifactParams = tenantParams.extend({ artifact: idOrSlug });

export const artifacts = {
  create: operation({
    id: 'artifacts.create',
    method: 'POST',
    path: '/tenants/{tenant}/artifacts',
    summary: 'Begin the upload of an artifact: the archive with the code of a revision. `tulou deploy` does all of it',
    access: 'developer',
    params: tenantParams,
    query: none,
    body: z.object({ digest, size_bytes: sizeBytes, content: content.default('') }),
    output: artifact,
    status: 201,
    errors: ['conflict', 'quota_exceeded', 'artifact_invalid'],
  }),
  list: operation({
    id: 'artifacts.list',
    method: 'GET',
    path: '/tenants/{tenant}/artifacts',
    summary: 'List the artifacts of a tenant',
    access: 'viewer',
    params: tenantParams,
    query: listQuery.extend({ digest: z.string().max(100).optional() }),
    body: undefined,
    output: page(artifact),
    status: 200,
  }),
  get: operation({
    id: 'artifacts.get',
    method: 'GET',
    path: '/tenants/{tenant}/artifacts/{artifact}',
    summary: 'Read an artifact: how much of it has arrived',
    access: 'viewer',
    params: artifactParams,
    query: none,
    body: undefined,
    output: artifact,
    status: 200,
  }),
  update: operation({
    id: 'artifacts.update',
    method: 'PATCH',
    path: '/tenants/{tenant}/artifacts/{artifact}',
    summary: 'Append to an upload. An upload that stops goes on at `received_bytes`, within an hour',
    access: 'developer',
    params: artifactParams,
    query: none,
    body: z.object({
      offset: z.int().min(0).describe('Must be `received_bytes`').default(0),
      content: content.default(''),
    }),
    output: artifact,
    status: 200,
    errors: ['state_conflict', 'artifact_invalid', 'precondition_failed'],
  }),
  delete: operation({
    id: 'artifacts.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/artifacts/{artifact}',
    summary: 'Delete an artifact. Refused while a revision needs it',
    access: 'developer',
    params: artifactParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['in_use', 'precondition_failed'],
  }),
};
