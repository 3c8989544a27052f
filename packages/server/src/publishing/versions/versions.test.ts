import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFeed } from '../../../test/control/feed.ts';
import { startTestControl, type TestControl } from '../../../test/control/fixture.ts';
import { make, makeDeveloper, makeProvider, subscribe } from '../../../test/control/nouns.ts';

let control: TestControl;
before(async () => {
  control = await startTestControl();
  await makeProvider(control.call, 'provider');
  await makeDeveloper(control.call, 'developer');
});
after(() => control.stop());

const path = '/tenants/provider/apis/orders/versions';
const upstreams = [{ url: 'https://orders.example.com/base' }];

const document = {
  openapi: '3.1.0',
  info: { title: 'Orders', version: '1' },
  paths: {
    '/orders': { get: { operationId: 'listOrders', responses: { '200': { description: 'all' } } } },
    '/orders/{id}': {
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
      get: { operationId: 'getOrder', responses: { '200': { description: 'one' } } },
    },
  },
};

async function told(id: string): Promise<Record<string, unknown> | undefined> {
  const { changes } = await readFeed(control);
  return changes.find(({ key }) => key === id)?.object as Record<string, unknown> | undefined;
}

test('a version with upstreams is live; one without is a draft that no gateway receives', async () => {
  const live = await make(control.call, path, { name: 'live', upstreams });
  assert.deepEqual(
    [live['state'], live['access'], live['upstreams']],
    ['live', 'key', [{ ...upstreams[0], weight: 1 }]],
  );
  assert.equal((await told(live.id))?.['state'], 'live');
  const draft = await make(control.call, path, { name: 'draft' });
  assert.equal(draft['state'], 'draft');
  assert.equal(await told(draft.id), undefined);
});

test('the operations of the document are counted and published; the document itself is read back unchanged', async () => {
  const version = await make(control.call, path, { name: 'documented', upstreams, openapi: document });
  assert.equal(version['operations'], 2);
  assert.deepEqual((await told(version.id))?.['operations'], [
    { id: 'listOrders', method: 'GET', path: '/orders' },
    { id: 'getOrder', method: 'GET', path: '/orders/{id}' },
  ]);
  const read = await control.call('GET', `${path}/documented/openapi`);
  assert.equal(read.text, JSON.stringify(document));
  const yaml = 'openapi: 3.0.3\ninfo: {title: Other, version: "2"}\npaths: {}\n';
  const changed = await control.call('PATCH', `${path}/documented`, { body: { openapi: yaml } });
  assert.equal(changed.body['operations'], 0);
  assert.deepEqual((await told(version.id))?.['operations'], []);
  await control.call('PATCH', `${path}/documented`, { body: { openapi: null } });
  assert.equal((await control.call('GET', `${path}/documented/openapi`)).status, 404);
});

test('an upstream can be of one environment, and gateways receive it', async () => {
  const apart = [{ url: 'https://a.example.com' }, { url: 'https://b.example.com', environment: 'test' }];
  const version = await make(control.call, path, { name: 'apart', upstreams: apart });
  const stored = apart.map((one) => ({ weight: 1, ...one }));
  assert.deepEqual(version['upstreams'], stored);
  assert.deepEqual((await told(version.id))?.['upstreams'], stored);
  const body = { upstreams: [{ url: 'https://a.example.com', environment: 'both' }] };
  assert.equal((await control.call('PATCH', `${path}/apart`, { body })).status, 400);
});

test('a change without a document keeps the operations', async () => {
  const version = await make(control.call, path, { name: 'kept', upstreams, openapi: document });
  await control.call('PATCH', `${path}/kept`, { body: { timeout_ms: 5 } });
  const object = await told(version.id);
  assert.deepEqual([(object?.['operations'] as unknown[] | undefined)?.length, object?.['timeout_ms']], [2, 5]);
});

test('an invalid document is refused with its violations, and nothing is created', async () => {
  const answer = await control.call<{ code: string; violations: unknown[] }>('POST', path, {
    body: { name: 'broken', upstreams, openapi: { openapi: '3.1.0' } },
  });
  assert.deepEqual([answer.status, answer.body.code], [422, 'openapi_invalid']);
  assert.ok(answer.body.violations.length > 0);
  assert.equal((await control.call('GET', `${path}/broken`)).status, 404);
});

test('an operation with a name that is too long is named after its method and path, with a warning', async () => {
  const openapi = structuredClone(document) as { paths: Record<string, { get: { operationId: string } }> };
  openapi.paths['/orders'] = { get: { ...openapi.paths['/orders']?.get, operationId: 'x'.repeat(201) } };
  const version = await make(control.call, path, { name: 'long', upstreams, openapi });
  assert.deepEqual((await told(version.id))?.['operations'], [
    { id: 'get_orders', method: 'GET', path: '/orders' },
    { id: 'getOrder', method: 'GET', path: '/orders/{id}' },
  ]);
  const { errors, warnings } = version['findings'] as { errors: number; warnings: number };
  assert.deepEqual([errors, warnings], [0, 1]);
});

test('the states change from draft to live, deprecated, live, deprecated and retired, and in no other way', async () => {
  const { id } = await make(control.call, path, { name: 'states' });
  const to = async (state: string, more: object = {}) =>
    (await control.call('PATCH', `${path}/states`, { body: { state, ...more } })).status;
  assert.equal(await to('deprecated'), 409);
  assert.equal(await to('live'), 400);
  assert.equal(await to('live', { upstreams }), 200);
  assert.equal(await to('draft'), 409);
  assert.equal(await to('retired'), 409);
  assert.equal(await to('deprecated'), 200);
  assert.equal(typeof (await told(id))?.['deprecated_at'], 'number');
  assert.equal(await to('live'), 200);
  assert.equal((await told(id))?.['deprecated_at'], null);
  assert.equal(await to('deprecated', { sunset_at: '2099-01-01T00:00:00Z' }), 200);
  assert.equal((await told(id))?.['sunset_at'], 4_070_908_800);
  assert.equal(await to('retired'), 200);
  assert.equal((await told(id))?.['state'], 'retired');
  assert.equal(await to('live'), 409);
});

test('a version cannot be switched off before it is deprecated', async () => {
  const body = {
    name: 'order',
    upstreams,
    state: 'deprecated',
    deprecated_at: '2030-01-02T00:00:00Z',
    sunset_at: '2030-01-01T00:00:00Z',
  };
  const answer = await control.call('POST', path, { body });
  assert.deepEqual(answer.body['violations'], [
    { pointer: '/sunset_at', message: 'must not be before `deprecated_at`' },
  ]);
});

test('a version that apps may call is deleted only after it is retired', async () => {
  const subscription = await subscribe(control.call, 'developer', 'provider');
  await make(control.call, path, { name: 'used', upstreams });
  assert.equal((await control.call('DELETE', `${path}/used`)).status, 409);
  for (const state of ['deprecated', 'retired']) await control.call('PATCH', `${path}/used`, { body: { state } });
  assert.equal((await control.call('DELETE', `${path}/used`)).status, 204);
  await make(control.call, path, { name: 'unused', upstreams });
  await control.call('DELETE', `/tenants/developer/subscriptions/${subscription.id}`);
  assert.equal((await control.call('DELETE', `${path}/unused`)).status, 204);
});

test('an upstream in the platform’s networks is refused in every notation of its address', async () => {
  const refused = [
    'http://10.0.0.1',
    'http://192.168.1.1:8080/x',
    'http://172.31.255.255',
    'http://169.254.169.254/latest/meta-data',
    'http://100.64.0.1',
    'http://0.0.0.0',
    'http://0x0a000001',
    'http://167772161',
    'http://012.0.0.1',
    'http://[fd00::1]',
    'http://[fe80::1]',
    'http://[::ffff:10.0.0.1]',
    'http://[64:ff9b::a00:1]',
    'http://[2002:a00:1::]',
    'http://255.255.255.255',
    'http://224.0.0.1',
  ];
  for (const url of refused) {
    const answer = await control.call('POST', path, { body: { name: 'inward', upstreams: [{ url }] } });
    assert.deepEqual([answer.status, answer.body['code']], [422, 'upstream_address_refused'], url);
  }
  const { id } = await make(control.call, path, { name: 'inward', upstreams });
  assert.equal(
    (await control.call('PATCH', `${path}/${id}`, { body: { upstreams: [{ url: refused[0] }] } })).status,
    422,
  );
});

test('an address that the operator allows is accepted: here loopback', async () => {
  for (const [n, url] of [
    'http://127.0.0.1:3000',
    'http://localhost:3000',
    'http://[::1]:3000',
    'http://127.1',
  ].entries()) {
    await make(control.call, path, { name: `loopback-${n}`, upstreams: [{ url }] });
  }
});

test('an invalid upstream URL is refused with its pointer', async () => {
  const bad = [
    'ftp://example.com',
    'example.com',
    '//example.com',
    'http://user:pass@example.com',
    'http://example.com/#x',
    'http://example.com/?a=b',
    'http:///x',
    'http://exa mple.com',
    'http://example.com\\@evil.com',
    'http://example.com:99999',
  ];
  for (const url of bad) {
    const answer = await control.call<{ violations?: { pointer: string }[] }>('POST', path, {
      body: { name: 'bad', upstreams: [...upstreams, { url }] },
    });
    assert.equal(answer.status, 400, url);
    assert.equal(answer.body.violations?.[0]?.pointer, '/upstreams/1/url', url);
  }
});
