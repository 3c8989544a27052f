/**
 * The gateway's configuration as a value. Control compiles each object when its row changes, in the same transaction;
 * gateways fetch the objects whose `seq` is greater than their last one. Objects are as normalised as the rows behind
 * them (a subscription is not expanded into routes), so that the cost of a change is its own size.
 */
import { z } from 'zod';
import { limits } from './limits.ts';

const state = z.enum(['active', 'suspended']);

/** One limit of a plan: `requests` in any window of one `per`; `month` is a calendar month in UTC. */
export const planLimit = z.object({
  requests: z.int().min(1).max(limits.planRequestsMax),
  per: z.enum(['second', 'minute', 'hour', 'day', 'month']),
  /** The unit that is counted; by default `subscription` (app × api). */
  by: z.enum(['subscription', 'key', 'installation', 'app', 'tenant', 'address']).default('subscription'),
});
export type PlanLimit = z.output<typeof planLimit>;

export const upstream = z.object({ url: z.string(), weight: z.int().min(0).max(1000).default(1) });

/** One operation of a version's OpenAPI document, for routing and metering. `path` is a template: `/orders/{id}`. */
export const routeOperation = z.object({
  id: z.string(),
  method: z.string(),
  path: z.string(),
  /** Scopes of this API, by their own names, that a token must hold for it. */
  scopes: z.array(z.string()).optional(),
});
export type RouteOperation = z.output<typeof routeOperation>;

/** low: a member may grant it on trial; high: an admin must grant it, and a stale gateway rejects it. */
export const scopeRisk = z.enum(['low', 'medium', 'high']);

/** How a key authenticates a call: sent with it, or used to sign it (RFC 9421 §3.3.6, §3.3.3). */
export const keyKind = z.enum(['bearer', 'ed25519', 'hmac-sha256']);
export type KeyKind = z.output<typeof keyKind>;

const tenantObject = z.object({ kind: z.literal('tenant'), key: z.string(), slug: z.string(), state });
const apiObject = z.object({
  kind: z.literal('api'),
  key: z.string(),
  tenant: z.string(),
  slug: z.string(),
  /** Host names of this API, without the path prefix: `https://orders.example.com/{version}/{rest}`. */
  hosts: z.array(z.string()),
  /** Scopes that apps can be granted. A gateway with a stale feed rejects those of high risk. */
  scopes: z.array(z.object({ name: z.string(), risk: scopeRisk })).optional(),
});
const versionObject = z.object({
  kind: z.literal('version'),
  key: z.string(),
  tenant: z.string(),
  api: z.string(),
  name: z.string(),
  state: z.enum(['live', 'deprecated', 'retired']),
  access: z.enum(['open', 'key', 'token', 'any']),
  upstreams: z.array(upstream).max(limits.upstreamsPerVersionMax),
  operations: z.array(routeOperation).max(limits.openapiOperationsMax),
  timeout_ms: z.int(),
  request_bytes_max: z.int(),
  /** Unix seconds: RFC 9745 `Deprecation`, RFC 8594 `Sunset`. */
  deprecated_at: z.int().nullable(),
  sunset_at: z.int().nullable(),
});
const planObject = z.object({
  kind: z.literal('plan'),
  key: z.string(),
  tenant: z.string(),
  api: z.string(),
  slug: z.string(),
  limits: z.array(planLimit).max(limits.limitsPerPlanMax),
  concurrency: z.int().nullable(),
});
const appObject = z.object({
  kind: z.literal('app'),
  key: z.string(),
  tenant: z.string(),
  slug: z.string(),
  state,
  /** Full names of the scopes that the app declares, required and optional: its tokens have no others. */
  scopes: z.array(z.string()).optional(),
});
/** `key` is the OAuth `client_id`. If it is deleted, its tokens are rejected. */
const clientObject = z.object({ kind: z.literal('client'), key: z.string(), tenant: z.string(), app: z.string() });
/** `tenant` has installed `app`; only active ones are in the snapshot. `scopes` are full names, `<tenant>/<api>:<name>`. */
const installationObject = z.object({
  kind: z.literal('installation'),
  key: z.string(),
  tenant: z.string(),
  app: z.string(),
  scopes: z.array(z.string()),
});
/** An issuer of access tokens. `key` is its `iss`; `issues_for` null: the platform's, which may name any tenant. */
const issuerObject = z.object({
  kind: z.literal('issuer'),
  key: z.string(),
  tenant: z.string(),
  issues_for: z.string().nullable(),
  algorithms: z.array(z.enum(['ES256', 'EdDSA', 'PS256', 'RS256'])),
  /** Public keys (RFC 7517) that verify: next, current and previous. */
  keys: z.array(z.record(z.string(), z.unknown())),
});
/**
 * Rejects valid tokens that were issued before `before` (Unix seconds). `key` is `token:<jti>`, `grant:<gid>` or
 * `user:<sub>`. After `until` every such token has expired, and the denial is pruned.
 */
const denialObject = z.object({
  kind: z.literal('denial'),
  key: z.string(),
  tenant: z.string(),
  before: z.int(),
  until: z.int(),
});
/** Only active subscriptions are in the snapshot: pending, suspended and ended ones are absent. */
const subscriptionObject = z.object({
  kind: z.literal('subscription'),
  key: z.string(),
  tenant: z.string(),
  app: z.string(),
  api: z.string(),
  plan: z.string(),
});
/**
 * `key` is the credential's id (33 characters). `hash`, base64url: SHA-256 of its secret; of an Ed25519 key, which has none,
 * the public key itself.
 */
const keyObject = z.object({
  kind: z.literal('key'),
  key: z.string(),
  id: z.string(),
  tenant: z.string(),
  app: z.string(),
  environment: z.enum(['test', 'live']),
  /** How calls authenticate; by default with the key itself, else with a signature. */
  method: keyKind.optional(),
  hash: z.string().length(43),
  /** Unix seconds, or null. */
  expires_at: z.int().nullable(),
});

export const snapshotObject = z.discriminatedUnion('kind', [
  tenantObject,
  apiObject,
  versionObject,
  planObject,
  appObject,
  subscriptionObject,
  keyObject,
  clientObject,
  installationObject,
  issuerObject,
  denialObject,
]);
export type SnapshotObject = z.output<typeof snapshotObject>;
export type SnapshotKind = SnapshotObject['kind'];
export type SnapshotOf<K extends SnapshotKind> = Extract<SnapshotObject, { kind: K }>;

/**
 * One line of the feed, NDJSON. `object` is null if it was deleted. `seq` rises with every commit and has no
 * order inside one commit; it starts over only under a new `epoch` (a restored backup), which forces a full read.
 */
export const snapshotChange = z.object({
  seq: z.int().min(1),
  kind: z.string(),
  key: z.string(),
  tenant: z.string(),
  object: z.unknown(),
});
export type SnapshotChange = { seq: number; kind: string; key: string; tenant: string; object: unknown };

/**
 * First line of an answer of `GET /internal/v1/snapshot?epoch=&since=&wait_ms=`; the changes follow, a line each, then
 * `{"end":<count>}`, without which the answer is cut short and must be thrown away.
 * `full`: what the gateway holds beyond these lines must be dropped.
 */
export const snapshotHead = z.object({
  epoch: z.string(),
  seq: z.int().min(0),
  full: z.boolean(),
  count: z.int().min(0),
});
export type SnapshotHead = z.output<typeof snapshotHead>;
