import { z } from 'zod';
import { hostingLimits } from '../hosting.ts';
import { environment } from '../kinds/environment.ts';
import { operation } from '../operation.ts';
import { serviceParams } from './services.ts';
import { id, idOrSlug, listQuery, none, page, timestamp } from './shared.ts';

const weights = z
  .array(
    z.object({
      revision: idOrSlug.describe('ID or number of a revision'),
      weight: z.int().min(0).max(100).default(100),
    }),
  )
  .min(1)
  .max(hostingLimits.revisionsPerReleaseMax)
  .refine((all) => all.reduce((sum, { weight }) => sum + weight, 0) === 100, 'the weights must sum to 100')
  .describe('Share of the calls of each revision, in percent. A revision with weight 0 is made ready');

export const release = z.object({
  id: id('release'),
  service: z.string().describe('Slug of the service'),
  environment,
  weights: z.array(z.object({ revision: z.string(), number: z.int().nullable(), weight: z.int() })),
  current: z.boolean().describe('Whether it is in force. Another release of the environment replaces it'),
  created_at: timestamp,
});

export const releaseParams = serviceParams.extend({ release: idOrSlug });

export const releases = {
  create: operation({
    id: 'releases.create',
    method: 'POST',
    path: '/tenants/{tenant}/services/{service}/releases',
    summary: 'Release revisions of a service in an environment, in the place of the current release',
    access: 'developer',
    params: serviceParams,
    query: none,
    body: z.object({ environment: environment.default('live'), weights }),
    output: release,
    status: 201,
    replaces: true,
    errors: ['precondition_failed', 'quota_exceeded'],
  }),
  list: operation({
    id: 'releases.list',
    method: 'GET',
    path: '/tenants/{tenant}/services/{service}/releases',
    summary: 'List the last releases of a service, the newest first',
    access: 'viewer',
    params: serviceParams,
    query: listQuery,
    body: undefined,
    output: page(release),
    status: 200,
  }),
  get: operation({
    id: 'releases.get',
    method: 'GET',
    path: '/tenants/{tenant}/services/{service}/releases/{release}',
    summary: 'Read a release. `live` and `test` name the current one of the environment',
    access: 'viewer',
    params: releaseParams,
    query: none,
    body: undefined,
    output: release,
    status: 200,
  }),
  delete: operation({
    id: 'releases.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/services/{service}/releases/{release}',
    summary: 'Delete a release. The service stops in the environment of a current one',
    access: 'developer',
    params: releaseParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['precondition_failed'],
  }),
};
