import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  jwtVerify,
  type JSONWebKeySet,
} from 'jose';
import * as client from 'openid-client';
import { sha256 } from '../../src/kernel/hash.ts';
import { scopes, startWorld, type TestClient, type World } from './world.ts';

let world: World;
let app: TestClient;
let config: client.Configuration;
let resource: string;
before(async () => {
  world = await startWorld();
  app = await world.makeClient();
  const execute = [client.allowInsecureRequests];
  config = await client.discovery(new URL(world.issuer), app.id, undefined, client.ClientSecretBasic(app.secret), {
    execute,
  });
  resource = `urn:tulou:tenant:${world.tenant.id}`;
});
after(() => world.stop());

test('an installation token is a JWT of RFC 9068 for one tenant, cut to what is declared and granted', async () => {
  const { access_token: token, expires_in, token_type } = await client.clientCredentialsGrant(config, { resource });
  const jwks = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ''));
  const { payload, protectedHeader } = await jwtVerify(token, jwks, {
    issuer: world.issuer,
    audience: resource,
    typ: 'at+jwt',
  });
  assert.equal(protectedHeader.alg, 'ES256');
  assert.deepEqual([expires_in, token_type], [300, 'bearer']);
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 300);
  assert.equal(
    payload['scope'],
    scopes.declared.filter((scope) => scopes.granted.some((one) => one === scope)).join(' '),
  );
  assert.deepEqual([payload.sub, payload['client_id']], [app.id, app.id]);
  assert.deepEqual([payload['ins'], payload['gid']], [world.installation, world.installation]);
});

test('gateways can verify it by the issuer in their snapshot', async () => {
  const { access_token: token } = await client.clientCredentialsGrant(config, { resource });
  const [row] = await world.store.system(
    'test',
    ({ sql }) =>
      sql<
        { object: JSONWebKeySet }[]
      >`select object from snapshot_objects where kind = 'issuer' and key = ${world.issuer}`,
  );
  assert.ok(row);
  await jwtVerify(token, createLocalJWKSet({ keys: row.object.keys }), { issuer: world.issuer });
  assert.ok(
    row.object.keys.every((key) => key.d === undefined),
    'no secret half is published',
  );
});

test('a tenant may be named by its slug; the token names its id', async () => {
  const { access_token: token } = await client.clientCredentialsGrant(config, { resource: 'urn:tulou:tenant:shop' });
  assert.equal(decodeJwt(token).aud, resource);
});

test('fewer scopes may be asked for, never more', async () => {
  const asked = { resource, scope: 'acme/orders:read acme/orders:admin acme/orders:export' };
  const { access_token: token } = await client.clientCredentialsGrant(config, asked);
  assert.equal(decodeJwt(token)['scope'], 'acme/orders:read');
});

const refused = (code: string) => (error: unknown) => error instanceof client.ResponseBodyError && error.error === code;

for (const [what, given] of Object.entries({
  'no tenant': {},
  'a tenant that has not installed the app': { resource: 'urn:tulou:tenant:acme' },
  'a tenant that does not exist': { resource: 'urn:tulou:tenant:nobody' },
  'another kind of resource': { resource: 'https://api.example.com' },
})) {
  test(`a token for ${what} is refused`, async () => {
    await assert.rejects(client.clientCredentialsGrant(config, given), refused('invalid_target'));
  });
}

test('a wrong secret is refused, and so is the right one in the body', async () => {
  for (const method of [client.ClientSecretBasic('wrong'), client.ClientSecretPost(app.secret)]) {
    const other = new client.Configuration(config.serverMetadata(), app.id, undefined, method);
    client.allowInsecureRequests(other);
    await assert.rejects(
      client.clientCredentialsGrant(other, { resource }),
      (error: Error) => 'status' in error || 'cause' in error,
    );
  }
});

test('a secret that was replaced is good until its time, and not a moment longer', async () => {
  const rotated = await world.makeClient();
  const as = await client.discovery(
    new URL(world.issuer),
    rotated.id,
    undefined,
    client.ClientSecretBasic(rotated.secret),
    { execute: [client.allowInsecureRequests] },
  );
  const overlap = (until: string) =>
    world.store.system(
      'test',
      ({ sql }) => sql`
        update clients set secret_hash = 'another', secret_previous_hash = ${sha256(rotated.secret)},
          secret_previous_until = now() + ${until}::interval where id = ${rotated.id}`,
    );
  await overlap('1 hour');
  await client.clientCredentialsGrant(as, { resource });
  await overlap('-1 second');
  await assert.rejects(
    client.clientCredentialsGrant(as, { resource }),
    (error: unknown) => error instanceof client.WWWAuthenticateChallengeError,
  );
});

test('what this issuer says of itself offers nothing that RFC 9700 forbids', () => {
  const metadata = config.serverMetadata();
  assert.deepEqual(metadata.response_types_supported, ['code']);
  assert.deepEqual(metadata.code_challenge_methods_supported, ['S256']);
  assert.ok(!metadata.grant_types_supported?.includes('implicit'));
  assert.deepEqual(metadata.token_endpoint_auth_methods_supported, [
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
    'tls_client_auth',
    'none',
  ]);
  assert.equal(metadata.authorization_response_iss_parameter_supported, true);
  assert.equal(metadata.issuer, world.issuer);
});

test('a revoked access token is denied at the gateways when the answer is out, and says it is not active', async () => {
  const { access_token: token } = await client.clientCredentialsGrant(config, { resource });
  const live = await client.tokenIntrospection(config, token);
  assert.deepEqual([live.active, live.client_id, live.aud], [true, app.id, resource]);
  await client.tokenRevocation(config, token);
  const denial = await denialOf(`token:${String(decodeJwt(token).jti)}`);
  assert.equal(denial?.['until'], (decodeJwt(token).exp ?? 0) + 60);
  assert.equal((await client.tokenIntrospection(config, token)).active, false);
});

test('another client can neither revoke a token nor learn of it', async () => {
  const other = await world.makeClient();
  const stranger = new client.Configuration(
    config.serverMetadata(),
    other.id,
    undefined,
    client.ClientSecretBasic(other.secret),
  );
  client.allowInsecureRequests(stranger);
  const { access_token: token } = await client.clientCredentialsGrant(config, { resource });
  await client.tokenRevocation(stranger, token);
  assert.equal((await client.tokenIntrospection(stranger, token)).active, false);
  assert.equal((await client.tokenIntrospection(config, token)).active, true);
});

async function denialOf(key: string): Promise<Record<string, unknown> | undefined> {
  const [row] = await world.store.system(
    'test',
    ({ sql }) =>
      sql<
        { object: Record<string, unknown> }[]
      >`select object from snapshot_objects where kind = 'denial' and key = ${key}`,
  );
  return row?.object;
}

test('a rotation while it runs: new tokens have the new key, old ones verify, and no request notices', async () => {
  const { access_token: before } = await client.clientCredentialsGrant(config, { resource });
  await world.rotate();
  const kids = new Set<string | undefined>();
  while (kids.size < 2) kids.add(decodeProtectedHeader(await mint()).kid);
  assert.equal([...kids][0], decodeProtectedHeader(before).kid);
  const jwks = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ''));
  await jwtVerify(before, jwks, { issuer: world.issuer });
  await jwtVerify(await mint(), jwks, { issuer: world.issuer });
});

const mint = async (): Promise<string> => (await client.clientCredentialsGrant(config, { resource })).access_token;

test('a client of an app that is suspended is none', async () => {
  const set = (state: string) =>
    world.store.system('test', ({ sql }) => sql`update apps set state = ${state} where id = ${world.app}`);
  await set('suspended');
  await assert.rejects(mint(), (error: unknown) => error instanceof client.WWWAuthenticateChallengeError);
  await set('active');
  await mint();
});

test('a paused installation gives no token', async () => {
  const set = (state: string) =>
    world.store.system(
      'test',
      ({ sql }) => sql`update installations set state = ${state} where id = ${world.installation}`,
    );
  await set('paused');
  await assert.rejects(mint(), refused('invalid_target'));
  await set('active');
});
