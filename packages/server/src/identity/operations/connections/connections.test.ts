import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { uuidFromId } from '@tulou/contract';
import { systemClock as clock } from '../../../kernel/clock.ts';
import { newId, systemRandom as random } from '../../../kernel/random.ts';
import { startTestControl, type TestControl, type TestTenant } from '../../../../test/control/fixture.ts';
import { openPeople } from '../../../../test/control/people.ts';

const nil = '00000000-0000-0000-0000-000000000000';
const path = '/tenants/acme/connections';
const good = {
  name: 'Acme SSO',
  issuer: 'https://login.acme.test/realm',
  client_id: 'tulou',
  client_secret: 'a very secret text',
  domains: ['Acme.test'],
};
let control: TestControl;
let acme: TestTenant;
before(async () => {
  control = await startTestControl(clock, undefined, []);
  acme = await control.makeTenant('acme');
});
after(() => control.stop());

const system = <T>(work: Parameters<typeof control.database.store.system<T>>[1]): Promise<T> =>
  control.database.store.system('test', work);

async function make(more: object = {}, token = acme.tokens.admin): Promise<Record<string, unknown>> {
  const { status, body, text } = await control.call('POST', path, {
    token,
    body: { ...good, ...more },
  });
  assert.equal(status, 201, text);
  return body;
}

/** A member who has signed in by it. */
async function join(connection: unknown, email: string): Promise<{ user: string; member: string }> {
  const [user, member] = [newId('user', clock, random), newId('member', clock, random)];
  const [uuid, now] = [uuidFromId('tenant', acme.id) ?? '', new Date()];
  await system(async ({ sql }) => {
    await sql`insert into users (tenant_id, id, email, name, locale, tenant, connection, subject, created_at, updated_at)
      values (${nil}, ${user}, ${email}, 'A', 'en', ${uuid}, ${String(connection)}, ${email}, ${now}, ${now})`;
    await sql`insert into members (tenant_id, id, email, role, user_id, created_at, updated_at)
      values (${uuid}, ${member}, ${email}, 'developer', ${user}, ${now}, ${now})`;
    await sql`insert into identity_artifacts (tenant_id, kind, id_hash, account, secret_payload, expires_at)
      values (${nil}, 'Session', ${user}, ${user}, '{}', ${new Date(now.getTime() + 60_000)})`;
  });
  return { user, member };
}

const remains = (user: string) =>
  system(async ({ sql }) => ({
    artifacts: (await sql`select from identity_artifacts where account = ${user}`).length,
    user: (await sql`select from users where id = ${user}`).length,
    denied: (await sql`select from snapshot_objects where kind = 'denial' and key = ${`user:${user}`}`).length,
  }));

test('an admin sets a provider, is told where it leads back to, and nobody reads its secret again', async () => {
  const made = await make();
  assert.deepEqual(made['domains'], ['acme.test']);
  assert.equal(made['redirect_uri'], `http://platform.test/account/federation/${String(made['id'])}`);
  for (const read of [`${path}/${String(made['id'])}`, path, '/tenants/acme/audit?limit=200']) {
    const { status, text } = await control.call('GET', read);
    assert.equal(status, 200);
    assert.ok(!text.includes(good.client_secret), read);
  }
  const rows = await system(
    ({ sql }) => sql`select c::text as text, secret_client_secret as sealed from connections c`,
  );
  assert.ok(rows.every(({ text, sealed }) => !`${String(text)}${String(sealed)}`.includes(good.client_secret)));
});

test('only admins see and set providers', async () => {
  for (const token of [acme.tokens.viewer, acme.tokens.developer]) {
    assert.equal((await control.call('GET', path, { token })).status, 403);
    assert.equal((await control.call('POST', path, { token, body: good })).status, 403);
  }
});

test('a provider that could not be trusted, or is at an inner address, is refused', async () => {
  for (const [issuer, code] of [
    ['http://login.acme.test', 'invalid_request'],
    ['https://user:secret@login.acme.test', 'invalid_request'],
    ['https://login.acme.test?x=1', 'invalid_request'],
    ['https://login.acme.test#x', 'invalid_request'],
    ['ftp://login.acme.test', 'invalid_request'],
    ['https://127.0.0.1', 'upstream_address_refused'],
    ['https://2130706433', 'upstream_address_refused'],
    ['https://localhost', 'upstream_address_refused'],
    ['https://169.254.169.254', 'upstream_address_refused'],
    ['https://[::ffff:10.0.0.1]', 'upstream_address_refused'],
  ] as const) {
    const { body } = await control.call('POST', path, { token: acme.tokens.admin, body: { ...good, issuer } });
    assert.equal(body['code'], code, issuer);
  }
});

test('whose provider it is cannot be changed: a subject of another one would be somebody else', async () => {
  const { id } = await make();
  const { status } = await control.call('PATCH', `${path}/${String(id)}`, { body: { issuer: 'https://other.test' } });
  assert.equal(status, 400);
});

test('a paused provider has everybody out whom it has let in; they come back when it does', async () => {
  const { id } = await make();
  const { user } = await join(id, 'pia@acme.test');
  const { status, body } = await control.call('PATCH', `${path}/${String(id)}`, { body: { state: 'paused' } });
  assert.deepEqual([status, body['state']], [200, 'paused']);
  assert.deepEqual(await remains(user), { artifacts: 0, user: 1, denied: 1 });
});

test('a deleted provider leaves nobody: its people are gone, and their members can be invited anew', async () => {
  const [{ id }, other] = [await make(), await make()];
  const [{ user, member }, stays] = [await join(id, 'quo@acme.test'), await join(other['id'], 'ria@acme.test')];
  assert.equal((await control.call('DELETE', `${path}/${String(id)}`)).status, 204);
  assert.deepEqual(await remains(user), { artifacts: 0, user: 0, denied: 1 });
  assert.deepEqual(await remains(stays.user), { artifacts: 1, user: 1, denied: 0 });
  const { body } = await control.call('GET', `/tenants/acme/members/${member}`);
  assert.equal(body['joined'], false);
});

test('from when on a tenant enforces its provider, the gateways refuse what others had until then', async () => {
  const people = openPeople(control.database.store, clock);
  const own = await people.make('early@acme.test', [acme.members.viewer]);
  const { id } = await make();
  const { user } = await join(id, 'tom@acme.test');
  assert.deepEqual([(await remains(own)).denied, (await remains(user)).denied], [0, 0]);
  await control.call('PATCH', `${path}/${String(id)}`, { body: { enforced: true } });
  assert.deepEqual([(await remains(own)).denied, (await remains(user)).denied], [1, 0]);
  await control.call('PATCH', `${path}/${String(id)}`, { body: { enforced: false } });
});

test('while a tenant enforces its provider, a member who came another way opens nothing there', async () => {
  const { id } = await make({ enforced: true }, acme.tokens.owner);
  const { user } = await join(id, 'sam@acme.test');
  const roleOf = async (who: string): Promise<number> => {
    const token = await people.token(who);
    return (await control.call('GET', '/tenants/acme/members', { token })).status;
  };
  const people = openPeople(control.database.store, clock);
  const own = await people.make('own@acme.test', [acme.members.owner]);
  assert.deepEqual([await roleOf(user), await roleOf(own)], [200, 404]);
  await control.call('PATCH', `${path}/${String(id)}`, { body: { enforced: false } });
  assert.equal(await roleOf(own), 200);
  assert.equal(
    (await control.call('GET', path, { token: acme.tokens.owner })).status,
    200,
    'a control token always does',
  );
});
