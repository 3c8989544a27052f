import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { readFeed } from '../../../test/control/feed.ts';
import { startTestControl, type TestControl } from '../../../test/control/fixture.ts';
import { make, makeDeveloper } from '../../../test/control/nouns.ts';
import { sha256 } from '../../kernel/hash.ts';

let control: TestControl;
before(async () => {
  control = await startTestControl();
  await makeDeveloper(control.call, 'developer');
});
after(() => control.stop());

const path = '/tenants/developer/apps/shop/clients';
const service = {
  name: 'Service',
  environment: 'live',
  authentication: 'client_secret_basic',
  grant_types: ['client_credentials'],
};

async function told(id: string): Promise<unknown> {
  return (await readFeed(control)).changes.find(({ key }) => key === id)?.object;
}

async function hashOf(id: string): Promise<string | null | undefined> {
  const rows = await control.database.store.system(
    'test',
    ({ sql }) => sql<{ secret_hash: string | null }[]>`select secret_hash from clients where id = ${id}`,
  );
  return rows[0]?.secret_hash;
}

const register = async (body: object): Promise<number> =>
  (await control.call('POST', path, { body: { ...service, ...body } })).status;

test('a client’s secret is shown once, and only its hash is kept', async () => {
  const { client_secret: secret, ...client } = await make(control.call, path, service);
  assert.match(String(secret), /^tlc_[\w-]{43}$/);
  assert.equal(await hashOf(client.id), sha256(String(secret)));
  assert.deepEqual((await control.call('GET', `${path}/${client.id}`)).body, client);
  const trail = await control.call('GET', '/tenants/developer/audit?limit=5');
  assert.ok(!trail.text.includes(String(secret)) && trail.text.includes(client.id));
});

test('gateways know a client by its id until it is deleted', async () => {
  const client = await make(control.call, path, service);
  const object = (await told(client.id)) as { app: string } | undefined;
  const app = await control.call('GET', '/tenants/developer/apps/shop');
  assert.equal(object?.app, app.body['id']);
  assert.equal((await control.call('DELETE', `${path}/${client.id}`)).status, 204);
  assert.equal(await told(client.id), undefined);
});

test('a client is deleted with its app', async () => {
  await make(control.call, '/tenants/developer/apps', { slug: 'brief', name: 'Brief' });
  const client = await make(control.call, '/tenants/developer/apps/brief/clients', service);
  assert.equal((await control.call('DELETE', '/tenants/developer/apps/brief')).status, 204);
  assert.equal(await told(client.id), undefined);
});

test('a new secret replaces the old one; a client without a secret gets none', async () => {
  const { id } = await make(control.call, path, service);
  const before = await hashOf(id);
  const rotated = await control.call('POST', `${path}/${id}/rotate`, { body: {} });
  assert.equal(rotated.status, 201);
  assert.equal(await hashOf(id), sha256(String(rotated.body['client_secret'])));
  assert.notEqual(await hashOf(id), before);
  const open = { authentication: 'none', grant_types: ['authorization_code'], redirect_uris: ['https://a.test/back'] };
  const made = await make(control.call, path, { ...service, ...open });
  assert.deepEqual([made['client_secret'], await hashOf(made.id)], [null, null]);
  assert.equal((await control.call('POST', `${path}/${made.id}/rotate`, { body: {} })).status, 409);
});

test('a replaced secret stays valid for the overlap, and no earlier secret stays valid with it', async () => {
  const { id } = await make(control.call, path, service);
  const read = async () => {
    const rows = await control.database.store.system(
      'test',
      ({ sql }) => sql<{ hash: string; previous: string | null; until: Date | null }[]>`
        select secret_hash as hash, secret_previous_hash as previous, secret_previous_until as until
        from clients where id = ${id}`,
    );
    return rows[0];
  };
  const first = await read();
  const before = Date.now();
  assert.equal((await control.call('POST', `${path}/${id}/rotate`, { body: { overlap_seconds: 3600 } })).status, 201);
  const second = await read();
  assert.equal(second?.previous, first?.hash);
  const leftMs = (second?.until?.getTime() ?? 0) - before;
  assert.ok(leftMs >= 3_600_000 && leftMs < 3_700_000, String(leftMs));
  assert.equal((await control.call('POST', `${path}/${id}/rotate`, { body: {} })).status, 201);
  const third = await read();
  assert.deepEqual([third?.previous, third?.until], [null, null]);
});

test('a certificate has one name, and only clients that present one are bound to it', async () => {
  const tls = { authentication: 'tls_client_auth', tls_subject: 'dns:service.example.com' };
  const made = await make(control.call, path, { ...service, ...tls, certificate_bound: true });
  assert.deepEqual(
    [made['tls_subject'], made['certificate_bound'], made['client_secret']],
    ['dns:service.example.com', true, null],
  );
  assert.equal(await register({ ...tls, tls_subject: 'uri:spiffe://example.com/service' }), 201);
  for (const wrong of [
    { authentication: 'tls_client_auth' },
    { tls_subject: 'dns:service.example.com' },
    { ...tls, tls_subject: 'CN=service' },
    { ...tls, tls_subject: 'dns:*.example.com' },
    { ...tls, certificate_bound: true, dpop_bound: true },
    { certificate_bound: true },
  ])
    assert.equal(await register(wrong), 400, JSON.stringify(wrong));
});

test('logout URIs are accepted only for clients that people sign in to, and hold no user name', async () => {
  const people = { grant_types: ['authorization_code'], redirect_uris: ['https://a.test/back'] };
  const post_logout_redirect_uris = ['https://a.test/bye'];
  const told = { post_logout_redirect_uris, backchannel_logout_uri: 'https://a.test/told' };
  const made = await make(control.call, path, { ...service, ...people, ...told });
  assert.deepEqual(
    [made['post_logout_redirect_uris'], made['backchannel_logout_uri']],
    [post_logout_redirect_uris, 'https://a.test/told'],
  );
  assert.equal(await register(told), 400);
  for (const uri of ['https://me@a.test/', 'https://a.test/#x', 'file:///etc/passwd', 'a.test'])
    assert.equal(await register({ ...people, backchannel_logout_uri: uri }), 400, uri);
});

test('a client without authentication gets no token of its own', async () => {
  assert.equal(await register({ authentication: 'none' }), 400);
  const redirect_uris = ['https://a.test/back'];
  const grant_types = ['authorization_code', 'client_credentials'];
  assert.equal(await register({ authentication: 'none', grant_types, redirect_uris }), 400);
  const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
  const trading = { authentication: 'none', grant_types: ['authorization_code', exchange], redirect_uris };
  assert.equal(await register(trading), 400);
  assert.equal(await register({ grant_types: ['client_credentials', exchange] }), 201);
});

test('grant types and redirect URIs must match', async () => {
  const device = 'urn:ietf:params:oauth:grant-type:device_code';
  assert.equal(await register({ grant_types: ['authorization_code'] }), 400);
  assert.equal(await register({ grant_types: ['refresh_token'] }), 400);
  assert.equal(await register({ grant_types: [] }), 400);
  assert.equal(await register({ grant_types: ['password'] }), 400);
  assert.equal(await register({ grant_types: ['implicit'] }), 400);
  assert.equal(await register({ grant_types: [device, device] }), 400);
  assert.equal(await register({ grant_types: [device, 'refresh_token'] }), 201);
  for (const uri of ['https://a.test/#x', 'http://a.test/', 'data:text/html,x', '/back'])
    assert.equal(await register({ grant_types: ['authorization_code'], redirect_uris: [uri] }), 400, uri);
});

test('keys for assertions are public ones that the platform verifies with', async () => {
  const jwks = (...keys: object[]) => ({ authentication: 'private_key_jwt', jwks: { keys } });
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = pair.publicKey.export({ format: 'jwk' });
  assert.equal(await register(jwks(jwk)), 201);
  assert.equal(await register(jwks(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }))), 201);
  assert.equal(await register(jwks(pair.privateKey.export({ format: 'jwk' }))), 400);
  assert.equal(await register(jwks({ kty: 'oct', k: 'c2VjcmV0' })), 400);
  assert.equal(await register(jwks({ ...jwk, x: 'AAAA' })), 400);
  const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
  assert.equal(await register(jwks(small)), 400);
  assert.equal(await register({ authentication: 'private_key_jwt' }), 400);
  assert.equal(await register({ jwks: { keys: [jwk] } }), 400);
});

test('a change is checked by the same rules, and the authentication method of a client stays', async () => {
  const { id } = await make(control.call, path, service);
  const change = (body: object) => control.call('PATCH', `${path}/${id}`, { body });
  assert.equal((await change({ grant_types: ['authorization_code'] })).status, 400);
  const redirect_uris = ['https://a.test/back'];
  const changed = await change({ grant_types: ['authorization_code'], redirect_uris, dpop_bound: true });
  assert.deepEqual(
    [changed.status, changed.body['dpop_bound'], changed.body['redirect_uris']],
    [200, true, redirect_uris],
  );
  assert.equal(changed.body['authentication'], 'client_secret_basic');
});
