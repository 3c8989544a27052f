/** Two tenants with objects of every kind, made with calls of the control API. */
import assert from 'node:assert/strict';
import type { TestControl } from '../../server/test/control/fixture.ts';

/** A comment, an integer past 2^53 and a scope: the text must come back unchanged. */
export const scopedDocument = `# The order book
openapi: 3.1.0
info: {title: Orders, version: '1.0'}
paths:
  /orders:
    get:
      operationId: listOrders
      security: [{oauth: [read]}]
      responses:
        '200':
          description: all orders
          content: {application/json: {schema: {type: integer, maximum: 9007199254740993}}}
components:
  securitySchemes:
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: 'https://id.example.com/token', scopes: {read: Read}}}}
`;

const words = (en: string, zh: string) => ({ en, zh });

const client = (name: string, more: object) => ({
  name,
  environment: 'live',
  authentication: 'client_secret_basic',
  grant_types: ['client_credentials'],
  ...more,
});

const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };

const maker: readonly (readonly [string, object])[] = [
  ['/tenants/maker/members', { email: 'ann@maker.test', role: 'owner' }],
  ['/tenants/maker/members', { email: 'bob@maker.test', role: 'viewer' }],
  ['/tenants/maker/apis', { slug: 'orders', name: 'Orders', hosts: ['orders.example.com', 'api.example.com'] }],
  ['/tenants/maker/apis', { slug: 'inner', name: 'Inner', visibility: 'private', description: 'Two\nlines' }],
  [
    '/tenants/maker/apis/orders/scopes',
    { name: 'read', risk: 'low', title: words('Read', '读取'), description: words('Read orders', '读取订单') },
  ],
  [
    '/tenants/maker/apis/orders/scopes',
    {
      name: 'write',
      risk: 'high',
      title: words('Write', '写入'),
      description: words('Write orders', '写入订单'),
      data_scoped: true,
    },
  ],
  [
    '/tenants/maker/apis/orders/versions',
    {
      name: 'v1',
      openapi: scopedDocument,
      upstreams: [{ url: 'http://127.0.0.1:3000', weight: 2 }],
      access: 'token',
      strict: true,
      timeout_ms: 4000,
    },
  ],
  ['/tenants/maker/apis/orders/versions', { name: 'v2' }],
  [
    '/tenants/maker/apis/orders/versions',
    { name: 'v0', openapi: JSON.stringify({ openapi: '3.1.0', info: { title: 'O', version: '0' }, paths: {} }) },
  ],
  ['/tenants/maker/services', { slug: 'stock', name: 'Stock', isolation: 'gvisor' }],
  ['/tenants/maker/apis/orders/versions', { name: 'v3', upstreams: [{ service: 'stock', environment: 'test' }] }],
  ['/tenants/maker/apis/orders/plans', { slug: 'basic', limits: [{ requests: 9, per: 'minute' }] }],
  ['/tenants/maker/apis/orders/plans', { slug: 'gold', approval: 'manual', concurrency: 3 }],
  [
    '/tenants/maker/apps',
    {
      slug: 'desk',
      name: 'Desk',
      visibility: 'public',
      scopes: ['maker/orders:read'],
      optional_scopes: ['maker/orders:write'],
    },
  ],
  [
    '/tenants/maker/apps/desk/clients',
    client('Web', {
      authentication: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://desk.example.com/back'],
    }),
  ],
  ['/tenants/maker/apps/desk/clients', client('Job', {})],
  ['/tenants/maker/apps/desk/clients', client('Job', { dpop_bound: true })],
  ['/tenants/maker/apps/desk/clients', client('Job', { environment: 'test' })],
  ['/tenants/maker/apps/desk/clients', client('Signed', { authentication: 'private_key_jwt', jwks: { keys: [jwk] } })],
  [
    '/tenants/maker/connections',
    {
      name: 'Office',
      issuer: 'https://login.example.com',
      client_id: 'tulou',
      client_secret: 'cOnn-S3cret',
      domains: ['maker.test'],
    },
  ],
];

const shop: readonly (readonly [string, object])[] = [
  ['/tenants/shop/apps', { slug: 'web', name: 'Web', redirect_uris: ['https://shop.example.com/back'] }],
  ['/tenants/shop/subscriptions', { app: 'web', api: 'maker/orders', plan: 'basic' }],
  ['/tenants/shop/installations', { app: 'maker/desk', scopes: ['maker/orders:read', 'maker/orders:write'] }],
  ['/tenants/shop/apps/web/keys', { environment: 'live' }],
];

/** Makes them. `maker` installs its own app, which is suspended after that; the installation of `shop` is paused. */
export async function populate({ call }: TestControl): Promise<void> {
  const must = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const answer = await call(method, path, body === undefined ? {} : { body });
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  };
  for (const slug of ['maker', 'shop']) await must('POST', '/tenants', { slug, name: slug.toUpperCase() });
  for (const [path, body] of [...maker, ...shop]) await must('POST', path, body);
  await must('PATCH', '/tenants/maker', { members_may_try: true });
  await must('PUT', '/tenants/maker/issuer', { host: 'login.maker.test', name: 'Maker', accent: '#102030' });
  await must('POST', '/tenants/maker/installations', { app: 'maker/desk' });
  const { items } = await must('GET', '/tenants/shop/installations');
  await must('POST', `/tenants/shop/installations/${(items as { id: string }[])[0]?.id ?? ''}/pause`);
  await must('PATCH', '/tenants/maker/apps/desk', { state: 'suspended' });
}
