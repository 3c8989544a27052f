/** The objects as they will be after all changes: those of the file, those that stay, and those of other tenants. */
import { apis } from '@tulou/contract/operations/apis';
import { apps } from '@tulou/contract/operations/apps';
import { catalog } from '@tulou/contract/operations/catalog';
import { plans } from '@tulou/contract/operations/plans';
import { scopes } from '@tulou/contract/operations/scopes';
import { subscribers } from '@tulou/contract/operations/subscriptions';
import type { Client } from '../client.ts';
import type { Change } from './changes.ts';
import { readAll, readOne } from './live.ts';
import { addressOf, type Fields, type Resource } from './resource.ts';

/** An API as a subscriber or an app needs it. */
export interface ApiFacts {
  readonly plans: readonly string[];
  /** Full names: `acme/orders:read`. */
  readonly scopes: readonly string[];
  readonly isPublic: boolean;
}

interface Access {
  readonly client: Client;
  readonly isOperator: boolean;
}

export class World {
  readonly #after = new Map<string, Resource>();
  readonly #live: ReadonlyMap<string, Resource>;
  readonly #deleted: ReadonlySet<string>;
  readonly #access: Access;
  readonly #found = new Map<string, Promise<ApiFacts | undefined>>();

  constructor(changes: readonly Change[], wanted: readonly Resource[], live: readonly Resource[], access: Access) {
    this.#access = access;
    this.#live = new Map(live.map((one) => [addressOf(one), one]));
    this.#deleted = new Set(changes.filter((one) => one.action === 'delete').map((one) => one.address));
    for (const one of live) if (!this.#deleted.has(addressOf(one))) this.#after.set(addressOf(one), one);
    for (const one of wanted) {
      const before = this.#after.get(addressOf(one));
      this.#after.set(addressOf(one), { ...one, fields: { ...before?.fields, ...one.fields } });
    }
  }

  /** The object now; undefined if it does not exist. */
  live(address: string): Resource | undefined {
    return this.#live.get(address);
  }

  /** The object after all changes; undefined if there will be none. */
  after(address: string): Resource | undefined {
    return this.#after.get(address);
  }

  all(kind: Resource['kind'], parent: Resource['parent']): Resource[] {
    const isOf = (one: Resource): boolean =>
      one.kind === kind && Object.entries(parent).every(([name, value]) => one.parent[name] === value);
    return [...this.#after.values()].filter(isOf);
  }

  /** The API at `<tenant>/<api>`, as this tenant sees it; undefined if it does not. */
  async apiOf(address: string, viewer: string): Promise<ApiFacts | undefined> {
    const key = `${viewer} ${address}`;
    const found = this.#found.get(key) ?? this.#readApi(address, viewer);
    this.#found.set(key, found);
    return found;
  }

  async #readApi(address: string, viewer: string): Promise<ApiFacts | undefined> {
    const [tenant = '', api = ''] = address.split('/');
    const own = this.after(`api ${address}`);
    if (this.#deleted.has(`api ${address}`)) return undefined;
    const facts = own === undefined ? await this.#readForeign(tenant, api, viewer) : this.#ownFacts(own);
    return facts !== undefined && (facts.isPublic || tenant === viewer) ? facts : undefined;
  }

  #ownFacts({ parent, self, fields }: Resource): ApiFacts {
    const within = { tenant: parent['tenant'] ?? '', api: self };
    return {
      plans: this.all('plan', within).map((one) => one.self),
      scopes: this.all('scope', within).map((one) => `${within.tenant}/${self}:${one.self}`),
      isPublic: fields['visibility'] !== 'private',
    };
  }

  async #readForeign(tenant: string, api: string, viewer: string): Promise<ApiFacts | undefined> {
    const { client, isOperator } = this.#access;
    if (isOperator) {
      const fields = await readOne(client, apis.get, { tenant, api });
      if (fields === undefined) return undefined;
      const [ofPlans, ofScopes] = await Promise.all([
        readAll(client, plans.list, { tenant, api }),
        readAll(client, scopes.list, { tenant, api }),
      ]);
      return factsOf(fields, ofPlans, ofScopes);
    }
    const entry = await readOne(client, catalog.get, { tenant: viewer, provider: tenant, api });
    return entry && factsOf(entry, entry['plans'] as Fields[], entry['scopes'] as Fields[]);
  }

  /** An app of a tenant that is not in the file. Only an operator can read it; undefined otherwise. */
  async foreignApp(address: string): Promise<Fields | 'unknown' | undefined> {
    const [tenant = '', app = ''] = address.split('/');
    if (!this.#access.isOperator) return 'unknown';
    return readOne(this.#access.client, apps.get, { tenant, app });
  }

  /** Apps that will still subscribe to an API, or to one of its plans. */
  async subscribersOf(tenant: string, api: string, plan?: string): Promise<string[]> {
    const items = await readAll(this.#access.client, subscribers.list, { tenant, api });
    return items
      .filter((one) => one['state'] !== 'ended' && one['state'] !== 'rejected' && one['api'] === api)
      .filter((one) => !this.#deleted.has(`subscription ${String(one['app'])} to ${tenant}/${api}`))
      .filter((one) => plan === undefined || this.#planOf(one, `${tenant}/${api}`) === plan)
      .map((one) => String(one['app']));
  }

  /** The plan after all changes: the subscription may be in the file with another one. */
  #planOf(subscriber: Fields, api: string): unknown {
    return this.after(`subscription ${String(subscriber['app'])} to ${api}`)?.fields['plan'] ?? subscriber['plan'];
  }
}

const factsOf = (api: Fields, ofPlans: readonly Fields[], ofScopes: readonly Fields[]): ApiFacts => ({
  plans: ofPlans.map((one) => String(one['slug'])),
  scopes: ofScopes.map((one) => String(one['scope'])),
  isPublic: api['visibility'] !== 'private',
});
