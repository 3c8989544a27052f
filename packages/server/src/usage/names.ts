/** The names of the ids in a report, as far as this tenant may read them. */
import type { Fragment } from '../store/pool.ts';
import type { TenantTx } from '../store/store.ts';

/** The ids of a group of calls, or of one; '' if absent. */
export interface CallIds {
  readonly api: string;
  readonly version: string;
  readonly app: string;
  readonly key: string;
  /** An API to which the calls went. */
  readonly some_api: string;
}

export interface Names {
  readonly api: ReadonlyMap<string, string>;
  readonly version: ReadonlyMap<string, string>;
  readonly app: ReadonlyMap<string, string>;
  readonly key: ReadonlyMap<string, string>;
}

/**
 * Own objects by slug or name. APIs and apps of other tenants as the tenant's own subscriptions and subscribers name them,
 * versions as the catalog names them.
 */
export async function namesOf({ sql, tenantUuid }: TenantTx, groups: readonly CallIds[]): Promise<Names> {
  const own = sql`tenant_id = ${tenantUuid}`;
  const ids = (kind: keyof Names | 'some_api'): string[] => [...new Set(groups.map((group) => group[kind]))];
  const map = async (rows: Fragment): Promise<ReadonlyMap<string, string>> =>
    new Map((await sql<{ id: string; name: string }[]>`${rows}`).map(({ id, name }) => [id, name]));
  const [api, version, app, key] = await Promise.all([
    map(sql`
      select id, slug as name from apis where ${own} and id = any(${ids('api')})
      union select api_id, provider_slug || '/' || api_slug from subscriptions
        where ${own} and api_id = any(${ids('api')}) and provider <> ${tenantUuid}`),
    map(sql`
      select id, name from versions where ${own} and id = any(${ids('version')})
      union select v.id, v.name from catalog, jsonb_to_recordset(versions) as v (id text, name text)
        where api_id = any(${ids('some_api')}) and v.id = any(${ids('version')})`),
    map(sql`
      select id, slug as name from apps where ${own} and id = any(${ids('app')})
      union select app_id, developer_slug || '/' || app_slug from subscribers
        where ${own} and app_id = any(${ids('app')}) and developer <> ${tenantUuid}`),
    map(sql`select id, name from keys where ${own} and id = any(${ids('key')}) and name is not null`),
  ]);
  return { api, version, app, key };
}
