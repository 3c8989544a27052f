import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFeed } from '../../../test/control/feed.ts';
import { startTestControl, type TestControl } from '../../../test/control/fixture.ts';
import { make, makeDeveloper, makeProvider, makeScope, type Made } from '../../../test/control/nouns.ts';

let control: TestControl;
before(async () => {
  control = await startTestControl();
  await makeProvider(control.call, 'acme');
  await makeDeveloper(control.call, 'developer');
});
after(() => control.stop());

const path = '/tenants/acme/apis/orders/scopes';

async function told(id: string): Promise<Record<string, unknown> | undefined> {
  const { changes } = await readFeed(control);
  return changes.find(({ key }) => key === id)?.object as Record<string, unknown> | undefined;
}

const declare = (body: object) => control.call('PATCH', '/tenants/developer/apps/shop', { body });

test('a scope is published to the gateways with its API, and to developers in the catalog', async () => {
  const title = { en: 'Read orders', zh: '读取订单' };
  const description = { en: 'All orders', zh: '全部订单' };
  const made = await make(control.call, path, { name: 'orders.read', risk: 'high', title, description });
  assert.equal(made['scope'], 'acme/orders:orders.read');
  const api = await control.call('GET', '/tenants/acme/apis/orders');
  assert.deepEqual((await told(String(api.body['id'])))?.['scopes'], [{ name: 'orders.read', risk: 'high' }]);
  await control.call('PATCH', '/tenants/acme/apis/orders', { body: { name: 'Orders!' } });
  assert.deepEqual((await told(String(api.body['id'])))?.['scopes'], [{ name: 'orders.read', risk: 'high' }]);
  const entry = await control.call('GET', '/tenants/developer/catalog/acme/orders');
  assert.deepEqual(entry.body['scopes'], [{ scope: made['scope'], risk: 'high', title, description }]);
  const changed = await control.call('PATCH', `${path}/orders.read`, { body: { risk: 'low' } });
  assert.deepEqual([changed.body['risk'], changed.body['title']], ['low', title]);
  assert.deepEqual((await told(String(api.body['id'])))?.['scopes'], [{ name: 'orders.read', risk: 'low' }]);
});

test('the provider decides whether a scope can be limited to a part of the data; the default is no', async () => {
  const words = { en: 'x', zh: 'x' };
  const body = { name: 'limited', risk: 'low', title: words, description: words };
  const made = await make(control.call, path, body);
  assert.equal(made['data_scoped'], false);
  const changed = await control.call('PATCH', `${path}/limited`, { body: { data_scoped: true } });
  assert.deepEqual([changed.body['data_scoped'], changed.body['risk']], [true, 'low']);
  assert.equal((await control.call('GET', `${path}/limited`)).body['data_scoped'], true);
});

test('a deleted scope is absent for every tenant, and its name is never used again', async () => {
  const scope = await makeScope(control.call, 'acme', 'gone');
  assert.equal((await control.call('DELETE', `${path}/gone`)).status, 204);
  assert.equal((await control.call('GET', `${path}/gone`)).status, 404);
  const list = await control.call<{ items: Made[] }>('GET', path);
  assert.ok(!list.body.items.some(({ id }) => id === 'gone'));
  assert.equal((await declare({ scopes: [scope] })).status, 400);
  const words = { en: 'x', zh: 'x' };
  const again = await control.call('POST', path, {
    body: { name: 'gone', risk: 'low', title: words, description: words },
  });
  assert.deepEqual([again.status, again.body['code']], [409, 'conflict']);
});

test('an app declares scopes that exist; gateways receive required and optional ones', async () => {
  const [read, write] = [await makeScope(control.call, 'acme', 'read'), await makeScope(control.call, 'acme', 'write')];
  const app = await declare({ scopes: [read], optional_scopes: [write] });
  assert.deepEqual([app.status, app.body['scopes'], app.body['optional_scopes']], [200, [read], [write]]);
  assert.deepEqual((await told(String(app.body['id'])))?.['scopes'], [read, write]);
  for (const body of [
    { scopes: ['acme/orders:nothing'] },
    { scopes: ['nobody/orders:read'] },
    { optional_scopes: [read] },
    { scopes: [read, read] },
    { scopes: ['read'] },
  ])
    assert.equal((await declare(body)).status, 400, JSON.stringify(body));
});

test('the answer for a scope of another tenant’s private API is exactly the answer for an absent scope', async () => {
  await makeProvider(control.call, 'hidden', { visibility: 'private' });
  const scope = await makeScope(control.call, 'hidden', 'read');
  const [foreign, none] = [await declare({ scopes: [scope] }), await declare({ scopes: ['nobody/orders:read'] })];
  assert.deepEqual([foreign.status, foreign.text], [400, none.text]);
  const own = await control.call('POST', '/tenants/hidden/apps', {
    body: { slug: 'own', name: 'Own', scopes: [scope] },
  });
  assert.equal(own.status, 201);
});

test('a declared scope may stay when it can no longer be declared', async () => {
  await makeProvider(control.call, 'leaving');
  const scope = await makeScope(control.call, 'leaving', 'read');
  const app = '/tenants/developer/apps/held';
  await make(control.call, '/tenants/developer/apps', { slug: 'held', name: 'Held', scopes: [scope] });
  await control.call('PATCH', '/tenants/leaving/apis/orders', { body: { visibility: 'private' } });
  const moved = await control.call('PATCH', app, { body: { scopes: [], optional_scopes: [scope] } });
  assert.equal(moved.status, 200, moved.text);
  assert.equal((await control.call('PATCH', app, { body: { optional_scopes: [] } })).status, 200);
  assert.equal((await control.call('PATCH', app, { body: { optional_scopes: [scope] } })).status, 400);
});

test('the gateways receive the scopes that an operation requires', async () => {
  const openapi = {
    openapi: '3.1.0',
    info: { title: 'Orders', version: '1' },
    paths: {
      '/orders': {
        get: { operationId: 'list', security: [{ login: ['read'] }], responses: { 200: { description: 'all' } } },
      },
    },
    components: { securitySchemes: { login: { type: 'openIdConnect', openIdConnectUrl: 'https://id.example.com' } } },
  };
  const upstreams = [{ url: 'https://orders.example.com' }];
  const versions = '/tenants/acme/apis/orders/versions';
  const { id } = await make(control.call, versions, { name: 'scoped', upstreams, openapi });
  const operations = [{ id: 'list', method: 'GET', path: '/orders', scopes: ['read'] }];
  assert.deepEqual((await told(id))?.['operations'], operations);
  await control.call('PATCH', `${versions}/scoped`, { body: { timeout_ms: 5000 } });
  assert.deepEqual((await told(id))?.['operations'], operations);
});

test('a blocked app is stopped everywhere, and its tenant cannot unblock it', async () => {
  const { id } = await make(control.call, '/tenants/developer/apps', { slug: 'bad', name: 'Bad' });
  const app = '/tenants/developer/apps/bad';
  const blocked = await control.call('POST', `${app}/block`, { headers: { 'tulou-reason': 'steals orders' } });
  assert.deepEqual([blocked.status, blocked.body['state']], [200, 'blocked']);
  assert.equal((await told(id))?.['state'], 'suspended');
  const own = await control.call('PATCH', app, { body: { state: 'active' } });
  assert.deepEqual([own.status, own.body['code']], [409, 'state_conflict']);
  assert.equal((await control.call('POST', `${app}/block`)).status, 409);
  const trail = await control.call<{ items: { operation: string; reason: string; target: string }[] }>(
    'GET',
    '/tenants/developer/audit?limit=10',
  );
  const entry = trail.body.items.find(({ operation, target }) => operation === 'apps.block' && target === id);
  assert.equal(entry?.reason, 'steals orders');
  assert.equal((await control.call('POST', `${app}/unblock`)).body['state'], 'suspended');
  assert.equal((await control.call('POST', `${app}/unblock`)).status, 409);
  assert.equal((await control.call('PATCH', app, { body: { state: 'active' } })).body['state'], 'active');
  assert.equal((await told(id))?.['state'], 'active');
});

test('only an operator blocks an app', async () => {
  const tenant = await control.makeTenant('members-only');
  await make(control.call, `/tenants/${tenant.id}/apps`, { slug: 'app', name: 'App' });
  for (const verb of ['block', 'unblock']) {
    const answer = await control.call('POST', `/tenants/${tenant.id}/apps/app/${verb}`, { token: tenant.tokens.owner });
    assert.equal(answer.status, 403);
  }
});
