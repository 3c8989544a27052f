import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock as clock } from '../../../kernel/clock.ts';
import { startTestControl, type TestControl, type TestTenant } from '../../../../test/control/fixture.ts';
import { openPeople, type People } from '../../../../test/control/people.ts';

let control: TestControl;
let people: People;
let acme: TestTenant;
let globex: TestTenant;
before(async () => {
  control = await startTestControl();
  people = openPeople(control.database.store, clock);
  acme = await control.makeTenant('acme');
  globex = await control.makeTenant('globex');
});
after(() => control.stop());

const system = <T>(work: Parameters<typeof control.database.store.system<T>>[1]): Promise<T> =>
  control.database.store.system('test', work);
const verify = (id: string) => system(({ sql }) => sql`update users set verified_at = now() where id = ${id}`);
const statusOf = async (method: string, path: string, token: string, body?: object): Promise<number> =>
  (await control.call(method, path, { token, ...(body === undefined ? {} : { body }) })).status;

test('a person whom an operator disables is out everywhere, at once, and may come again when enabled', async () => {
  const id = await people.make('dee@acme.test', [acme.members.developer]);
  await system(
    ({ sql }) => sql`insert into identity_artifacts (tenant_id, kind, id_hash, account, secret_payload, expires_at)
      values ('00000000-0000-0000-0000-000000000000', 'Session', ${id}, ${id}, '{}', now() + interval '1 hour')`,
  );
  const token = await people.token(id);
  assert.equal(await statusOf('GET', '/tenants/acme/apis', token), 200);
  const { body } = await control.call('POST', `/people/${id}/disable`);
  assert.equal(body['state'], 'disabled');
  assert.equal(await statusOf('GET', '/tenants/acme/apis', token), 401);
  assert.equal(await statusOf('GET', '/tenants/acme/apis', acme.tokens.developer), 401, 'control tokens of theirs too');
  assert.equal(await statusOf('GET', '/tenants/acme/apis', acme.tokens.admin), 200);
  assert.equal((await system(({ sql }) => sql`select from identity_artifacts where account = ${id}`)).length, 0);
  const denials = await system(
    ({ sql }) =>
      sql`select from snapshot_objects where kind = 'denial' and key = ${`user:${id}`} and object is not null`,
  );
  assert.equal(denials.length, 1);
  assert.equal((await control.call('POST', `/people/${id}/disable`)).status, 409);
  assert.equal((await control.call('POST', `/people/${id}/enable`)).body['state'], 'active');
  assert.equal(await statusOf('GET', '/tenants/acme/apis', acme.tokens.developer), 200);
});

test('people are found by the beginning of their address, and are nobody’s to see but an operator’s', async () => {
  const id = await people.make('findme@acme.test');
  const { body } = await control.call<{ items: { id: string }[] }>('GET', '/people?search=FindMe');
  assert.deepEqual(
    body.items.map((one) => one.id),
    [id],
  );
  for (const token of [acme.tokens.owner, await people.token(id)])
    for (const path of ['/people', `/people/${id}`, '/operators'])
      assert.equal(await statusOf('GET', path, token), 403);
  assert.equal((await control.call('GET', '/people/usr_nobody')).status, 404);
});

test('a person who is made an operator may what operators may, with their own token, until it is taken back', async () => {
  const id = await people.make('ops@tulou.test');
  const token = await people.token(id);
  const make = () => control.call('POST', '/operators', { body: { email: 'Ops@tulou.test' } });
  assert.equal((await make()).status, 404, 'the address has not been shown to be theirs');
  await verify(id);
  assert.equal((await make()).status, 201);
  assert.equal((await make()).status, 409);
  assert.equal(await statusOf('POST', '/tenants', token, { slug: 'byperson', name: 'By a person' }), 201);
  const { body } = await control.call<{ items: { actor: string; operation: string }[] }>(
    'GET',
    '/tenants/byperson/audit',
  );
  assert.equal(body.items.find(({ operation }) => operation === 'tenants.create')?.actor, `operator:${id}`);
  assert.equal((await control.call('GET', '/whoami', { token })).body['kind'], 'person');
  assert.equal(await statusOf('DELETE', `/operators/${id}`, token), 204);
  assert.equal(await statusOf('POST', '/tenants', token, { slug: 'more', name: 'More' }), 403);
  assert.equal(await statusOf('GET', '/tenants/globex', token), 404);
});

test('an operator who is a member acts in that tenant as the member, but where only operators may', async () => {
  const id = await people.make('both@globex.test', [globex.members.viewer]);
  await verify(id);
  await control.call('POST', '/operators', { body: { email: 'both@globex.test' } });
  const token = await people.token(id);
  assert.equal(await statusOf('POST', '/tenants/globex/apis', token, { slug: 'x', name: 'X' }), 403);
  assert.equal(await statusOf('POST', '/tenants/acme/apis', token, { slug: 'x', name: 'X' }), 201);
  assert.equal(await statusOf('POST', '/tenants/globex/suspend', token), 200);
  assert.equal(await statusOf('POST', '/tenants/globex/resume', token), 200, 'also while its members are kept out');
  await control.call('POST', `/people/${id}/disable`);
  assert.equal(await statusOf('POST', '/tenants/globex/suspend', token), 401);
});

test('whom a tenant’s own provider vouches for cannot be made an operator', async () => {
  const id = await people.make('boss@acme.test');
  await verify(id);
  await system(
    ({ sql }) => sql`update users set tenant = gen_random_uuid(), connection = 'con_x', subject = 's' where id = ${id}`,
  );
  assert.equal((await control.call('POST', '/operators', { body: { email: 'boss@acme.test' } })).status, 404);
});

test('an operator removes the factors of a person who has lost them, and nobody else’s', async () => {
  const [id, other] = [await people.make('lost@acme.test'), await people.make('kept@acme.test')];
  const nil = '00000000-0000-0000-0000-000000000000';
  await system(async ({ sql }) => {
    for (const user of [id, other]) {
      await sql`insert into authenticators (tenant_id, user_id, secret_seed, last_step, created_at)
        values (${nil}, ${user}, '', 0, now())`;
      await sql`insert into passkeys (tenant_id, id, user_id, credential_id, public_key, counter, transports, name, created_at)
        values (${nil}, ${user}, ${user}, ${user}, '', 0, '{}', 'key', now())`;
      await sql`insert into recovery_codes (tenant_id, user_id, secret_hash, created_at) values (${nil}, ${user}, 'x', now())`;
    }
  });
  const token = await people.token(id);
  const { status, body } = await control.call('POST', `/people/${id}/recover`);
  assert.deepEqual([status, body['id']], [200, id]);
  for (const table of ['authenticators', 'passkeys', 'recovery_codes']) {
    const left = await system(({ sql }) => sql<{ user: string }[]>`select user_id as user from ${sql(table)}`);
    assert.deepEqual(
      left.map(({ user }) => user),
      [other],
      table,
    );
  }
  assert.equal(await statusOf('GET', '/tenants/acme/apis', token), 401, 'and is signed out');
  assert.equal(await statusOf('POST', `/people/${other}/recover`, acme.tokens.owner), 403);
});
