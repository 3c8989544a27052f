/**
 * Explains a 404: reads the objects along the path of the call, one after the other, and names the first that does not
 * exist, with the nearest name that does. The platform itself says only "not found".
 */
import { nearest, type Operation } from '@tulou/contract';
import { whoami } from '@tulou/contract/operations/whoami';
import type { Client } from '../client.ts';
import { Failure } from '../failure.ts';
import { joined, ours, say, type Text } from '../language/say.ts';
import { allOperations, paramsOf } from './registry.ts';
import { callTo, type Fields } from './reads.ts';

export interface Missed {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly query: URLSearchParams | undefined;
  readonly client: Client;
}

const labels: Readonly<Record<string, Text>> = { api: 'API', app: 'app', client: 'OAuth client', key: 'API key' };
const labelOf = (name: string): Text => ours(labels[name] ?? name.replaceAll('_', ' '));

/** The same failure with the missing part named, if that can be found out. Never another failure. */
export async function explained(failure: Failure, missed: Missed): Promise<Failure> {
  if (failure.facts.code !== 'not_found') return failure;
  try {
    const detail = (await missingInPath(missed)) ?? (await missingInFields(missed));
    return detail === undefined ? failure : failure.with({ detail });
  } catch {
    return failure;
  }
}

async function missingInPath({ operation, params, client }: Missed): Promise<Text | undefined> {
  const before: string[] = [];
  for (const name of paramsOf(operation)) {
    const value = params[name] ?? '';
    const prefix = operation.path.slice(0, operation.path.indexOf(`{${name}}`) + name.length + 2);
    const read = allOperations.find((one) => one.method === 'GET' && one.path === prefix);
    if (read !== undefined && !(await exists(client, read, params))) {
      const list = prefix.slice(0, -(name.length + 3));
      return sentence({ name, value, before }, await namesAt(client, list, params));
    }
    before.push(value);
  }
  return undefined;
}

/** Fields of the body or the query that name other objects: an own API or app, an API in the catalog, a plan of it. */
async function missingInFields(missed: Missed): Promise<Text | undefined> {
  const { params, body, query, client } = missed;
  const { tenant } = params;
  if (tenant === undefined) return undefined;
  const fields = {
    ...Object.fromEntries(query ?? []),
    ...(typeof body === 'object' && body !== null ? (body as Fields) : {}),
  };
  for (const name of ['app', 'api']) {
    const value = fields[name];
    if (typeof value !== 'string' || value.includes('/')) continue;
    const missing = await missingAt(client, `/tenants/{tenant}/${name}s/{${name}}`, { tenant, [name]: value });
    if (missing !== undefined) return missing;
  }
  const api = fields['api'] ?? (await apiOfSubscription(missed));
  if (typeof api !== 'string' || !api.includes('/')) return undefined;
  return missingInCatalog(client, tenant, api, fields['plan']);
}

/** The API of the subscription in the path, whose plan is to change. */
async function apiOfSubscription({ operation, params, client }: Missed): Promise<unknown> {
  if (operation.id !== 'subscriptions.update') return undefined;
  return (await readAt(client, operation.path, params))?.['api'];
}

async function missingInCatalog(
  client: Client,
  tenant: string,
  address: string,
  plan: unknown,
): Promise<Text | undefined> {
  const [provider = '', api = ''] = address.split('/');
  const entry = await readAt(client, '/tenants/{tenant}/catalog/{provider}/{api}', { tenant, provider, api });
  if (entry === undefined) {
    const names = await namesAt(client, '/tenants/{tenant}/catalog', { tenant });
    return sentence({ name: 'api', value: address, before: [] }, names, 'the catalog');
  }
  const plans = (entry['plans'] as readonly Fields[] | undefined) ?? [];
  if (typeof plan !== 'string' || plans.some((one) => one['slug'] === plan || one['id'] === plan)) return undefined;
  return sentence(
    { name: 'plan', value: plan, before: [address] },
    plans.map((one) => String(one['slug'])),
  );
}

async function missingAt(
  client: Client,
  path: string,
  params: Readonly<Record<string, string>>,
): Promise<Text | undefined> {
  if ((await readAt(client, path, params)) !== undefined) return undefined;
  const name = /\{(\w+)\}$/.exec(path)?.[1] ?? '';
  const names = await namesAt(client, path.slice(0, -(name.length + 3)), params);
  return sentence({ name, value: params[name] ?? '', before: [params['tenant'] ?? ''] }, names);
}

async function readAt(
  client: Client,
  path: string,
  params: Readonly<Record<string, string>>,
): Promise<Fields | undefined> {
  const read = allOperations.find((one) => one.method === 'GET' && one.path === path);
  if (read === undefined) return undefined;
  try {
    return (await client.call(callTo(read, params))).json as Fields;
  } catch (error) {
    if (error instanceof Failure && error.facts.code === 'not_found') return undefined;
    throw error;
  }
}

async function exists(client: Client, read: Operation, params: Readonly<Record<string, string>>): Promise<boolean> {
  return (await readAt(client, read.path, params)) !== undefined;
}

/** The names in a list, as far as this credential may read it. A tenant's own credential knows its tenants. */
async function namesAt(client: Client, path: string, params: Readonly<Record<string, string>>): Promise<string[]> {
  const list = allOperations.find((one) => one.method === 'GET' && one.path === path);
  if (list === undefined) return [];
  try {
    const query = new URLSearchParams({ limit: '200' });
    const { json } = await client.call(callTo(list, params, { query }));
    return (json as { items: Fields[] }).items.map(nameOf);
  } catch {
    return path === '/tenants' ? ownTenants(client) : [];
  }
}

const nameOf = (item: Fields): string => String(item['address'] ?? item['slug'] ?? item['name'] ?? item['id']);

async function ownTenants(client: Client): Promise<string[]> {
  const { json } = await client.call(callTo(whoami.get, {}));
  const { tenant, tenants = [] } = json as { tenant?: { slug: string }; tenants?: { slug: string }[] };
  return tenant === undefined ? tenants.map((one) => one.slug) : [tenant.slug];
}

interface Part {
  readonly name: string;
  readonly value: string;
  /** The parts of the path before it. */
  readonly before: readonly string[];
}

const namesMax = 5;

/** `No API "ordrs" in "acme". Did you mean "orders"?` */
function sentence({ name, value, before }: Part, names: readonly string[], where?: Text): Text {
  const label = labelOf(name);
  const place = before.length === 0 ? where && ours(where) : `"${before.join('/')}"`;
  const what = place === undefined ? say`No ${label} "${value}".` : say`No ${label} "${value}" in ${place}.`;
  const near = nearest(value, names);
  if (near !== undefined) return joined([what, say`Did you mean "${near}"?`], ' ');
  if (names.length === 0) return what;
  const list = names.slice(0, namesMax).join(', ') + (names.length > namesMax ? ', …' : '');
  return joined([what, say`There are: ${list}.`], ' ');
}
