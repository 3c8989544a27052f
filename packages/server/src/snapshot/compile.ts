/** From rows to objects of the snapshot. Pure; one function for each kind. */
import type { Environment, Id, KeyKind, PlanLimit, RouteOperation, SnapshotOf } from '@tulou/contract';
import { must } from '../kernel/assert.ts';
import { gone, present, type Change } from './publish.ts';

/** The owner of the rows: the tenant, with both forms of its id. */
export interface Owner {
  readonly tenant: Id<'tenant'>;
  readonly tenantUuid: string;
}

export interface ApiFacts {
  readonly id: string;
  readonly slug: string;
  readonly hosts: readonly string[];
  readonly visibility: 'public' | 'private';
}

export interface ScopeFacts {
  readonly name: string;
  readonly risk: 'low' | 'medium' | 'high';
}

/** An API is published as soon as it exists: its versions decide what is served. Only the scopes that it has can take effect. */
export function apiChange({ tenant }: Owner, api: ApiFacts, scopes: readonly ScopeFacts[]): Change {
  const { id, slug, hosts, visibility } = api;
  const published = scopes.map(({ name, risk }) => ({ name, risk }));
  return present({
    kind: 'api',
    key: id,
    tenant,
    slug,
    hosts: [...hosts],
    private: visibility === 'private',
    scopes: published,
  });
}

interface ShareFacts {
  readonly weight: number;
  readonly environment?: Environment | undefined;
}

export interface UrlFacts extends ShareFacts {
  readonly url: string;
}

/** A service that a host runs, by its slug and its id, and the name that it has inside the platform. None of them ever changes. */
export interface ServiceFacts extends ShareFacts {
  readonly service: string;
  readonly service_id: string;
  readonly host: string;
}

export type UpstreamFacts = UrlFacts | ServiceFacts;

export interface VersionFacts {
  readonly id: string;
  readonly api_id: string;
  readonly name: string;
  readonly state: 'draft' | 'live' | 'deprecated' | 'retired';
  readonly access: 'open' | 'key' | 'token' | 'any';
  /** As its provider says; null: where any operation carries scopes. */
  readonly strict: boolean | null;
  readonly scoped: boolean;
  readonly upstreams: readonly UpstreamFacts[];
  readonly timeout_ms: number;
  readonly request_bytes_max: number;
  readonly deprecated_at: Date | null;
  readonly sunset_at: Date | null;
}

/** Whether a gateway forwards documented operations only. */
export const isStrict = ({ strict, scoped }: Pick<VersionFacts, 'strict' | 'scoped'>): boolean => strict ?? scoped;

/** A draft is not published; a retired version is, so that it answers 410. */
export function versionChange(owner: Owner, version: VersionFacts, operations: readonly RouteOperation[]): Change {
  if (version.state === 'draft') return gone('version', version.id, owner.tenantUuid);
  return present({
    kind: 'version',
    key: version.id,
    tenant: owner.tenant,
    api: version.api_id,
    name: version.name,
    state: version.state,
    access: version.access,
    strict: isStrict(version),
    upstreams: version.upstreams.map(upstreamOf),
    operations: operations.map(({ id, method, path, scopes }) => ({
      id,
      method,
      path,
      ...(scopes === undefined ? {} : { scopes }),
    })),
    timeout_ms: version.timeout_ms,
    request_bytes_max: version.request_bytes_max,
    deprecated_at: unixSeconds(version.deprecated_at),
    sunset_at: unixSeconds(version.sunset_at),
  });
}

function upstreamOf(facts: UpstreamFacts): SnapshotOf<'version'>['upstreams'][number] {
  const { weight, environment } = facts;
  return {
    ...('url' in facts ? { url: facts.url } : { url: `http://${facts.host}`, service: facts.service_id }),
    weight,
    ...(environment === undefined ? {} : { environment }),
  };
}

export interface PlanFacts {
  readonly id: string;
  readonly api_id: string;
  readonly slug: string;
  readonly limits: readonly PlanLimit[];
  readonly concurrency: number | null;
}

export function planChange({ tenant }: Owner, { id, api_id, slug, limits, concurrency }: PlanFacts): Change {
  return present({ kind: 'plan', key: id, tenant, api: api_id, slug, limits: [...limits], concurrency });
}

export interface AppFacts {
  readonly id: string;
  readonly slug: string;
  readonly state: 'active' | 'suspended' | 'blocked';
  readonly scopes: readonly string[];
  readonly optional_scopes: readonly string[];
}

/** To a gateway an app is active or it is not: who has stopped it makes no difference there. */
export function appChange({ tenant }: Owner, app: AppFacts): Change {
  const { id: key, slug, state, scopes, optional_scopes } = app;
  const told = state === 'active' ? 'active' : 'suspended';
  return present({ kind: 'app', key, tenant, slug, state: told, scopes: [...scopes, ...optional_scopes] });
}

export interface ClientFacts {
  readonly id: string;
  readonly app_id: string;
  readonly environment: Environment;
}

/** Gateways reject tokens of a deleted client. */
export function clientChange({ tenant }: Owner, { id, app_id, environment }: ClientFacts): Change {
  return present({ kind: 'client', key: id, tenant, app: app_id, environment });
}

export interface InstallationFacts {
  readonly id: string;
  readonly app_id: string;
  readonly scopes: readonly string[];
  readonly state: string;
}

/** Only an active installation is published. `owner` is the tenant that has installed the app. */
export function installationChange(owner: Owner, { id, app_id: app, scopes, state }: InstallationFacts): Change {
  if (state !== 'active') return gone('installation', id, owner.tenantUuid);
  return present({ kind: 'installation', key: id, tenant: owner.tenant, app, scopes: [...scopes] });
}

export interface KeyFacts {
  readonly id: string;
  readonly app_id: string;
  readonly environment: Environment;
  readonly kind: KeyKind;
  readonly scopes: readonly string[];
  readonly credential_id: string;
  /** Null for an Ed25519 key, which has a public one instead. */
  readonly secret_hash: string | null;
  readonly public_key: string | null;
  readonly expires_at: Date | null;
}

export function keyChange({ tenant }: Owner, key: KeyFacts): Change {
  return present({
    kind: 'key',
    key: key.credential_id,
    id: key.id,
    tenant,
    app: key.app_id,
    environment: key.environment,
    ...(key.kind === 'bearer' ? {} : { method: key.kind }),
    ...(key.scopes.length === 0 ? {} : { scopes: [...key.scopes] }),
    hash: must(key.secret_hash ?? key.public_key, 'a key has a hash or a public key'),
    expires_at: unixSeconds(key.expires_at),
  });
}

export interface SubscriptionFacts {
  readonly id: string;
  readonly app_id: string;
  readonly api_id: string;
  readonly plan_id: string;
  readonly state: string;
}

/** Only an active subscription is published. `owner` is the developer's tenant. */
export function subscriptionChange(owner: Owner, subscription: SubscriptionFacts): Change {
  const { id, app_id: app, api_id: api, plan_id: plan } = subscription;
  if (subscription.state !== 'active') return gone('subscription', id, owner.tenantUuid);
  return present({ kind: 'subscription', key: id, tenant: owner.tenant, app, api, plan });
}

function unixSeconds(date: Date | null): number | null {
  return date === null ? null : Math.floor(date.getTime() / 1000);
}
