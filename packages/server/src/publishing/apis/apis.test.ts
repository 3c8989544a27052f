import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFeed } from '../../../test/control/feed.ts';
import { startTestControl, type TestControl } from '../../../test/control/fixture.ts';
import { make, makeProvider } from '../../../test/control/nouns.ts';

let control: TestControl;
before(async () => {
  control = await startTestControl();
  await make(control.call, '/tenants', { slug: 'one', name: 'One' });
  await make(control.call, '/tenants', { slug: 'two', name: 'Two' });
});
after(() => control.stop());

async function hostsTold(apiId: string): Promise<unknown> {
  const { changes } = await readFeed(control);
  return (changes.find(({ key }) => key === apiId)?.object as { hosts: unknown } | undefined)?.hosts;
}

test('an API that is created is read by id and slug, listed, and published to the gateways', async () => {
  const api = await make(control.call, '/tenants/one/apis', { slug: 'orders', name: 'Orders' });
  assert.equal(api['visibility'], 'public');
  for (const ref of ['orders', api.id]) {
    const read = await control.call('GET', `/tenants/one/apis/${ref}`);
    assert.deepEqual(read.body, api);
  }
  const list = await control.call('GET', '/tenants/one/apis');
  assert.deepEqual(list.body, { items: [api], next: null });
  assert.deepEqual(await hostsTold(api.id), []);
});

test('a slug is unique in a tenant, and available in another', async () => {
  await make(control.call, '/tenants/one/apis', { slug: 'twice', name: 'One' });
  assert.equal((await control.call('POST', '/tenants/one/apis', { body: { slug: 'twice', name: 'Two' } })).status, 409);
  await make(control.call, '/tenants/two/apis', { slug: 'twice', name: 'Other' });
});

test('a change respects If-Match, and the second of two changes with the same tag is refused', async () => {
  await make(control.call, '/tenants/one/apis', { slug: 'tagged', name: 'Tagged' });
  const path = '/tenants/one/apis/tagged';
  const tag = (await control.call('GET', path)).headers.get('etag') ?? '';
  const change = (name: string) => control.call('PATCH', path, { body: { name }, headers: { 'if-match': tag } });
  const statuses = (await Promise.all([change('A'), change('B')])).map(({ status }) => status);
  assert.deepEqual(statuses.toSorted(), [200, 412]);
  assert.equal((await control.call('DELETE', path, { headers: { 'if-match': tag } })).status, 412);
});

test('a host name belongs to one API; the error does not name its owner', async () => {
  const holder = await make(control.call, '/tenants/one/apis', {
    slug: 'host',
    name: 'Host',
    hosts: ['API.example.com'],
  });
  assert.deepEqual(await hostsTold(holder.id), ['api.example.com']);
  const claim = (tenant: string, slug: string, hosts: string[]) =>
    control.call('POST', `/tenants/${tenant}/apis`, { body: { slug, name: 'Claim', hosts } });
  const foreign = await claim('two', 'claim', ['api.example.com']);
  const own = await claim('one', 'claim', ['api.example.com']);
  assert.equal(foreign.status, 409);
  assert.equal(foreign.text, own.text);
  assert.equal((await control.call('GET', '/tenants/two/apis/claim')).status, 404);
});

test('the platform’s own host names cannot be claimed', async () => {
  const hosts = ['gateway.test'];
  const answer = await control.call('POST', '/tenants/one/apis', { body: { slug: 'thief', name: 'Thief', hosts } });
  assert.equal(answer.status, 409);
});

test('an invalid host name is refused: an address, a port, one label, a wildcard', async () => {
  for (const host of [
    '127.0.0.1',
    'api.example.com:80',
    'localhost',
    '*.example.com',
    'a..b',
    '-a.com',
    'http://a.com',
    '',
  ]) {
    const answer = await control.call('POST', '/tenants/one/apis', {
      body: { slug: 'bad', name: 'Bad', hosts: [host] },
    });
    assert.equal(answer.status, 400, host);
  }
});

test('a host name that is removed is available immediately', async () => {
  const api = await make(control.call, '/tenants/one/apis', {
    slug: 'giver',
    name: 'Giver',
    hosts: ['gift.example.com'],
  });
  const changed = await control.call('PATCH', '/tenants/one/apis/giver', { body: { hosts: ['other.example.com'] } });
  assert.deepEqual(changed.body['hosts'], ['other.example.com']);
  assert.deepEqual(await hostsTold(api.id), ['other.example.com']);
  await make(control.call, '/tenants/two/apis', { slug: 'taker', name: 'Taker', hosts: ['gift.example.com'] });
  assert.equal((await control.call('DELETE', '/tenants/two/apis/taker')).status, 204);
  await make(control.call, '/tenants/one/apis', { slug: 'again', name: 'Again', hosts: ['gift.example.com'] });
});

test('of two concurrent claims of the same host names one succeeds, and neither waits for ever', async () => {
  const hosts = ['x.example.com', 'y.example.com'];
  const claims = await Promise.all(
    [hosts, hosts.toReversed()].flatMap((list, n) =>
      ['one', 'two'].map((tenant) =>
        control.call('POST', `/tenants/${tenant}/apis`, { body: { slug: `race-${n}`, name: 'Race', hosts: list } }),
      ),
    ),
  );
  assert.deepEqual(claims.map(({ status }) => status).toSorted(), [201, 409, 409, 409]);
});

test('an API is deleted with its versions and plans, here and on the gateways', async () => {
  const published = await makeProvider(control.call, 'leaver', { hosts: ['leaver.example.com'] });
  assert.equal((await control.call('DELETE', '/tenants/leaver/apis/orders')).status, 204);
  for (const path of ['', '/versions/v1', '/plans/basic']) {
    assert.equal((await control.call('GET', `/tenants/leaver/apis/orders${path}`)).status, 404);
  }
  const { changes } = await readFeed(control);
  const told = new Set(changes.map(({ key }) => key));
  for (const { id } of [published.api, published.version, published.plan]) assert.equal(told.has(id), false);
  assert.ok(told.has(published.tenant.id));
});

test('a list has pages, and a search covers slug and name', async () => {
  await make(control.call, '/tenants', { slug: 'many', name: 'Many' });
  for (let n = 0; n < 5; n += 1) {
    await make(control.call, '/tenants/many/apis', { slug: `api-${n}`, name: n % 2 === 0 ? 'Even' : 'Odd' });
  }
  const slugs: unknown[] = [];
  let next: string | null = '';
  while (next !== null) {
    const page: { body: { items: { slug: string }[]; next: string | null } } = await control.call(
      'GET',
      `/tenants/many/apis?limit=2${next === '' ? '' : `&cursor=${next}`}`,
    );
    slugs.push(...page.body.items.map(({ slug }) => slug));
    ({ next } = page.body);
  }
  assert.deepEqual(slugs, ['api-0', 'api-1', 'api-2', 'api-3', 'api-4']);
  const found = await control.call<{ items: unknown[] }>('GET', '/tenants/many/apis?search=EVEN');
  assert.equal(found.body.items.length, 3);
});
