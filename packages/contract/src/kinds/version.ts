import { z } from 'zod';
import { limits } from '../limits.ts';
import { environment } from './environment.ts';

export const upstream = z.object({
  url: z.string(),
  weight: z.int().min(0).max(1000).default(1),
  /** Takes only the calls of this environment. Absent: the calls of each environment that has no upstream of its own. */
  environment: environment.optional(),
  /** The id of a service that a host runs. The URL is then the address that the service has inside the platform. */
  service: z.string().optional(),
});

/** One operation of a version's OpenAPI document, as routing and metering know it. `path` is a template: `/orders/{id}`. */
export const routeOperation = z.object({
  id: z.string(),
  method: z.string(),
  path: z.string(),
  /** Scopes of this API, by their own names, that a token must hold for it. */
  scopes: z.array(z.string()).optional(),
});
export type RouteOperation = z.output<typeof routeOperation>;

export const versionKind = z.object({
  kind: z.literal('version'),
  key: z.string(),
  tenant: z.string(),
  api: z.string(),
  name: z.string(),
  state: z.enum(['live', 'deprecated', 'retired']),
  access: z.enum(['open', 'key', 'token', 'any']),
  /** Only the operations below are forwarded. */
  strict: z.boolean().optional(),
  upstreams: z.array(upstream).max(limits.upstreamsPerVersionMax),
  operations: z.array(routeOperation).max(limits.openapiOperationsMax),
  timeout_ms: z.int(),
  request_bytes_max: z.int(),
  /** Unix seconds: RFC 9745 `Deprecation`, RFC 8594 `Sunset`. */
  deprecated_at: z.int().nullable(),
  sunset_at: z.int().nullable(),
});
