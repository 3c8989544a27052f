/** The control API, opened by people: with the rights of the member that each is, of this moment, and no others. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { idFromUuid } from '@tulou/contract';
import { present, publish } from '../../src/snapshot/publish.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { startTestControl, testRoles, type TestControl, type TestTenant } from './fixture.ts';
import { openPeople, platformUrl, type People } from './people.ts';
import { nilTenant } from '../../src/tenancy/nil-tenant.ts';

let control: TestControl;
let people: People;
let acme: TestTenant;
let globex: TestTenant;
let owner: string;

before(async () => {
  control = await startTestControl();
  people = openPeople(control.database.store, clock);
  acme = await control.makeTenant('acme');
  globex = await control.makeTenant('globex');
  owner = await people.make('owner@acme.test', [acme.members.owner, globex.members.viewer]);
});
after(() => control.stop());

const statusOf = async (method: string, path: string, token: string, body?: object): Promise<number> =>
  (await control.call(method, path, { token, body })).status;

const deny = (key: string, before: number): Promise<void> =>
  control.database.store.system('test', async (tx) =>
    publish(tx, [
      present({ kind: 'denial', key, tenant: idFromUuid('tenant', nilTenant), before, until: before + 600 }),
    ]),
  );

test('a person has in each tenant the role of the member that they are there', async () => {
  const token = await people.token(owner);
  const make = (tenant: string) => statusOf('POST', `/tenants/${tenant}/apis`, token, { slug: 'mine', name: 'Mine' });
  assert.equal(await make('acme'), 201);
  assert.equal(await make('globex'), 403);
  assert.equal(await statusOf('GET', '/tenants/globex/apis', token), 200);
  assert.equal(await statusOf('POST', '/tenants', token, { slug: 'third', name: 'Third' }), 403);
});

test('each role does by a person exactly what it does by a control token', async () => {
  const calls = [
    ['GET', '/tenants/acme/members'],
    ['POST', '/tenants/acme/apps', { slug: 'Not a slug', name: '' }],
    ['POST', '/tenants/acme/members', { email: 'no address' }],
    ['DELETE', '/tenants/acme/members/mem_nobody'],
    ['DELETE', '/tenants/acme'],
  ] as const;
  for (const role of testRoles.filter((one) => one !== 'owner')) {
    const person = await people.make(`${role}@person.test`, [acme.members[role]]);
    for (const [method, path, body] of calls) {
      const byToken = await statusOf(method, path, acme.tokens[role], body);
      assert.equal(
        await statusOf(method, path, await people.token(person), body),
        byToken,
        `${role} ${method} ${path}`,
      );
    }
  }
});

test('who I am: the person, and where they are a member', async () => {
  const { status, body } = await control.call('GET', '/whoami', { token: await people.token(owner) });
  assert.equal(status, 200);
  assert.deepEqual(body, {
    kind: 'person',
    id: owner,
    email: 'owner@acme.test',
    name: 'owner@acme.test',
    tenants: [
      { id: acme.id, slug: 'acme', name: 'acme', member: acme.members.owner, role: 'owner' },
      { id: globex.id, slug: 'globex', name: 'globex', member: globex.members.viewer, role: 'viewer' },
    ],
  });
});

test('where a person is no member, there is nothing', async () => {
  const stranger = await people.token(await people.make('stranger@nowhere.test'));
  for (const path of ['/tenants/acme', '/tenants/acme/apis', '/tenants/never-was']) {
    const { status, body } = await control.call('GET', path, { token: stranger });
    assert.deepEqual([status, body['code']], [404, 'not_found'], path);
  }
});

test('a change of role, a removal and a suspension hold from the next call on', async () => {
  const initech = await control.makeTenant('initech');
  const person = await people.make('admin@initech.test', [initech.members.admin]);
  const token = await people.token(person, { claims: { iat: Math.floor(clock.now() / 1000) + 5 } });
  const invite = () => statusOf('POST', '/tenants/initech/members', token, { email: 'x' });
  const member = `/tenants/initech/members/${initech.members.admin}`;
  assert.equal(await invite(), 400);
  assert.equal(await statusOf('PATCH', member, control.operator, { role: 'viewer' }), 200);
  assert.equal(await invite(), 403);
  await control.call('POST', '/tenants/initech/suspend');
  const suspended = await control.call('GET', '/tenants/initech', { token });
  assert.equal(suspended.body['code'], 'tenant_suspended');
  await control.call('POST', '/tenants/initech/resume');
  assert.equal(await statusOf('DELETE', member, control.operator), 204);
  assert.equal(await statusOf('GET', '/tenants/initech', token), 404);
});

test('what is no good access token for the control API opens nothing', async () => {
  const now = Math.floor(clock.now() / 1000);
  const wishes: Readonly<Record<string, object>> = {
    expired: { claims: { iat: now - 400, exp: now - 1 } },
    'for a tenant': { claims: { aud: `urn:tulou:tenant:${acme.id}` } },
    'for several': { claims: { aud: [`${platformUrl}/api`, 'urn:other'] } },
    'without the scope': { claims: { scope: 'openid' } },
    'of an app itself': { claims: { sub: 'tulou-cli' } },
    'bound to a key': { claims: { cnf: { jkt: 'x' } } },
    'of another issuer': { claims: { iss: 'http://other.test' } },
    'an id token': { head: { typ: 'JWT' } },
    unsigned: { head: { alg: 'none' } },
    'of an unknown key': { head: { kid: 'none' } },
  };
  assert.equal(await statusOf('GET', '/whoami', await people.token(owner)), 200);
  for (const [name, wish] of Object.entries(wishes)) {
    assert.equal(await statusOf('GET', '/whoami', await people.token(owner, wish)), 401, name);
  }
  const [head, , signature] = (await people.token(owner)).split('.');
  const [, body] = (await people.token(await people.make('else@acme.test'))).split('.');
  assert.equal(await statusOf('GET', '/whoami', `${head}.${body}.${signature}`), 401, 'of two halves');
});

test('what was revoked is refused from the next call on: the token, the agreement, the person, the key', async () => {
  const person = await people.make('revoked@acme.test');
  const open = async (claims: Readonly<Record<string, unknown>>) =>
    statusOf('GET', '/whoami', await people.token(person, { claims }));
  const now = Math.floor(clock.now() / 1000);
  assert.equal(await open({ jti: 'one', gid: 'first' }), 200);
  await deny('token:one', now + 60);
  assert.deepEqual([await open({ jti: 'one', gid: 'first' }), await open({ gid: 'first' })], [401, 200]);
  await deny('grant:first', now + 60);
  assert.deepEqual([await open({ gid: 'first' }), await open({ gid: 'second' })], [401, 200]);
  await deny(`user:${person}`, now);
  assert.deepEqual([await open({ iat: now - 1 }), await open({ iat: now })], [401, 200]);
  const token = await people.token(owner);
  await control.database.store.system('test', async ({ sql }) => {
    await sql`update users set disabled_at = now() where id = ${person}`;
  });
  assert.equal(await open({ iat: now }), 401);
  await control.database.store.system('test', async ({ sql }) => {
    await sql`update signing_keys set state = 'removed' where state = 'current'`;
  });
  assert.equal(await statusOf('GET', '/whoami', token), 401);
  await control.database.store.system('test', async ({ sql }) => {
    await sql`update signing_keys set state = 'current' where state = 'removed'`;
  });
  assert.equal(await statusOf('GET', '/whoami', token), 200);
});

test('a write is repeated under the next access token of the same agreement, and answered alike; the secret too', async () => {
  const send = async (gid: string) =>
    control.call('POST', '/tenants/acme/tokens', {
      token: await people.token(owner, { claims: { gid } }),
      body: { member: acme.members.owner, name: gid },
      headers: { 'idempotency-key': 'again' },
    });
  const [first, second, other] = [await send('one'), await send('one'), await send('two')];
  assert.deepEqual([first.status, second.status, other.status], [201, 201, 201]);
  assert.equal(second.text, first.text);
  assert.equal(second.headers.get('idempotency-replayed'), 'true');
  assert.notEqual(other.text, first.text, 'and another agreement is another caller');
});

test('the trail names the member that the person is', async () => {
  const token = await people.token(owner);
  await control.call('POST', '/tenants/acme/apis', { token, body: { slug: 'trailed', name: 'Trailed' } });
  const { body } = await control.call<{ items: { actor: string; operation: string }[] }>(
    'GET',
    '/tenants/acme/audit?limit=1',
    { token },
  );
  assert.deepEqual([body.items[0]?.actor, body.items[0]?.operation], [acme.members.owner, 'apis.create']);
});
