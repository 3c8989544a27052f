import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../src/kernel/clock.ts';
import { startTestControl, type TestControl, type TestTenant } from './fixture.ts';

/** The time, which a test can advance. */
let aheadMs = 0;
const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };

let control: TestControl;
let tenant: TestTenant;
before(async () => {
  control = await startTestControl(clock);
  tenant = await control.makeTenant('acme');
});
after(() => control.stop());

const path = (rest = ''): string => `/tenants/${tenant.id}/tokens${rest}`;
const create = (token: string, body: object) => control.call('POST', path(), { token, body });

test('a token says who holds it and what it may do', async () => {
  const whoami = await control.call('GET', '/whoami', { token: tenant.tokens.admin });
  assert.equal(whoami.body['id'], tenant.members.admin);
  assert.equal(whoami.body['role'], 'admin');
  assert.deepEqual(whoami.body['tenant'], { id: tenant.id, slug: 'acme', name: 'acme' });
});

test('a token may be given less than its member has, and never more', async () => {
  const less = await create(tenant.tokens.owner, { member: tenant.members.owner, name: 'ci', role: 'viewer' });
  const token = String(less.body['token']);
  assert.equal((await control.call('GET', path(), { token })).status, 200);
  const refused = await control.call('POST', `/tenants/${tenant.id}/members`, {
    token,
    body: { email: 'a@b.test', role: 'viewer' },
  });
  assert.deepEqual([refused.status, refused.body['code']], [403, 'forbidden']);
  const more = await create(tenant.tokens.admin, { member: tenant.members.viewer, name: 'up', role: 'admin' });
  assert.equal(more.status, 400);
  const above = await create(tenant.tokens.admin, { member: tenant.members.owner, name: 'up' });
  assert.equal(above.status, 403);
});

test('a token loses with its member’s role what the member loses', async () => {
  const { id, members, tokens } = await control.makeTenant('demoted');
  await control.call('PATCH', `/tenants/${id}/members/${members.admin}`, { body: { role: 'viewer' } });
  assert.equal((await control.call('GET', '/whoami', { token: tokens.admin })).body['role'], 'viewer');
  assert.equal((await control.call('GET', `/tenants/${id}/audit`, { token: tokens.admin })).status, 403);
});

test('developers make and see tokens only of their own', async () => {
  const token = tenant.tokens.developer;
  assert.equal((await create(token, { member: tenant.members.developer, name: 'mine' })).status, 201);
  const forOther = await create(token, { member: tenant.members.viewer, name: 'theirs' });
  const forNobody = await create(token, { member: 'mem_00000000000000000000000000', name: 'theirs' });
  assert.equal(forOther.status, 400);
  assert.equal(forOther.text, forNobody.text);
  const list = await control.call<{ items: { member: string; id: string }[] }>('GET', path(), { token });
  assert.ok(list.body.items.length >= 2);
  assert.ok(list.body.items.every(({ member }) => member === tenant.members.developer));
  const all = await control.call<{ items: { member: string; id: string }[] }>('GET', path(), {
    token: tenant.tokens.admin,
  });
  const other = all.body.items.find(({ member }) => member === tenant.members.admin);
  assert.equal((await control.call('GET', path(`/${other?.id}`), { token })).status, 404);
  assert.equal((await control.call('DELETE', path(`/${other?.id}`), { token })).status, 404);
});

test('a revoked token is refused, and stays in the list as revoked', async () => {
  const made = await create(tenant.tokens.developer, { member: tenant.members.developer, name: 'short' });
  const token = String(made.body['token']);
  const own = path(`/${String(made.body['id'])}`);
  assert.equal((await control.call('GET', own, { token })).status, 200);
  assert.equal((await control.call('DELETE', own, { token })).status, 204);
  const refused = await control.call('GET', own, { token });
  assert.deepEqual([refused.status, refused.headers.get('www-authenticate')], [401, 'Bearer']);
  const kept = await control.call('GET', own, { token: tenant.tokens.developer });
  assert.notEqual(kept.body['revoked_at'], null);
});

test('a token that ends makes none that outlives it', async () => {
  const soon = new Date(clock.now() + 3_600_000).toISOString();
  const later = new Date(clock.now() + 7_200_000).toISOString();
  const body = { member: tenant.members.owner, name: 'hour' };
  const made = await create(tenant.tokens.owner, { ...body, expires_at: soon });
  const token = String(made.body['token']);
  assert.equal((await create(token, body)).status, 400);
  assert.equal((await create(token, { ...body, expires_at: later })).status, 400);
  assert.equal((await create(token, { ...body, expires_at: soon })).status, 201);
});

test('an expired token is refused like one that never was', async () => {
  const expires_at = new Date(clock.now() + 60_000).toISOString();
  const made = await create(tenant.tokens.owner, { member: tenant.members.owner, name: 'minute', expires_at });
  const token = String(made.body['token']);
  assert.equal((await control.call('GET', '/whoami', { token })).status, 200);
  aheadMs = 60_000;
  const expired = await control.call('GET', '/whoami', { token });
  const wrong = await control.call('GET', '/whoami', { token: `${token.slice(0, -7)}_000000` });
  assert.deepEqual([expired.status, expired.text], [401, wrong.text]);
  const past = await create(tenant.tokens.owner, { member: tenant.members.owner, name: 'late', expires_at });
  assert.equal(past.status, 400);
});

test('a secret with one letter changed is refused, also where the checksum is right', async () => {
  const { formatCredential, parseCredential, tenantOfCredentialId } = await import('@tulou/contract');
  const id = parseCredential(tenant.tokens.owner)?.id ?? '';
  const forged = formatCredential('member', tenantOfCredentialId(id), new Uint8Array(8), new Uint8Array(32));
  assert.equal((await control.call('GET', '/whoami', { token: forged })).status, 401);
});

test('neither a token nor anything like its secret is in the database in the clear', async () => {
  const made = await control.call('POST', path(), {
    token: tenant.tokens.owner,
    body: { member: tenant.members.owner, name: 'hidden' },
    headers: { 'idempotency-key': 'hidden-1' },
  });
  const secret = String(made.body['token']).split('_')[2] ?? '';
  assert.equal(secret.length, 43);
  await control.database.store.system('test', async ({ sql }) => {
    const tables = await sql<{ name: string }[]>`
      select c.relname as name from pg_class c
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and has_table_privilege(c.oid, 'select')`;
    assert.ok(tables.length > 10);
    for (const { name } of tables) {
      const [row] = await sql<{ found: number }[]>`
        select count(*)::int as found from ${sql(name)} t
        where position(${secret} in t::text) > 0 or position(encode(convert_to(${secret}, 'UTF8'), 'hex') in t::text) > 0`;
      assert.equal(row?.found, 0, name);
    }
  });
});
