import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestControl, type TestControl, type TestTenant } from '../../../../test/control/fixture.ts';

let control: TestControl;
let shop: TestTenant;
let other: TestTenant;

before(async () => {
  control = await startTestControl();
  shop = await control.makeTenant('shop');
  other = await control.makeTenant('other');
});
after(() => control.stop());

interface View {
  readonly host: string;
  readonly issuer: string;
  readonly keys: { kid: string; state: string }[];
}

const put = (body: object, tenant = shop, headers = {}) =>
  control.call<View>('PUT', `/tenants/${tenant.slug}/issuer`, { token: tenant.tokens.admin, body, headers });
const act = (verb: string, body?: object) =>
  control.call<View>('POST', `/tenants/shop/issuer/${verb}`, { token: shop.tokens.admin, body });

async function told(issuer: string): Promise<{ issues_for: string; keys: { kid: string }[] } | undefined> {
  const [row] = await control.database.store.system(
    'test',
    ({ sql }) => sql<{ object: { issues_for: string; keys: { kid: string }[] } | null }[]>`
      select object from snapshot_objects where kind = 'issuer' and key = ${issuer}`,
  );
  return row?.object ?? undefined;
}

test('a tenant that has no issuer has none', async () => {
  assert.equal((await control.call('GET', '/tenants/other/issuer', { token: other.tokens.viewer })).status, 404);
  const users = await control.call('POST', '/tenants/other/users', {
    token: other.tokens.admin,
    body: { email: 'ann@other.test', name: 'Ann' },
  });
  assert.deepEqual([users.status, users.body['code']], [409, 'state_conflict']);
});

test('an issuer is there with its keys, and gateways know it for its tenant only', async () => {
  const { status, body } = await put({ host: 'Login.Shop.test', name: 'Shop', accent: '#AA3311' });
  assert.equal(status, 200);
  assert.equal(body.issuer, 'http://login.shop.test');
  assert.deepEqual(
    body.keys.map(({ state }) => state),
    ['current', 'next'],
  );
  const object = await told(body.issuer);
  assert.equal(object?.issues_for, shop.id);
  assert.deepEqual(
    object.keys.map(({ kid }) => kid),
    body.keys.map(({ kid }) => kid),
  );
  assert.deepEqual((await control.call('GET', '/tenants/shop/issuer', { token: shop.tokens.viewer })).body, body);
});

test('developers and viewers change nothing about it; only an owner deletes it', async () => {
  for (const role of ['developer', 'viewer'] as const) {
    const token = shop.tokens[role];
    const body = { host: 'login.shop.test', name: 'X' };
    assert.equal((await control.call('PUT', '/tenants/shop/issuer', { token, body })).status, 403);
    assert.equal((await control.call('POST', '/tenants/shop/issuer/rotate', { token })).status, 403);
  }
  assert.equal((await control.call('DELETE', '/tenants/shop/issuer', { token: shop.tokens.admin })).status, 403);
});

test('a host name leads to one thing on the platform: an issuer, an API, or the platform itself', async () => {
  await control.call('POST', '/tenants/shop/apis', {
    token: shop.tokens.admin,
    body: { slug: 'orders', name: 'Orders', hosts: ['orders.shop.test'] },
  });
  for (const host of ['login.shop.test', 'orders.shop.test', 'platform.test', 'gateway.test']) {
    const { status, body } = await put({ host, name: 'Other' }, other);
    assert.deepEqual([status, (body as unknown as { code: string }).code], [409, 'conflict'], host);
  }
  const api = await control.call('PATCH', '/tenants/shop/apis/orders', {
    token: shop.tokens.admin,
    body: { hosts: ['login.shop.test'] },
  });
  assert.equal(api.status, 409);
  for (const host of ['localhost', '127.0.0.1', '[::1]', 'login.shop.test:8080', 'https://login.shop.test', 'a_b.test'])
    assert.equal((await put({ host, name: 'Other' }, other)).status, 400, host);
});

test('under another host name it is another issuer: the old one is told to nobody, its name is free', async () => {
  const keys = (await put({ host: 'login.shop.test', name: 'Shop' })).body.keys;
  const { body } = await put({ host: 'id.shop.test', name: 'Shop' });
  assert.deepEqual(body.keys, keys);
  assert.equal(await told('http://login.shop.test'), undefined);
  assert.equal((await told('http://id.shop.test'))?.issues_for, shop.id);
  assert.equal((await put({ host: 'login.shop.test', name: 'Other' }, other)).status, 200);
  assert.equal((await told('http://login.shop.test'))?.issues_for, other.id);
});

test('while it is paused, gateways know no key of it', async () => {
  await put({ host: 'id.shop.test', name: 'Shop', state: 'paused' });
  assert.equal(await told('http://id.shop.test'), undefined);
  await act('rotate');
  assert.equal(await told('http://id.shop.test'), undefined);
  const { body } = await put({ host: 'id.shop.test', name: 'Shop' });
  assert.deepEqual(
    (await told('http://id.shop.test'))?.keys.map(({ kid }) => kid),
    body.keys.map(({ kid }) => kid),
  );
});

test('rotation signs with the next key; a revoked key is gone at once; one that is none is not found', async () => {
  const first = (await put({ host: 'id.shop.test', name: 'Shop' })).body.keys;
  const kidOf = (keys: View['keys'], state: string) => keys.find((key) => key.state === state)?.kid ?? '';
  const { body: rotated } = await act('rotate');
  assert.equal(kidOf(rotated.keys, 'current'), kidOf(first, 'next'));
  const { body: revoked } = await act('revoke', { kid: kidOf(rotated.keys, 'current') });
  assert.equal(kidOf(revoked.keys, 'current'), kidOf(rotated.keys, 'next'));
  const known = (await told('http://id.shop.test'))?.keys.map(({ kid }) => kid) ?? [];
  assert.ok(!known.includes(kidOf(rotated.keys, 'current')));
  assert.equal((await act('revoke', { kid: kidOf(rotated.keys, 'current') })).status, 404);
  const foreign = (await told('http://login.shop.test'))?.keys[0]?.kid ?? '';
  assert.equal((await act('revoke', { kid: foreign })).status, 404);
});

test('a change that was decided on an older state is refused', async () => {
  const read = await control.call('GET', '/tenants/shop/issuer', { token: shop.tokens.admin });
  const etag = { 'if-match': read.headers.get('etag') ?? '' };
  assert.equal((await put({ host: 'id.shop.test', name: 'Shop 2' }, shop, etag)).status, 200);
  assert.equal((await put({ host: 'id.shop.test', name: 'Shop 3' }, shop, etag)).status, 412);
});

interface User {
  readonly id: string;
  readonly state: string;
  readonly verified: boolean;
}
const users = (method: string, path = '', body?: object) =>
  control.call<User & { items: User[] }>(method, `/tenants/shop/users${path}`, { token: shop.tokens.admin, body });

test('an end user is added once, and told where to choose a password', async () => {
  const { status, body } = await users('POST', '', { email: 'Ann@home.test', name: 'Ann' });
  assert.deepEqual([status, body.state, body.verified], [201, 'active', false]);
  assert.equal((await users('POST', '', { email: 'ann@home.test', name: 'Ann' })).status, 409);
  const mails = await control.database.store.system(
    'test',
    ({ sql }) => sql<{ body: string }[]>`select secret_body as body from mails where recipient = 'ann@home.test'`,
  );
  assert.equal(mails.length, 1);
  assert.match(mails[0]?.body ?? '', /http:\/\/id\.shop\.test\/account\/reset/);
  assert.deepEqual(
    (await users('GET', '?search=ANN@')).body.items.map(({ id }) => id),
    [body.id],
  );
  assert.deepEqual((await users('GET', '?search=bob')).body.items, []);
  assert.deepEqual((await users('GET', `/${body.id}`)).body, body);
});

test('who is disabled or deleted is signed out, and gateways refuse the tokens that they hold', async () => {
  const { store } = control.database;
  const tenantUuid = await tenantOf('shop');
  const [ann] = (await users('GET')).body.items;
  const kept = (): Promise<number> =>
    store.system('test', async ({ sql }) => {
      const rows = await sql`select from identity_artifacts where account = ${ann?.id ?? ''}`;
      return rows.length;
    });
  const keep = () =>
    store.system(
      'test',
      ({ sql }) => sql`insert into identity_artifacts (tenant_id, kind, id_hash, account, secret_payload, expires_at)
        values (${tenantUuid}, 'Session', 'x', ${ann?.id ?? ''}, '{}', now() + interval '1 day')`,
    );
  await keep();
  const path = `/${ann?.id ?? ''}`;
  assert.equal((await users('POST', `${path}/disable`)).body.state, 'disabled');
  assert.equal((await users('POST', `${path}/disable`)).status, 409);
  assert.equal(await kept(), 0);
  const [denial] = await store.system(
    'test',
    ({ sql }) => sql`select object from snapshot_objects where kind = 'denial' and key = ${`user:${ann?.id ?? ''}`}`,
  );
  assert.ok(denial?.['object']);
  assert.equal((await users('POST', `${path}/enable`)).body.state, 'active');
  await keep();
  assert.equal((await users('DELETE', path)).status, 204);
  assert.equal((await users('GET', path)).status, 404);
  assert.equal(await kept(), 0);
});

async function tenantOf(slug: string): Promise<string> {
  const [row] = await control.database.store.system(
    'test',
    ({ sql }) => sql<{ id: string }[]>`select tenant_id as id from tenants where slug = ${slug}`,
  );
  return row?.id ?? '';
}

test('developers and viewers see no end user, and nobody sees another tenant’s', async () => {
  const { body } = await users('POST', '', { email: 'bob@home.test', name: 'Bob' });
  for (const token of [shop.tokens.developer, shop.tokens.viewer])
    assert.equal((await control.call('GET', '/tenants/shop/users', { token })).status, 403);
  const own = await control.call<{ items: User[] }>('GET', '/tenants/other/users', { token: other.tokens.admin });
  assert.deepEqual(own.body.items, []);
  const foreign = await control.call('GET', `/tenants/other/users/${body.id}`, { token: other.tokens.admin });
  assert.equal(foreign.status, 404);
});

test('a deleted issuer leaves nothing: no person, no key, no name, and no gateway takes its tokens', async () => {
  const tenantUuid = await tenantOf('shop');
  assert.equal((await control.call('DELETE', '/tenants/shop/issuer', { token: shop.tokens.owner })).status, 204);
  assert.equal(await told('http://id.shop.test'), undefined);
  const left = await control.database.store.system('test', async ({ sql }) => {
    const [row] = await sql<{ rows: number }[]>`
      select (select count(*) from users where tenant_id = ${tenantUuid})
        + (select count(*) from signing_keys where tenant_id = ${tenantUuid})
        + (select count(*) from identity_artifacts where tenant_id = ${tenantUuid})
        + (select count(*) from hosts where tenant = ${tenantUuid} and api_id is null) as rows`;
    return Number(row?.rows);
  });
  assert.equal(left, 0);
  assert.equal((await put({ host: 'id.shop.test', name: 'Other' }, other)).status, 200);
});
