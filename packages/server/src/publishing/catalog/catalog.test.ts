import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestControl, type TestControl } from '../../../test/control/fixture.ts';
import { make, makeProvider, type Made } from '../../../test/control/nouns.ts';

let control: TestControl;
before(async () => {
  control = await startTestControl();
  await make(control.call, '/tenants', { slug: 'reader', name: 'Reader' });
});
after(() => control.stop());

interface Entry extends Made {
  readonly address: string;
  readonly versions: readonly Made[];
  readonly plans: readonly Made[];
}

async function addresses(tenant: string, query = ''): Promise<string[]> {
  const { body } = await control.call<{ items: Entry[] }>('GET', `/tenants/${tenant}/catalog?${query}`);
  return body.items.map(({ address }) => address);
}

async function entry(provider: string): Promise<Entry> {
  const { body, status } = await control.call<Entry>('GET', `/tenants/reader/catalog/${provider}/orders`);
  assert.equal(status, 200);
  return body;
}

test('every tenant finds a public API, with its callable versions and all plans', async () => {
  const { tenant, version, plan, api } = await makeProvider(control.call, 'public');
  await make(control.call, '/tenants/public/apis/orders/versions', { name: 'v2' });
  assert.deepEqual(await addresses('reader', 'search=public'), ['public/orders']);
  const found = await entry('public');
  assert.equal(found.id, api.id);
  assert.deepEqual(
    found.versions.map(({ id }) => id),
    [version.id],
  );
  assert.deepEqual(
    found.plans.map(({ id, limits, approval }) => [id, limits, approval]),
    [[plan.id, plan['limits'], 'auto']],
  );
  const byId = await control.call('GET', `/tenants/reader/catalog/${tenant.id}/${api.id}`);
  assert.deepEqual(byId.body, found);
});

test('the catalog follows every change of the API, its versions and its plans', async () => {
  await makeProvider(control.call, 'changing');
  const path = '/tenants/changing/apis/orders';
  await control.call('PATCH', path, { body: { name: 'Renamed', description: 'About parcels' } });
  assert.deepEqual(await addresses('reader', 'search=PARCELS'), ['changing/orders']);
  await control.call('PATCH', `${path}/plans/basic`, { body: { name: 'Cheap' } });
  await control.call('PATCH', `${path}/versions/v1`, { body: { state: 'deprecated' } });
  const found = await entry('changing');
  assert.deepEqual(
    [found['name'], found.plans[0]?.['name'], found.versions[0]?.['state']],
    ['Renamed', 'Cheap', 'deprecated'],
  );
  await control.call('DELETE', `${path}/plans/basic`);
  assert.deepEqual((await entry('changing')).plans, []);
  await control.call('PATCH', `${path}/versions/v1`, { body: { state: 'retired' } });
  assert.equal((await control.call('GET', '/tenants/reader/catalog/changing/orders')).status, 404);
  assert.deepEqual(await addresses('reader', 'search=parcels'), []);
  await control.call('DELETE', path);
  assert.equal((await control.call('GET', '/tenants/changing/catalog/changing/orders')).status, 404);
});

test('a private API is only in the catalog of its own tenant, also when it was public before', async () => {
  await makeProvider(control.call, 'private', { visibility: 'private' });
  assert.deepEqual(await addresses('private', 'search=private'), ['private/orders']);
  assert.deepEqual(await addresses('reader', 'search=private'), []);
  const hidden = await control.call('GET', '/tenants/reader/catalog/private/orders');
  const absent = await control.call('GET', '/tenants/reader/catalog/nobody/orders');
  assert.deepEqual([hidden.status, hidden.text], [404, absent.text]);
  await control.call('PATCH', '/tenants/private/apis/orders', { body: { visibility: 'public' } });
  assert.deepEqual(await addresses('reader', 'search=private'), ['private/orders']);
});

test('the row policy alone keeps a private API from other tenants', async () => {
  await makeProvider(control.call, 'policy', { visibility: 'private' });
  const { database } = control;
  const count = (tenant: string) =>
    database.store.system('test', async ({ sql }) => {
      const [row] = await sql<{ tenant_id: string }[]>`select tenant_id from tenants where slug = ${tenant}`;
      await sql.unsafe(`set local role tulou_tenant; set local app.tenant = '${row?.tenant_id ?? ''}'`);
      return (await sql`select from catalog where tenant_slug = 'policy'`).length;
    });
  assert.deepEqual([await count('policy'), await count('reader')], [1, 0]);
});

test('the APIs of a suspended tenant are not found until the tenant resumes', async () => {
  await makeProvider(control.call, 'pausing');
  await control.call('POST', '/tenants/pausing/suspend');
  assert.deepEqual(await addresses('reader', 'search=pausing'), []);
  assert.equal((await control.call('GET', '/tenants/reader/catalog/pausing/orders')).status, 404);
  await control.call('POST', '/tenants/pausing/resume');
  assert.deepEqual(await addresses('reader', 'search=pausing'), ['pausing/orders']);
});

test('every tenant reads the document of a published version, but not of a draft or a private API', async () => {
  const openapi = { openapi: '3.1.0', info: { title: 'Orders', version: '1' }, paths: {} };
  await makeProvider(control.call, 'documented');
  const path = '/tenants/documented/apis/orders';
  await control.call('PATCH', `${path}/versions/v1`, { body: { openapi } });
  await make(control.call, `${path}/versions`, { name: 'draft', openapi });
  const read = (version: string) =>
    control.call('GET', `/tenants/reader/catalog/documented/orders/versions/${version}/openapi`);
  assert.deepEqual((await read('v1')).body, openapi);
  assert.equal((await read('draft')).status, 404);
  await control.call('PATCH', path, { body: { visibility: 'private' } });
  assert.equal((await read('v1')).status, 404);
});

test('the catalog has pages', async () => {
  for (const slug of ['page-a', 'page-b', 'page-c']) await makeProvider(control.call, slug);
  const seen: string[] = [];
  let cursor = '';
  do {
    const { body } = await control.call<{ items: Entry[]; next: string | null }>(
      'GET',
      `/tenants/reader/catalog?search=page-&limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    seen.push(...body.items.map(({ address }) => address));
    cursor = body.next ?? '';
  } while (cursor !== '');
  assert.deepEqual(seen, ['page-a/orders', 'page-b/orders', 'page-c/orders']);
});

test('two concurrent changes of one API are both in the catalog', async () => {
  await makeProvider(control.call, 'busy');
  const path = '/tenants/busy/apis/orders';
  await Promise.all(
    Array.from({ length: 6 }, (_, n) =>
      n % 2 === 0
        ? make(control.call, `${path}/plans`, { slug: `plan-${n}` })
        : make(control.call, `${path}/versions`, { name: `v1${n}`, upstreams: [{ url: 'http://127.0.0.1:9' }] }),
    ),
  );
  const found = await entry('busy');
  assert.deepEqual([found.plans.length, found.versions.length], [4, 4]);
});
