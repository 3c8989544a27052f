/**
 * One thread's view of the configuration: typed nodes with the links that a call walks. A change of one object costs that
 * object. Objects may come before those they refer to (a commit has no order inside): the missing one is held as a node
 * without an object, and counts as absent until it comes.
 */
import type { RouteOperation, SnapshotOf } from '@tulou/contract';
import { targetsOf, type Target } from '../upstream/balance.ts';
import type { Grant } from '../grant.ts';
import { importKeys, type VerifyKey } from '../tokens/keys.ts';
import type { Interned } from '../usage/record.ts';
import { changesOf } from './messages.ts';
import type { SnapshotMessage, ThreadChange } from './messages.ts';
import { KeyTable } from './key-table.ts';
import type { OperationGuard } from './guard.ts';
import type { OperationIndex } from './operations.ts';
import { Nodes } from './nodes.ts';

export interface TenantNode {
  readonly key: string;
  object: SnapshotOf<'tenant'> | undefined;
  /** By slug. */
  readonly apis: Map<string, ApiNode>;
}

export interface ApiNode {
  readonly key: string;
  object: SnapshotOf<'api'> | undefined;
  tenant: TenantNode | undefined;
  /** By name. */
  readonly versions: Map<string, VersionNode>;
}

/** A version is never changed: a new state is a new node, so what was computed from the old one goes with it. */
export interface VersionNode {
  readonly key: string;
  readonly object: SnapshotOf<'version'>;
  readonly api: ApiNode;
  readonly targets: readonly Target[];
  /** Whether only operations of the document are forwarded. */
  readonly strict: boolean;
  /** Whether it matters which operation a call is: operations need scopes, or the version is strict. */
  readonly guarded: boolean;
  /** Compiled when the first call needs it: most versions of a large installation sleep. */
  operations: OperationIndex<Operation> | undefined;
  guard: OperationGuard<Operation> | undefined;
  /** What calls without a subscription are recorded and forwarded under. */
  anonymous: Grant | undefined;
}

export interface PlanNode {
  readonly key: string;
  object: SnapshotOf<'plan'> | undefined;
}

export interface AppNode {
  readonly key: string;
  object: SnapshotOf<'app'> | undefined;
  tenant: TenantNode | undefined;
  index: number;
  /** By the key of the API. */
  readonly subscriptions: Map<string, SubscriptionNode>;
}

/** Never changed, like a version. */
export interface SubscriptionNode {
  readonly key: string;
  readonly object: SnapshotOf<'subscription'>;
  readonly app: AppNode;
  readonly plan: PlanNode;
  /** What is precomputed for calls of this subscription, by the key of the version. */
  readonly grants: Map<string, Grant>;
}

export interface ClientNode {
  readonly object: SnapshotOf<'client'>;
  readonly app: AppNode;
}

export interface IssuerNode {
  readonly object: SnapshotOf<'issuer'>;
  /** By `kid`. */
  readonly keys: ReadonlyMap<string, VerifyKey>;
}

export type InstallationObject = SnapshotOf<'installation'>;

/** A matched operation with its place in the open usage segment. */
export type Operation = RouteOperation & Interned;

export class State {
  readonly #tenants = new Nodes<TenantNode>((key) => ({ key, object: undefined, apis: new Map() }));
  readonly #apis = new Nodes<ApiNode>((key) => ({ key, object: undefined, tenant: undefined, versions: new Map() }));
  readonly #apps = new Nodes<AppNode>((key) => ({
    key,
    object: undefined,
    tenant: undefined,
    index: 0,
    subscriptions: new Map(),
  }));
  readonly #plans = new Nodes<PlanNode>((key) => ({ key, object: undefined }));
  readonly #versions = new Map<string, VersionNode>();
  readonly #subscriptions = new Map<string, SubscriptionNode>();
  readonly #tenantsBySlug = new Map<string, TenantNode>();
  readonly #apisByHost = new Map<string, ApiNode>();
  readonly #appsByIndex = new Map<number, AppNode>();
  readonly #clients = new Map<string, ClientNode>();
  readonly #installations = new Map<string, InstallationObject>();
  readonly #issuers = new Map<string, IssuerNode>();
  readonly #denials = new Map<string, number>();
  keys: KeyTable;

  constructor(keys: KeyTable) {
    this.keys = keys;
  }

  /** The state after a message: this one moved on, or a new one built beside it where the message is full. */
  after(message: SnapshotMessage): State {
    const keys = message.keys === undefined ? this.keys : new KeyTable(message.keys);
    const next = message.full ? new State(keys) : this;
    for (const change of changesOf(message)) next.#apply(change);
    next.keys = keys;
    return next;
  }

  tenantBySlug(slug: string): TenantNode | undefined {
    return this.#tenantsBySlug.get(slug);
  }

  /** The API that owns a host name; `host` is lower-case, with the port that the client sent. */
  apiByHost(host: string): ApiNode | undefined {
    return this.#apisByHost.size === 0 ? undefined : this.#apisByHost.get(withoutPort(host));
  }

  appByIndex(index: number): AppNode | undefined {
    return this.#appsByIndex.get(index);
  }

  /** The tenant with this id. */
  tenant(key: string): SnapshotOf<'tenant'> | undefined {
    return this.#tenants.get(key)?.object;
  }

  /** The OAuth client with this `client_id`. */
  client(id: string): ClientNode | undefined {
    return this.#clients.get(id);
  }

  installation(key: string): InstallationObject | undefined {
    return this.#installations.get(key);
  }

  /** The issuer of tokens with exactly this `iss`. */
  issuer(iss: string): IssuerNode | undefined {
    return this.#issuers.get(iss);
  }

  /** Whether any token is denied at all. */
  get denies(): boolean {
    return this.#denials.size > 0;
  }

  /** Tokens of `name` (`token:…`, `grant:…`, `user:…`) issued before this are refused. Unix seconds; 0: none. */
  deniedBefore(name: string): number {
    return this.#denials.get(name) ?? 0;
  }

  #apply(change: ThreadChange): void {
    if (!('object' in change)) return this.#drop(change.kind, change.key);
    const { object } = change;
    this.#drop(object.kind, object.key);
    if (object.kind === 'tenant') return this.#placeTenant(object);
    if (object.kind === 'api') return this.#placeApi(object);
    if (object.kind === 'version') return this.#placeVersion(object);
    if (object.kind === 'app') return this.#placeApp(object, change.index);
    if (object.kind === 'subscription') return this.#placeSubscription(object);
    if (object.kind === 'plan') this.#plans.acquire(object.key).object = object;
    else if (object.kind === 'client') this.#placeClient(object);
    else if (object.kind === 'installation') this.#installations.set(object.key, object);
    else if (object.kind === 'issuer') this.#issuers.set(object.key, { object, keys: importKeys(object) });
    else this.#denials.set(object.key, object.before);
    return undefined;
  }

  #placeTenant(object: SnapshotOf<'tenant'>): void {
    const node = this.#tenants.acquire(object.key);
    node.object = object;
    this.#tenantsBySlug.set(object.slug, node);
  }

  #placeApi(object: SnapshotOf<'api'>): void {
    const node = this.#apis.acquire(object.key);
    node.object = object;
    node.tenant = this.#tenants.acquire(object.tenant);
    node.tenant.apis.set(object.slug, node);
    for (const host of object.hosts) this.#apisByHost.set(host, node);
  }

  #placeVersion(object: SnapshotOf<'version'>): void {
    const api = this.#apis.acquire(object.api);
    const targets = targetsOf(object.upstreams);
    const scoped = object.operations.some(({ scopes = [] }) => scopes.length > 0);
    const strict = object.strict ?? scoped;
    const node: VersionNode = {
      key: object.key,
      object,
      api,
      targets,
      strict,
      guarded: strict || scoped,
      operations: undefined,
      guard: undefined,
      anonymous: undefined,
    };
    this.#versions.set(object.key, node);
    api.versions.set(object.name, node);
  }

  #placeApp(object: SnapshotOf<'app'>, index: number): void {
    const node = this.#apps.acquire(object.key);
    node.object = object;
    node.index = index;
    node.tenant = this.#tenants.acquire(object.tenant);
    this.#appsByIndex.set(index, node);
  }

  #placeSubscription(object: SnapshotOf<'subscription'>): void {
    const app = this.#apps.acquire(object.app);
    const plan = this.#plans.acquire(object.plan);
    const node: SubscriptionNode = { key: object.key, object, app, plan, grants: new Map() };
    this.#subscriptions.set(object.key, node);
    app.subscriptions.set(object.api, node);
  }

  #placeClient(object: SnapshotOf<'client'>): void {
    this.#clients.set(object.key, { object, app: this.#apps.acquire(object.app) });
  }

  #drop(kind: string, key: string): void {
    if (kind === 'tenant') this.#dropTenant(key);
    else if (kind === 'api') this.#dropApi(key);
    else if (kind === 'version') this.#dropVersion(key);
    else if (kind === 'app') this.#dropApp(key);
    else if (kind === 'subscription') this.#dropSubscription(key);
    else if (kind === 'plan') this.#dropPlan(key);
    else if (kind === 'client') this.#dropClient(key);
    else if (kind === 'installation') this.#installations.delete(key);
    else if (kind === 'issuer') this.#issuers.delete(key);
    else if (kind === 'denial') this.#denials.delete(key);
  }

  #dropTenant(key: string): void {
    const node = this.#tenants.get(key);
    if (node?.object === undefined) return;
    forget(this.#tenantsBySlug, node.object.slug, node);
    node.object = undefined;
    this.#tenants.release(node);
  }

  #dropApi(key: string): void {
    const node = this.#apis.get(key);
    if (node?.object === undefined) return;
    for (const host of node.object.hosts) forget(this.#apisByHost, host, node);
    if (node.tenant !== undefined) {
      forget(node.tenant.apis, node.object.slug, node);
      this.#tenants.release(node.tenant);
    }
    node.tenant = undefined;
    node.object = undefined;
    this.#apis.release(node);
  }

  #dropVersion(key: string): void {
    const node = this.#versions.get(key);
    if (node === undefined) return;
    this.#versions.delete(key);
    forget(node.api.versions, node.object.name, node);
    this.#apis.release(node.api);
  }

  #dropApp(key: string): void {
    const node = this.#apps.get(key);
    if (node?.object === undefined) return;
    forget(this.#appsByIndex, node.index, node);
    if (node.tenant !== undefined) this.#tenants.release(node.tenant);
    node.tenant = undefined;
    node.object = undefined;
    this.#apps.release(node);
  }

  #dropSubscription(key: string): void {
    const node = this.#subscriptions.get(key);
    if (node === undefined) return;
    this.#subscriptions.delete(key);
    forget(node.app.subscriptions, node.object.api, node);
    this.#apps.release(node.app);
    this.#plans.release(node.plan);
  }

  #dropClient(key: string): void {
    const node = this.#clients.get(key);
    if (node === undefined) return;
    this.#clients.delete(key);
    this.#apps.release(node.app);
  }

  #dropPlan(key: string): void {
    const node = this.#plans.get(key);
    if (node?.object === undefined) return;
    node.object = undefined;
    this.#plans.release(node);
  }
}

/** Takes a name away only from the one that still has it: another object may already have been given it. */
function forget<K, V>(names: Map<K, V>, name: K, holder: V): void {
  if (names.get(name) === holder) names.delete(name);
}

function withoutPort(host: string): string {
  const colon = host.lastIndexOf(':');
  return colon === -1 || host.endsWith(']') ? host : host.slice(0, colon);
}
