/**
 * A tenant with one object of every noun, made through the API from the table of operations. The view holds the names of it
 * that a caller of another tenant could send. If a noun cannot be made, this fails: it has no seed.
 */
import { idPrefixes, isId, type CallRecord, type IdKind, type Operation } from '@tulou/contract';
import { newId, systemRandom } from '../../src/kernel/random.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import type { Client } from '../control/fixture.ts';
import { seedOf } from './seeds.ts';

/** How an object can be named: by its id and, where it has one, by its slug or name in paths. */
export interface Named {
  readonly id: string;
  readonly slug: string | undefined;
}

export interface View {
  readonly tenant: Named;
  /** By the name of the path parameter that takes it: `api`, `version`, `entry`. */
  readonly objects: Readonly<Record<string, Named>>;
}

export type Operations = readonly Operation[];

/** Parameters that name an object of a noun whose own parameter is called otherwise. */
const aliases: Readonly<Record<string, string>> = { provider: 'tenant' };

export const paramsOf = (path: string): string[] => [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
export const nounOf = (operation: Operation): string => operation.id.split('.')[0] ?? '';
export const isTenantScoped = (operation: Operation): boolean => operation.path.startsWith('/tenants/{tenant}');

/** The object that a parameter names in a view. */
export function namedBy(view: View, param: string): Named | undefined {
  const name = aliases[param] ?? param;
  return name === 'tenant' ? view.tenant : view.objects[name];
}

/** Fills a path template; undefined where the view has nothing for a parameter. */
export function fillPath(path: string, view: View, by: 'id' | 'slug' = 'id'): string | undefined {
  const values = paramsOf(path).map((param) => {
    const named = namedBy(view, param);
    return by === 'slug' ? (named?.slug ?? named?.id) : named?.id;
  });
  if (values.includes(undefined)) return undefined;
  return path.replace(/\{\w+\}/g, () => values.shift() ?? '');
}

/** An object that a tenant has at most once is put, not created. */
const isSingular = (operation: Operation): boolean =>
  operation.method === 'PUT' && isTenantScoped(operation) && paramsOf(operation.path).at(-1) === 'tenant';

/** Makes one object of each noun in a tenant that is there. */
export async function populate(
  operations: Operations,
  tenant: Named,
  tag: string,
  call: Client,
  /** Reports a call of the tenant, as a gateway does: what no operation makes. */
  report?: (calls: readonly CallRecord[]) => Promise<unknown>,
): Promise<View> {
  const objects: Record<string, Named> = {};
  const view: View = { tenant, objects };
  for (const operation of operations.filter(isSingular)) {
    const path = fillPath(operation.path, view) ?? '';
    const { status, text } = await call('PUT', path, { body: seedOf(operation.id, view, tag) });
    if (status !== 200) throw new Error(`${operation.id} needs a seed: ${status} ${text}`);
  }
  let missing = Infinity;
  for (;;) {
    const open = nounsWithout(operations, objects);
    if (open.length === 0) return view;
    if (open.length >= missing) throw new Error(`no seed for the nouns ${open.map(({ noun }) => noun).join(', ')}`);
    missing = open.length;
    if (open.length === 1 && open[0]?.noun === 'calls') await report?.([callOf(view)]);
    for (const { noun, param } of open) {
      const made = await makeOne(operations, noun, view, tag, call);
      // The catalog shows the same API by another face: the first that was made is the object itself.
      if (made !== undefined) objects[param] ??= made;
    }
  }
}

/** Nouns of tenants whose objects have a path of their own and of which the view has none yet. */
function nounsWithout(operations: Operations, objects: Record<string, Named>): { noun: string; param: string }[] {
  return operations
    .filter((operation) => operation.id.endsWith('.get') && isTenantScoped(operation))
    .map((operation) => ({ noun: nounOf(operation), param: paramsOf(operation.path).at(-1) ?? 'tenant' }))
    .filter(({ param }) => param !== 'tenant' && objects[param] === undefined);
}

/** By `<noun>.create`; if there is no such operation, any object that the list shows after the work of others. */
async function makeOne(
  operations: Operations,
  noun: string,
  view: View,
  tag: string,
  call: Client,
): Promise<Named | undefined> {
  const create = operations.find(({ id }) => id === `${noun}.create`);
  const list = operations.find(({ id }) => id === `${noun}.list`);
  const path = fillPath((create ?? list)?.path ?? '/{nothing}', view);
  if (path === undefined) return undefined;
  if (create === undefined) {
    const { body } = await call<{ items?: { id: string }[] }>('GET', path);
    const [first] = body.items ?? [];
    return first && named(first);
  }
  const answer = await call<{ id: string }>('POST', path, { body: seedOf(create.id, view, tag) });
  if (answer.status !== 201) {
    // A reference that is still missing is tried again in the next round.
    if (JSON.stringify(seedOf(create.id, view, tag)).includes('"no ')) return undefined;
    throw new Error(`${create.id} needs a seed: ${answer.status} ${answer.text}`);
  }
  return named(answer.body);
}

/** A call of the tenant's app to its own API. */
function callOf({ tenant, objects }: View): CallRecord {
  return {
    id: newId('request', systemClock, systemRandom),
    at_ms: systemClock.now(),
    provider: tenant.id,
    consumer: tenant.id,
    api: objects['api']?.id ?? '',
    version: objects['version']?.id ?? '',
    operation: 'listOrders',
    app: objects['app']?.id ?? '',
    key: objects['key']?.id ?? '',
    environment: 'live',
    method: 'GET',
    path: '/a/b/v1/orders',
    status: 403,
    code: 'scope_required',
    detail: 'The operation needs a scope.',
    remedy: null,
    cause: null,
    address: '192.0.2.1',
    request_bytes: 0,
    response_bytes: 0,
    duration_us: 1,
    upstream_us: null,
  };
}

function named(body: object): Named {
  const { id, slug, name } = body as { id: string; slug?: string; name?: string };
  return { id, slug: slug ?? (typeof name === 'string' && /^[a-z0-9.-]+$/.test(name) ? name : undefined) };
}

/** A view of which nothing ever existed: ids of the same kinds, slugs of the same length. */
export function ghostOf(view: View): View {
  // Two nouns can show the same object (a subscription, and its subscriber): then the ghosts are one too.
  const made = new Map<string, Named>();
  const objects = Object.entries(view.objects).map(([param, object]): [string, Named] => {
    const one = made.get(object.id) ?? ghost(object);
    made.set(object.id, one);
    return [param, one];
  });
  return { tenant: ghost(view.tenant), objects: Object.fromEntries(objects) };
}

function ghost({ id, slug }: Named): Named {
  const kind = (Object.keys(idPrefixes) as IdKind[]).find((one) => isId(one, id));
  return {
    id: kind === undefined ? id.replace(/.$/, 'z') : newId(kind, systemClock, systemRandom),
    slug: slug?.replace(/.$/, (last) => (last === 'z' ? 'y' : 'z')),
  };
}
