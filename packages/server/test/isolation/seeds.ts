/**
 * The smallest valid body of each operation that takes one and does not accept `{}`. `view` holds what the tenant of the
 * call has, `tag` is for names of the new object itself; what is taken from `view` is a reference, and is probed as one.
 */
import { tarOf, uploadOf } from './tar.ts';
import type { View } from './world.ts';

type Seed = (view: View, tag: string) => object;

const of = (view: View, noun: string): string => view.objects[noun]?.id ?? `no ${noun} yet`;

const words = { en: 'Read orders', zh: '读取订单' };

/** The full name of the scope that the tenant has; its own side of it is a reference. */
const scopeOf = ({ tenant, objects: { api, scope } }: View): string =>
  scope === undefined ? 'no scope yet' : `${tenant.slug}/${api?.slug}:${scope.id}`;

const orders = {
  openapi: '3.1.0',
  info: { title: 'Orders', version: '1' },
  paths: { '/orders': { get: { operationId: 'listOrders', responses: { 200: { description: 'all of them' } } } } },
};

export const seeds: Readonly<Record<string, Seed>> = {
  'domains.create': (_, tag) => ({ host: `${tag}.domain.test` }),
  'connections.create': (_, tag) => ({
    name: tag,
    issuer: 'https://idp.seed.test',
    client_id: tag,
    client_secret: 'seed',
    domains: ['seed.test'],
  }),
  'members.create': (_, tag) => ({ email: `${tag}@seed.test`, role: 'viewer' }),
  'issuers.put': (_, tag) => ({ host: `${tag}.login.test`, name: tag }),
  'users.create': (_, tag) => ({ email: `${tag}@users.test`, name: tag }),
  'tokens.create': (view, tag) => ({ member: of(view, 'member'), name: tag }),
  'operator-tokens.create': (_, tag) => ({ name: tag }),
  'apis.create': (_, tag) => ({ slug: `api-${tag}`, name: tag, visibility: 'private' }),
  'versions.create': (_, tag) => ({ name: `v-${tag}`, upstreams: [{ url: 'http://127.0.0.1:9' }], openapi: orders }),
  'plans.create': (_, tag) => ({
    slug: `plan-${tag}`,
    name: tag,
    limits: [{ requests: 100, per: 'minute' }],
    approval: 'manual',
  }),
  'scopes.create': (_, tag) => ({ name: `scope-${tag}`, risk: 'low', title: words, description: words }),
  'apps.create': (view, tag) => ({ slug: `app-${tag}`, name: tag, scopes: [scopeOf(view)] }),
  'apps.update': (view) => ({ scopes: [scopeOf(view)] }),
  'keys.create': () => ({ environment: 'live' }),
  'clients.create': (_, tag) => ({
    name: tag,
    environment: 'live',
    authentication: 'client_secret_basic',
    grant_types: ['client_credentials'],
  }),
  'subscriptions.create': (view) => ({
    app: of(view, 'app'),
    api: `${view.tenant.id}/${of(view, 'api')}`,
    plan: of(view, 'plan'),
  }),
  'subscriptions.update': (view) => ({ plan: of(view, 'plan') }),
  'services.create': (_, tag) => ({ slug: `service-${tag}` }),
  'artifacts.create': (_, tag) => uploadOf(tarOf('worker.js', `// ${tag}`)),
  'revisions.create': (view) => ({ kind: 'worker', artifact: of(view, 'artifact'), entry: 'worker.js' }),
  'releases.create': (view) => ({ weights: [{ revision: of(view, 'revision') }] }),
  'installations.create': (view) => ({ app: `${view.tenant.id}/${of(view, 'app')}` }),
  'installations.try': (view) => ({ app: `${view.tenant.id}/${of(view, 'app')}` }),
  'approvals.create': (view) => ({ app: `${view.tenant.id}/${of(view, 'app')}`, member: of(view, 'member') }),
  'installations.update': (view) => ({ scopes: [scopeOf(view)] }),
};

/** The body that an operation is called with. */
export function seedOf(operationId: string, view: View, tag: string): object {
  return seeds[operationId]?.(view, tag) ?? {};
}
