import { z } from 'zod';
import { artifactPath, instanceCounts, instanceLimits, variables, workloadKind } from '../hosting.ts';
import { operation } from '../operation.ts';
import { serviceParams } from './services.ts';
import { id, idOrSlug, listQuery, none, page, timestamp } from './shared.ts';

const kind = workloadKind.describe(
  '`worker`: a module with `export default { fetch }`; `node`: a program that listens where `PORT` says',
);

export const revision = z.object({
  id: id('revision'),
  service: z.string().describe('Slug of the service'),
  number: z.int().describe('1 for the first revision of a service'),
  kind,
  artifact: z.object({ id: id('artifact'), digest: z.string(), size_bytes: z.int() }),
  entry: z.string(),
  variables: z.record(z.string(), z.string()),
  limits: instanceLimits.required(),
  instances: z.object({ min: z.int(), max: z.int(), idle_ms: z.int() }),
  created_at: timestamp,
});

export const revisionParams = serviceParams.extend({ revision: idOrSlug });

export const revisions = {
  create: operation({
    id: 'revisions.create',
    method: 'POST',
    path: '/tenants/{tenant}/services/{service}/revisions',
    summary: 'Create a revision of a service. It never changes, and takes no calls before a release names it',
    access: 'developer',
    params: serviceParams,
    query: none,
    body: z.object({
      kind,
      artifact: idOrSlug.describe('ID or digest of an artifact that is complete'),
      entry: artifactPath.describe('The module to start, inside the artifact'),
      variables: variables
        .default({})
        .describe('Environment variables. They are no place for secrets: every member can read them'),
      limits: instanceLimits.prefault({}).describe('Limits of one instance'),
      instances: instanceCounts.prefault({}).describe('How many instances run; with `min` 0 none while no call comes'),
    }),
    output: revision,
    status: 201,
    errors: ['state_conflict', 'quota_exceeded', 'too_many_requests'],
  }),
  list: operation({
    id: 'revisions.list',
    method: 'GET',
    path: '/tenants/{tenant}/services/{service}/revisions',
    summary: 'List the revisions of a service, the newest first',
    access: 'viewer',
    params: serviceParams,
    query: listQuery,
    body: undefined,
    output: page(revision),
    status: 200,
  }),
  get: operation({
    id: 'revisions.get',
    method: 'GET',
    path: '/tenants/{tenant}/services/{service}/revisions/{revision}',
    summary: 'Read a revision',
    access: 'viewer',
    params: revisionParams,
    query: none,
    body: undefined,
    output: revision,
    status: 200,
  }),
  delete: operation({
    id: 'revisions.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/services/{service}/revisions/{revision}',
    summary: 'Delete a revision. Refused while the current release of an environment names it',
    access: 'developer',
    params: revisionParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['in_use', 'precondition_failed'],
  }),
};
