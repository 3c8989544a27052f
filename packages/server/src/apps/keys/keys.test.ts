import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { limits, parseCredential } from '@tulou/contract';
import { systemClock } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/hash.ts';
import { readFeed } from '../../../test/control/feed.ts';
import { startTestControl, type TestControl } from '../../../test/control/fixture.ts';
import { make, makeDeveloper, makeProvider, makeScope, subscribe } from '../../../test/control/nouns.ts';

/** Noon of the first of January 2029. The clock of this file does not advance. */
const now = Date.UTC(2029, 0, 1, 12);
let control: TestControl;
before(async () => {
  control = await startTestControl({ ...systemClock, now: () => now });
  await makeDeveloper(control.call, 'developer');
});
after(() => control.stop());

const path = '/tenants/developer/apps/shop/keys';

async function told(credentialId: unknown): Promise<Record<string, unknown> | undefined> {
  const { changes } = await readFeed(control);
  return changes.find(({ key }) => key === credentialId)?.object as Record<string, unknown> | undefined;
}

test('a key is shown once: no later read of the key, the list or the audit trail shows it again', async () => {
  const created = await make(control.call, path, { environment: 'test', name: 'ci' });
  const credential = parseCredential(String(created['key']));
  assert.equal(credential?.kind, 'test');
  assert.equal(credential.id, created['credential_id']);
  for (const read of [`${path}/${created.id}`, path, `${path}?limit=200`, '/tenants/developer/audit?limit=200']) {
    const { status, text } = await control.call('GET', read);
    assert.equal(status, 200, read);
    assert.equal(text.includes(credential.secret), false, read);
  }
  assert.equal((await told(credential.id))?.['hash'], sha256(credential.secret));
});

test('no table of the database holds the secret of a key', async () => {
  const created = await make(control.call, path, { environment: 'live' });
  const secret = parseCredential(String(created['key']))?.secret ?? '';
  const found = await control.database.store.system('test', async ({ sql }) => {
    const tables = await sql<{ name: string }[]>`
      select tablename as name from pg_tables
      where schemaname = 'public' and has_table_privilege(format('%I.%I', schemaname, tablename), 'select')`;
    const hits: string[] = [];
    for (const { name } of tables) {
      const rows = await sql`select from ${sql(name)} as t where strpos(t::text, ${secret}) > 0`;
      if (rows.length > 0) hits.push(name);
    }
    return { hits, tables: tables.length };
  });
  assert.ok(found.tables > 10);
  assert.deepEqual(found.hits, []);
});

test('an HMAC key is derived: the database holds nothing from which it could be computed', async () => {
  const created = await make(control.call, path, { environment: 'live', kind: 'hmac-sha256' });
  const credential = parseCredential(String(created['key']));
  assert.equal(credential?.id, created['credential_id']);
  const { method, hash } = (await told(credential?.id)) ?? {};
  assert.deepEqual([method, hash], ['hmac-sha256', sha256(credential?.secret ?? '')]);
  const other = await make(control.call, path, { environment: 'live', kind: 'hmac-sha256' });
  assert.notEqual(parseCredential(String(other['key']))?.secret, credential?.secret);
});

test('the platform holds only the public half of an Ed25519 key, and no other key has one', async () => {
  const { x = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  const created = await make(control.call, path, { environment: 'test', kind: 'ed25519', public_key: x });
  assert.deepEqual([created['kind'], created['public_key'], created['key']], ['ed25519', x, null]);
  const { method, hash } = (await told(created['credential_id'])) ?? {};
  assert.deepEqual([method, hash], ['ed25519', x]);
  for (const body of [
    { kind: 'ed25519' },
    { kind: 'bearer', public_key: x },
    { kind: 'ed25519', public_key: 'short' },
  ]) {
    const { status } = await control.call('POST', path, { body: { environment: 'test', ...body } });
    assert.equal(status, 400, JSON.stringify(body));
  }
  assert.equal((await control.call('POST', `${path}/${created.id}/rotate`, { body: {} })).status, 400);
  const { x: next = '' } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
  const successor = await make(control.call, `${path}/${created.id}/rotate`, { public_key: next });
  assert.deepEqual([successor['kind'], successor['public_key']], ['ed25519', next]);
});

test('a key holds scopes that its app declares and no others; a new key has none', async () => {
  const { call } = control;
  await makeProvider(call, 'scoped');
  const [read, write] = [await makeScope(call, 'scoped', 'read'), await makeScope(call, 'scoped', 'write', 'medium')];
  await make(call, '/tenants/developer/apps', {
    slug: 'scoping',
    name: 'Scoping',
    scopes: [read],
    optional_scopes: [write],
  });
  const keys = '/tenants/developer/apps/scoping/keys';
  const bare = await make(call, keys, { environment: 'live' });
  assert.deepEqual([bare['scopes'], (await told(bare['credential_id']))?.['scopes']], [[], undefined]);
  const key = await make(call, keys, { environment: 'live', scopes: [read, write] });
  assert.deepEqual(
    [key['scopes'], (await told(key['credential_id']))?.['scopes']],
    [
      [read, write],
      [read, write],
    ],
  );
  for (const scopes of [['scoped/orders:wipe'], [read, read], ['read']]) {
    assert.equal((await call('POST', keys, { body: { environment: 'live', scopes } })).status, 400, scopes.join());
    assert.equal((await call('PATCH', `${keys}/${key.id}`, { body: { scopes } })).status, 400, scopes.join());
  }
  const next = await make(call, `${keys}/${key.id}/rotate`, {});
  assert.deepEqual(
    [next['scopes'], (await told(key['credential_id']))?.['scopes']],
    [
      [read, write],
      [read, write],
    ],
  );
  const less = await call('PATCH', `${keys}/${key.id}`, { body: { scopes: [write] } });
  assert.deepEqual([less.body['scopes'], (await told(key['credential_id']))?.['scopes']], [[write], [write]]);
  await call('PATCH', '/tenants/developer/apps/scoping', { body: { optional_scopes: [] } });
  assert.equal((await call('PATCH', `${keys}/${key.id}`, { body: { name: 'kept' } })).status, 200);
  assert.equal((await call('PATCH', `${keys}/${key.id}`, { body: { scopes: [] } })).status, 200);
  assert.equal((await told(key['credential_id']))?.['scopes'], undefined);
  assert.equal((await call('PATCH', `${keys}/${key.id}`, { body: { scopes: [write] } })).status, 400);
});

test('only an admin puts a scope of high risk into a key, also by rotation', async () => {
  const { call } = control;
  await makeProvider(call, 'risky');
  const [wipe, write] = [
    await makeScope(call, 'risky', 'wipe', 'high'),
    await makeScope(call, 'risky', 'write', 'medium'),
  ];
  const { tokens } = await control.makeTenant('team');
  await make(call, '/tenants/team/apps', { slug: 'app', name: 'App', scopes: [wipe, write] });
  const keys = '/tenants/team/apps/app/keys';
  const send = async (method: string, path: string, body: object, token: string) =>
    (await call(method, path, { body, token })).status;
  const { developer, admin } = tokens;
  assert.equal(await send('POST', keys, { environment: 'live', scopes: [wipe, write] }, developer), 403);
  const plain = await make(call, keys, { environment: 'live', scopes: [write] }, developer);
  assert.equal(await send('PATCH', `${keys}/${plain.id}`, { scopes: [write, wipe] }, developer), 403);
  const key = await make(call, keys, { environment: 'live', scopes: [wipe] }, admin);
  assert.equal(await send('POST', `${keys}/${key.id}/rotate`, {}, developer), 403);
  assert.equal(await send('POST', `${keys}/${key.id}/rotate`, {}, admin), 201);
  assert.equal(await send('PATCH', `${keys}/${key.id}`, { name: 'known', scopes: [wipe, write] }, developer), 200);
  assert.equal(await send('PATCH', `${keys}/${key.id}`, { scopes: [write] }, developer), 200);
  assert.equal(await send('PATCH', `${keys}/${key.id}`, { scopes: [wipe] }, developer), 403);
});

test('a revoked key leaves the gateways', async () => {
  const created = await make(control.call, path, { environment: 'live' });
  assert.notEqual(await told(created['credential_id']), undefined);
  assert.equal((await control.call('DELETE', `${path}/${created.id}`)).status, 204);
  assert.equal(await told(created['credential_id']), undefined);
  assert.equal((await control.call('GET', `${path}/${created.id}`)).status, 404);
});

test('the expiry and the name of a key can be changed', async () => {
  const created = await make(control.call, path, { environment: 'live', expires_at: '2030-01-01T00:00:00+01:00' });
  assert.equal((await told(created['credential_id']))?.['expires_at'], Date.UTC(2029, 11, 31, 23) / 1000);
  const changed = await control.call('PATCH', `${path}/${created.id}`, { body: { name: 'named', expires_at: null } });
  assert.deepEqual([changed.body['name'], changed.body['expires_at']], ['named', null]);
  assert.equal((await told(created['credential_id']))?.['expires_at'], null);
});

test('a rotated key has a successor, and expires after the overlap', async () => {
  const old = await make(control.call, path, { environment: 'test', name: 'rotating' });
  const next = await make(control.call, `${path}/${old.id}/rotate`, { overlap_seconds: 60 });
  assert.deepEqual([next['environment'], next['name'], next['expires_at']], ['test', 'rotating', null]);
  assert.notEqual(next['credential_id'], old['credential_id']);
  assert.equal((await told(old['credential_id']))?.['expires_at'], now / 1000 + 60);
  assert.equal((await told(next['credential_id']))?.['expires_at'], null);
});

test('an overlap never prolongs a key, and one that has expired has no successor', async () => {
  const soon = new Date(now + 30_000).toISOString();
  const old = await make(control.call, path, { environment: 'test', expires_at: soon });
  const next = await make(control.call, `${path}/${old.id}/rotate`, { overlap_seconds: 3600 });
  assert.deepEqual(
    [(await control.call('GET', `${path}/${old.id}`)).body['expires_at'], next['expires_at']],
    [soon, soon],
  );
  await control.call('PATCH', `${path}/${old.id}`, { body: { expires_at: '2020-01-01T00:00:00Z' } });
  assert.equal((await control.call('POST', `${path}/${old.id}/rotate`, { body: {} })).status, 409);
});

test('a key of one app is absent under another app', async () => {
  await make(control.call, '/tenants/developer/apps', { slug: 'other', name: 'Other' });
  const key = await make(control.call, path, { environment: 'live' });
  for (const method of ['GET', 'DELETE']) {
    assert.equal((await control.call(method, `/tenants/developer/apps/other/keys/${key.id}`)).status, 404);
  }
});

test('an app has a bounded number of keys', async () => {
  await make(control.call, '/tenants/developer/apps', { slug: 'full', name: 'Full' });
  await control.database.store.system('as many as may be', async ({ sql }) => {
    await sql`
      insert into keys (tenant_id, id, app_id, environment, credential_id, secret_hash, created_at, updated_at)
      select tenant_id, 'key_' || n, id, 'live', n, '', now(), now()
      from apps, generate_series(1, ${limits.keysPerAppMax - 1}) as n where slug = 'full'`;
  });
  const issue = () => control.call('POST', '/tenants/developer/apps/full/keys', { body: { environment: 'live' } });
  const statuses = (await Promise.all([issue(), issue()])).map(({ status }) => status);
  assert.deepEqual(statuses.toSorted(), [201, 409]);
});

test('an app without subscriptions is deleted with its keys; its suspension reaches the gateways', async () => {
  await makeProvider(control.call, 'provider');
  const { app, key } = await makeDeveloper(control.call, 'leaver');
  const subscription = await subscribe(control.call, 'leaver', 'provider');
  await control.call('PATCH', '/tenants/leaver/apps/shop', { body: { state: 'suspended' } });
  assert.equal((await told(app.id))?.['state'], 'suspended');
  assert.equal((await control.call('DELETE', '/tenants/leaver/apps/shop')).status, 409);
  await control.call('DELETE', `/tenants/leaver/subscriptions/${subscription.id}`);
  assert.equal((await control.call('DELETE', '/tenants/leaver/apps/shop')).status, 204);
  assert.deepEqual([await told(app.id), await told(key['credential_id'])], [undefined, undefined]);
});

test('redirect URIs are exact and safe, scopes are full names', async () => {
  const register = async (body: object) =>
    (await control.call('POST', '/tenants/developer/apps', { body: { slug: 'oauth', name: 'OAuth', ...body } })).status;
  for (const uri of [
    'http://example.com/cb',
    'https://a.com/#x',
    '/cb',
    'https://u:p@a.com',
    'ftp://a.com/cb',
    'script:alert(1)',
    'data:text/html,x',
  ]) {
    assert.equal(await register({ redirect_uris: [uri] }), 400, uri);
  }
  for (const scope of ['', 'two words', 'a"b', 'ü']) assert.equal(await register({ scopes: [scope] }), 400, scope);
  const redirect_uris = ['https://a.com/cb?x=1', 'http://127.0.0.1:8000/cb', 'http://[::1]/cb', 'com.example.app:/cb'];
  assert.equal(await register({ redirect_uris }), 201);
});
