/**
 * The configuration of one thread: typed nodes with the links that a call follows, and the names by which calls find them.
 * Only the kinds (`kinds/`) write here.
 */
import type { RouteOperation, SnapshotOf } from '@tulou/contract';
import type { VerifyKey } from './issuer-keys.ts';
import type { Targets } from '../upstream/balance.ts';
import type { Interned } from '../usage/record.ts';
import type { OperationGuard } from './guard.ts';
import type { PlainKind } from './messages.ts';
import { Nodes } from './nodes.ts';
import type { OperationIndex } from './operations.ts';

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

/** A version is immutable. A new state is a new node, so data computed from the old node is dropped with it. */
export interface VersionNode {
  readonly key: string;
  readonly object: SnapshotOf<'version'>;
  readonly api: ApiNode;
  readonly targets: Targets;
  /** Whether only operations of the document are forwarded. */
  readonly strict: boolean;
  /** Whether it matters which operation a call is: operations need scopes, or the version is strict. */
  readonly guarded: boolean;
  /** Compiled for the first call that needs it, because most versions of a large installation get no calls. */
  operations: OperationIndex<Operation> | undefined;
  guard: OperationGuard<Operation> | undefined;
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

/** Immutable, like a version. */
export interface SubscriptionNode {
  readonly key: string;
  readonly object: SnapshotOf<'subscription'>;
  readonly app: AppNode;
  readonly plan: PlanNode;
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
export type KeyObject = SnapshotOf<'key'>;

/** A matched operation with its place in the open usage segment. */
export type Operation = RouteOperation & Interned;

export class Links {
  readonly tenants = new Nodes<TenantNode>((key) => ({ key, object: undefined, apis: new Map() }));
  readonly apis = new Nodes<ApiNode>((key) => ({ key, object: undefined, tenant: undefined, versions: new Map() }));
  readonly apps = new Nodes<AppNode>((key) => ({
    key,
    object: undefined,
    tenant: undefined,
    index: 0,
    subscriptions: new Map(),
  }));
  readonly plans = new Nodes<PlanNode>((key) => ({ key, object: undefined }));
  readonly versions = new Map<string, VersionNode>();
  readonly subscriptions = new Map<string, SubscriptionNode>();
  readonly tenantsBySlug = new Map<string, TenantNode>();
  readonly apisByHost = new Map<string, ApiNode>();
  readonly appsByIndex = new Map<number, AppNode>();
  /** Keys that hold scopes, by the id of the credential. */
  readonly scopedKeys = new Map<string, KeyObject>();
  readonly clients = new Map<string, ClientNode>();
  readonly installations = new Map<string, InstallationObject>();
  readonly issuers = new Map<string, IssuerNode>();
  /** By name of the denial: tokens issued before this time are refused, Unix seconds. */
  readonly denials = new Map<string, number>();
}

/** How objects of one kind enter and leave the links of a thread. */
export interface Placement<K extends PlainKind> {
  /** Adds an object that is not placed. `index`: the number of an app; 0 for other kinds. */
  readonly place: (links: Links, object: SnapshotOf<K>, index: number) => void;
  /** Removes what `place` has made. Does nothing if the key is not placed. */
  readonly drop: (links: Links, key: string) => void;
}

/** Removes a name only from the holder that still has it: another object may already have the name. */
export function release<K, V>(names: Map<K, V>, name: K, holder: V): void {
  if (names.get(name) === holder) names.delete(name);
}
