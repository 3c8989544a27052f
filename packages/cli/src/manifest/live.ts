/** Reads the objects that a file names from the platform, in the same form. */
import type { Operation } from '@tulou/contract';
import type { Client } from '../client.ts';
import { Failure } from '../failure.ts';
import { say } from '../language/say.ts';
import { allPages } from '../operations/command.ts';
import { callTo } from '../operations/reads.ts';
import {
  addressOf,
  apiResource,
  appResource,
  childResource,
  subscriptionResource,
  tenantResource,
  type Fields,
  type Resource,
} from './resource.ts';
import { kinds } from './schema.ts';

const callsAtOnce = 8;

export { callTo };

/** The tenants to read, the APIs whose versions and plans are read, and the versions whose OpenAPI document is read. */
export interface Interest {
  readonly tenants: readonly string[];
  readonly wantsApi: (tenant: string, api: string) => boolean;
  readonly wantsDocument: (address: string) => boolean;
}

/** Everything that the file names, and the other objects of the same tenants. */
export function interestOf(wanted: readonly Resource[]): Interest {
  const addresses = new Set(wanted.map(addressOf));
  const documented = new Set(wanted.filter((one) => one.fields['openapi'] !== undefined).map(addressOf));
  return {
    tenants: wanted.filter((one) => one.kind === 'tenant').map((one) => one.self),
    wantsApi: (tenant, api) => addresses.has(`api ${tenant}/${api}`),
    wantsDocument: (address) => documented.has(address),
  };
}

/** The existing objects. A tenant that does not exist has none. */
export async function readLive(client: Client, interest: Interest): Promise<Resource[]> {
  const found = await mapLimited(interest.tenants, (one) => readTenant(client, one, interest));
  return found.flat();
}

async function readTenant(client: Client, slugOrId: string, interest: Interest): Promise<Resource[]> {
  const tenant = await readOne(client, kinds.tenant.operations.get, { tenant: slugOrId });
  if (tenant === undefined) return [];
  const slug = text(tenant, 'slug');
  if (tenant['state'] === 'deleting') {
    throw new Failure(say`The tenant ${slug} is being deleted`, {
      exit: 'conflict',
      help: say`Restore it first: tulou tenants restore ${slug}`,
    });
  }
  const [apis, apps, subscriptions] = await Promise.all([
    readApis(client, slug, interest),
    readAll(client, kinds.app.operations.list, { tenant: slug }),
    readAll(client, kinds.subscription.operations.list, { tenant: slug }),
  ]);
  return [
    tenantResource(slug, tenant),
    ...apis,
    ...apps.map((one) => appResource(slug, text(one, 'slug'), one)),
    ...subscriptions.filter(isStanding).map((one) => subscriptionOf(slug, one)),
  ];
}

/** An ended subscription stays readable, but has no effect. */
const isStanding = (one: Fields): boolean => one['state'] !== 'ended' && one['state'] !== 'rejected';

const subscriptionOf = (tenant: string, one: Fields): Resource =>
  subscriptionResource(tenant, text(one, 'app'), text(one, 'api'), text(one, 'id'), one);

async function readApis(client: Client, tenant: string, interest: Interest): Promise<Resource[]> {
  const apis = await readAll(client, kinds.api.operations.list, { tenant });
  const resources = await mapLimited(apis, async (one) => {
    const api = text(one, 'slug');
    const self = apiResource(tenant, api, one);
    return interest.wantsApi(tenant, api) ? [self, ...(await readParts(client, tenant, api, interest))] : [self];
  });
  return resources.flat();
}

async function readParts(client: Client, tenant: string, api: string, interest: Interest): Promise<Resource[]> {
  const [versions, plans] = await Promise.all([
    readAll(client, kinds.version.operations.list, { tenant, api }),
    readAll(client, kinds.plan.operations.list, { tenant, api }),
  ]);
  const resources = versions.map((one) => childResource('version', tenant, api, text(one, 'name'), one));
  return [
    ...(await mapLimited(resources, (one) => withDocument(client, one, interest))),
    ...plans.map((one) => childResource('plan', tenant, api, text(one, 'slug'), one)),
  ];
}

async function withDocument(client: Client, version: Resource, interest: Interest): Promise<Resource> {
  if (!interest.wantsDocument(addressOf(version))) return version;
  const openapi = await readOne(client, kinds.version.operations.openapi, { ...version.parent, version: version.self });
  return { ...version, fields: { ...version.fields, openapi: openapi ?? null } };
}

/** The answer of a read, or undefined if the object does not exist. */
async function readOne(
  client: Client,
  operation: Operation,
  params: Readonly<Record<string, string>>,
): Promise<Fields | undefined> {
  try {
    return (await client.call(callTo(operation, params))).json as Fields;
  } catch (error) {
    if (error instanceof Failure && error.facts.exit === 'missing') return undefined;
    throw error;
  }
}

/** All items of a list. */
export async function readAll(
  client: Client,
  operation: Operation,
  params: Readonly<Record<string, string>>,
): Promise<Fields[]> {
  const { json } = await allPages(client, callTo(operation, params));
  return (json as { items: Fields[] }).items;
}

const text = (fields: Fields, name: string): string => String(fields[name]);

/** Applies to each item, several concurrently, and keeps the order. */
export async function mapLimited<T, R>(items: readonly T[], apply: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const work = async (): Promise<void> => {
    for (const [i, item] of waiting) results[i] = await apply(item);
  };
  await Promise.all(Array.from({ length: Math.min(callsAtOnce, items.length) }, work));
  return results;
}
