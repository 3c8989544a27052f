import { z } from 'zod';
import { limits } from '../limits.ts';
import { operation } from '../operation.ts';
import { environment } from '../kinds/environment.ts';
import { apiParams } from './apis.ts';
import { id, idOrSlug, listQuery, none, page, slug, timestamp } from './shared.ts';

/** A version's name is part of the address: `v1`, `2026-11-01`, `1.4`. It has no underscore, so it is never an id. */
export const versionName = z
  .string()
  .max(limits.slugCharactersMax)
  .regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/, 'lower-case letters, digits and inner hyphens or dots');

export const versionState = z.enum(['draft', 'live', 'deprecated', 'retired']);
const access = z
  .enum(['open', 'key', 'token', 'any'])
  .describe('Required credential: none (`open`), an API key, a token, or any of the two');

const upstreamInput = z
  .object({
    url: z
      .string()
      .min(1)
      .max(limits.urlCharactersMax)
      .optional()
      .describe('`http` or `https` URL without user, query and fragment. Its path precedes the path of the call'),
    service: slug
      .optional()
      .describe('In the place of `url`: the slug of a service of this tenant that the platform runs'),
    weight: z.int().min(0).max(1000).default(1),
    environment: environment
      .optional()
      .describe(
        'Takes only calls of this environment; without it: calls of each environment that has no upstream of its own',
      ),
  })
  .refine(({ url, service }) => (url === undefined) !== (service === undefined), 'either `url` or `service`');
const upstreams = z.array(upstreamInput).max(limits.upstreamsPerVersionMax);
const openapi = z
  .union([z.string().max(limits.openapiBytesMax), z.record(z.string(), z.unknown())])
  .describe('An OpenAPI 3.0 or 3.1 document: YAML or JSON as text, or the object itself');
const strict = z
  .boolean()
  .describe(
    'Forward only what the document describes, and refuse the rest. Default: where any operation carries scopes',
  );
const strictDocument = z.boolean().default(false).describe('Refuse the document for warnings too');
const timeoutMs = z.int().min(1).max(limits.upstreamTimeoutMsMax);
const requestBytes = z.int().min(0).max(limits.requestBytesMax);

const finding = z.object({
  severity: z.enum(['error', 'warning']),
  pointer: z.string().describe('RFC 6901, into the document'),
  message: z.string(),
  line: z.int(),
  column: z.int(),
});
const counts = z.object({
  errors: z.int().describe('Each costs the operations that it touches: they are not published'),
  warnings: z.int(),
});

export const version = z.object({
  id: id('version'),
  api: z.string().describe('Slug of the API'),
  name: versionName,
  state: versionState,
  access,
  upstreams: z.array(
    z.object({
      url: z.string().optional(),
      service: z.string().optional(),
      weight: z.int(),
      environment: environment.optional(),
    }),
  ),
  timeout_ms: z.int(),
  request_bytes_max: z.int(),
  deprecated_at: timestamp.nullable().describe('Sent as `Deprecation` (RFC 9745)'),
  sunset_at: timestamp.nullable().describe('Sent as `Sunset` (RFC 8594)'),
  /** The number of operations in the OpenAPI document; 0 without a document. */
  operations: z.int(),
  strict: z.boolean().describe('Whether only these are forwarded'),
  /** Findings in the document when it was published. */
  findings: counts,
  created_at: timestamp,
  updated_at: timestamp,
});

/** With the findings themselves: errors first, at most a hundred of each severity. */
const publishedVersion = version.extend({ findings: counts.extend({ items: z.array(finding) }) });

export const versionParams = apiParams.extend({ version: idOrSlug });

export const versions = {
  create: operation({
    id: 'versions.create',
    method: 'POST',
    path: '/tenants/{tenant}/apis/{api}/versions',
    summary: 'Publish a version of an API',
    access: 'developer',
    params: apiParams,
    query: none,
    body: z.object({
      name: versionName,
      openapi: openapi.nullable().default(null),
      upstreams: upstreams.default([]),
      state: versionState.optional().describe('By default `live` with upstreams, else `draft`'),
      access: access
        .optional()
        .describe('Default: what the `security` of the document asks for; `key` where it says nothing'),
      strict: strict.optional(),
      strict_document: strictDocument,
      timeout_ms: timeoutMs.default(limits.upstreamTimeoutMsDefault),
      request_bytes_max: requestBytes.default(limits.requestBytesDefault),
      deprecated_at: timestamp.nullable().optional(),
      sunset_at: timestamp.nullable().optional(),
    }),
    output: publishedVersion,
    rawMembers: ['openapi'],
    status: 201,
    errors: ['conflict', 'openapi_invalid', 'upstream_address_refused', 'quota_exceeded'],
  }),
  list: operation({
    id: 'versions.list',
    method: 'GET',
    path: '/tenants/{tenant}/apis/{api}/versions',
    summary: 'List the versions of an API',
    access: 'viewer',
    params: apiParams,
    query: listQuery,
    body: undefined,
    output: page(version),
    status: 200,
  }),
  get: operation({
    id: 'versions.get',
    method: 'GET',
    path: '/tenants/{tenant}/apis/{api}/versions/{version}',
    summary: 'Read a version',
    access: 'viewer',
    params: versionParams,
    query: none,
    body: undefined,
    output: version,
    status: 200,
  }),
  openapi: operation({
    id: 'versions.openapi',
    method: 'GET',
    path: '/tenants/{tenant}/apis/{api}/versions/{version}/openapi',
    summary: 'Read the OpenAPI document of a version, as it was sent; as JSON where `Accept` asks for it',
    access: 'viewer',
    params: versionParams,
    query: none,
    body: undefined,
    output: undefined,
    stream: 'application/json',
    status: 200,
  }),
  findings: operation({
    id: 'versions.findings',
    method: 'GET',
    path: '/tenants/{tenant}/apis/{api}/versions/{version}/findings',
    summary: 'List what was found in the OpenAPI document of a version',
    access: 'viewer',
    params: versionParams,
    query: none,
    body: undefined,
    output: counts.extend({ items: z.array(finding) }),
    status: 200,
  }),
  update: operation({
    id: 'versions.update',
    method: 'PATCH',
    path: '/tenants/{tenant}/apis/{api}/versions/{version}',
    summary:
      'Change a version: upstreams, access, document, state (draft → live → deprecated → retired, and back to live)',
    access: 'developer',
    params: versionParams,
    query: none,
    body: z.object({
      openapi: openapi.nullable().optional(),
      upstreams: upstreams.optional(),
      state: versionState.optional(),
      access: access.optional(),
      strict: strict.optional(),
      strict_document: strictDocument,
      timeout_ms: timeoutMs.optional(),
      request_bytes_max: requestBytes.optional(),
      deprecated_at: timestamp.nullable().optional(),
      sunset_at: timestamp.nullable().optional(),
    }),
    output: publishedVersion,
    rawMembers: ['openapi'],
    status: 200,
    errors: ['openapi_invalid', 'upstream_address_refused', 'state_conflict', 'precondition_failed'],
  }),
  delete: operation({
    id: 'versions.delete',
    method: 'DELETE',
    path: '/tenants/{tenant}/apis/{api}/versions/{version}',
    summary: 'Delete a version. A live or deprecated one only while no app subscribes to its API',
    access: 'developer',
    params: versionParams,
    query: none,
    body: undefined,
    output: undefined,
    status: 204,
    errors: ['in_use', 'precondition_failed'],
  }),
};
