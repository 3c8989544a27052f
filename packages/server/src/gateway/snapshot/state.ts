/**
 * One thread's view of the configuration, which calls query through its links. A change of one object costs only that object.
 * An object may arrive before an object that it refers to (a commit has no inner order). The missing one is then a node
 * without an object, and counts as absent until it arrives.
 */
import type { SnapshotOf } from '@tulou/contract';
import { KeyTable } from './key-table.ts';
import {
  Links,
  type ApiNode,
  type AppNode,
  type ClientNode,
  type InstallationObject,
  type IssuerNode,
  type KeyObject,
  type TenantNode,
} from './links.ts';
import { changesOf, type SnapshotMessage } from './messages.ts';
import { applyChange } from './placements.ts';

const nothing = (): void => undefined;

export class State {
  readonly #links = new Links();
  keys: KeyTable;

  constructor(keys: KeyTable) {
    this.keys = keys;
  }

  /**
   * Builds the state of a full message beside the state in force. `onPack`: called from time to time, because the build may
   * take seconds.
   */
  static build(message: SnapshotMessage, onPack = nothing): State {
    const keys = message.keys === undefined ? KeyTable.sized(0) : new KeyTable(message.keys);
    const state = new State(keys);
    for (const change of changesOf(message, onPack)) applyChange(state.#links, change);
    return state;
  }

  /** Applies a message that is not full, in place. */
  advance(message: SnapshotMessage): void {
    for (const change of changesOf(message, nothing)) applyChange(this.#links, change);
    if (message.keys !== undefined) this.keys = new KeyTable(message.keys);
  }

  /** This state after the message, or the new state that a full message builds. */
  static next(current: State | undefined, message: SnapshotMessage, onPack = nothing): State {
    if (message.full) return State.build(message, onPack);
    const state = current ?? new State(KeyTable.sized(0));
    state.advance(message);
    return state;
  }

  tenantBySlug(slug: string): TenantNode | undefined {
    return this.#links.tenantsBySlug.get(slug);
  }

  /** The API that owns a host name. `host` is lower-case, with the port that the client sent. */
  apiByHost(host: string): ApiNode | undefined {
    return this.#links.apisByHost.size === 0 ? undefined : this.#links.apisByHost.get(withoutPort(host));
  }

  appByIndex(index: number): AppNode | undefined {
    return this.#links.appsByIndex.get(index);
  }

  /** The tenant with this id. */
  tenant(key: string): SnapshotOf<'tenant'> | undefined {
    return this.#links.tenants.get(key)?.object;
  }

  /** The OAuth client with this `client_id`. */
  client(id: string): ClientNode | undefined {
    return this.#links.clients.get(id);
  }

  /** The key with this credential id, if it holds scopes. */
  scopedKey(credentialId: string): KeyObject | undefined {
    return this.#links.scopedKeys.get(credentialId);
  }

  installation(key: string): InstallationObject | undefined {
    return this.#links.installations.get(key);
  }

  /** The issuer of tokens with exactly this `iss`. */
  issuer(iss: string): IssuerNode | undefined {
    return this.#links.issuers.get(iss);
  }

  /** Whether any token is denied. */
  get denies(): boolean {
    return this.#links.denials.size > 0;
  }

  /** Tokens of `name` (`token:…`, `grant:…`, `user:…`) issued before this are refused. Unix seconds; 0: none. */
  deniedBefore(name: string): number {
    return this.#links.denials.get(name) ?? 0;
  }
}

function withoutPort(host: string): string {
  const colon = host.lastIndexOf(':');
  return colon === -1 || host.endsWith(']') ? host : host.slice(0, colon);
}
