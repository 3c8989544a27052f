/**
 * The attacks of RFC 9700 (Best Current Practice for OAuth 2.0 Security) on the protocol's endpoints, each by its section.
 * Those on authorization requests are in rfc9700-requests.test.ts, those on people's pages in rfc9700-pages.test.ts.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeJwt } from 'jose';
import {
  authorize,
  basic,
  formOf,
  post,
  redemption,
  refused,
  requestOf,
  resourceOf,
  send,
  signIn,
  verifier,
} from './attack.ts';
import { type Answer } from './bare.ts';
import { callback, deviceGrant, startWorld, type TestClient, type World } from './world.ts';

let world: World;
let app: TestClient;
let other: TestClient;
before(async () => {
  world = await startWorld();
  [app, other] = [await world.makeClient(), await world.makeClient()];
});
after(() => world.stop());

const at = (path: string): string => `${world.issuer}/oauth2/${path}`;
const token = (fields: Parameters<typeof post>[1], headers = basic(app)): Promise<Answer> =>
  post(at('token'), fields, headers);
const begin = (wish: Record<string, string>): Promise<Answer> =>
  send(`${at('authorize')}?${formOf({ ...requestOf(world, app), ...wish })}`);
const push = (wish: Record<string, string>): Promise<Answer> =>
  post(at('par'), { ...requestOf(world, app), ...wish }, basic(app));
const codeOf = async (client = app): Promise<string> => (await authorize(world, client)).get('code') ?? '';

for (const grant of ['password', 'implicit', 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'none', ''])
  test(`§2.4 grant type "${grant}": no token for a password or a claim`, async () => {
    const given = { username: 'owner@shop.test', password: 'x', assertion: 'x', resource: resourceOf(world) };
    refused(await token({ grant_type: grant, ...given }));
  });

for (const [what, given] of Object.entries({
  'no verifier': undefined,
  'an empty verifier': '',
  'another verifier': `${verifier.slice(0, -1)}x`,
  'the challenge as verifier': 'challenge',
  'a short verifier': 'short',
})) {
  test(`§4.8 PKCE downgrade: a code with ${what} gives nothing, and is spent`, async () => {
    const code = await codeOf();
    const { code_verifier: _, ...rest } = redemption(code);
    const text = given === 'challenge' ? requestOf(world, app)['code_challenge'] : given;
    refused(await token(text === undefined ? rest : { ...rest, code_verifier: text }));
  });
}

test('§4.5 code injection: a code is its client’s, for its redirect URI, once', async () => {
  const stolen = await codeOf();
  refused(await token(redemption(stolen), basic(other)), 'invalid_grant');
  const public_ = await world.makeClient({ authentication: 'none' });
  refused(await token({ ...redemption(await codeOf()), client_id: public_.id }, {}), 'invalid_grant');
  for (const uri of [`${callback}/x`, '', 'https://evil.test/']) {
    refused(await token({ ...redemption(await codeOf()), redirect_uri: uri }));
  }
});

test('§4.5 a code that comes twice ends what the first one gave', async () => {
  const code = await codeOf();
  const first = (await token(redemption(code))).said as Record<string, string>;
  refused(await token(redemption(code)), 'invalid_grant');
  refused(await token({ grant_type: 'refresh_token', refresh_token: first['refresh_token'] ?? '' }), 'invalid_grant');
  assert.ok(await world.denied(`grant:${String(decodeJwt(first['access_token'] ?? '')['gid'])}`));
});

test('§4.14 a refresh token is its client’s, and never gives more than was granted', async () => {
  const tokens = await signIn(world, app);
  const refresh = { grant_type: 'refresh_token', refresh_token: tokens['refresh_token'] ?? '' };
  refused(await token(refresh, basic(other)), 'invalid_grant');
  refused(await token({ ...refresh, client_id: other.id }, {}));
  refused(await token({ ...refresh, scope: 'openid acme/orders:read acme/orders:export' }), 'invalid_scope');
  refused(await token({ ...refresh, resource: 'urn:tulou:tenant:acme' }));
  refused(await token({ ...refresh, resource: 'https://api.example.com' }));
  assert.equal((await token(refresh)).status, 200, 'none of them has spent it');
});

test('§4.14 a refresh token that comes twice ends its family, whoever sends it', async () => {
  const first = await signIn(world, app);
  const refresh = (text: unknown): Promise<Answer> =>
    token({ grant_type: 'refresh_token', refresh_token: String(text) });
  const second = (await refresh(first['refresh_token'])).said;
  assert.notEqual(second['refresh_token'], first['refresh_token']);
  refused(await refresh(first['refresh_token']), 'invalid_grant');
  refused(await refresh(second['refresh_token']), 'invalid_grant');
  assert.ok(await world.denied(`grant:${String(decodeJwt(String(second['access_token']))['gid'])}`));
});

test('§4.14 a refresh that gives nothing spends nothing: it would look like a theft the next time', async () => {
  const tokens = await signIn(world, app);
  const refresh = { grant_type: 'refresh_token', refresh_token: tokens['refresh_token'] ?? '' };
  const set = (state: string) =>
    world.store.system(
      'test',
      ({ sql }) => sql`update installations set state = ${state} where id = ${world.installation}`,
    );
  await set('paused');
  refused(await token(refresh), 'invalid_target');
  await set('active');
  assert.equal((await token(refresh)).status, 200);
});

test('§4.15 a client is never a person: its own token names itself, and opens no account', async () => {
  const own = (await token({ grant_type: 'client_credentials', resource: resourceOf(world), scope: 'openid' })).said;
  const text = String(own['access_token']);
  const { sub, scope } = decodeJwt(text);
  assert.deepEqual([sub, String(scope).includes('openid')], [app.id, false]);
  refused(await send(at('userinfo'), { headers: { authorization: `Bearer ${text}` } }));
});

test('§2.1 a parameter that comes twice is refused at the token endpoint, whichever it is', async () => {
  const good = redemption(await codeOf());
  for (const [name, value] of Object.entries(good)) {
    refused(await token([...Object.entries(good), [name, value]]));
    refused(await token([[name, 'other'], ...Object.entries(good)]));
  }
  assert.equal((await token(good)).status, 200, 'none of them has spent the code');
  const twice = { client_id: app.id, grant_type: 'client_credentials', resource: resourceOf(world) };
  refused(await token([...Object.entries(twice), ['client_id', other.id]]));
});

test('§4.10 one token, one audience: several resources at once give none that is good for all', async () => {
  const both = Object.entries({ grant_type: 'client_credentials', resource: resourceOf(world) });
  for (const second of ['urn:tulou:tenant:acme', 'urn:tulou:tenant:maker', `${world.issuer}/`])
    refused(await token([...both, ['resource', second]]));
});

test('§4.3.2 neither tokens nor secrets are taken from an address', async () => {
  const tokens = await signIn(world, app);
  const query = (fields: Record<string, string>): string => `?${formOf(fields)}`;
  refused(await send(at('userinfo') + query({ access_token: tokens['access_token'] ?? '' })));
  const secret = { client_id: app.id, client_secret: app.secret };
  const grant = { grant_type: 'client_credentials', resource: resourceOf(world) };
  refused(await send(at('token') + query({ ...grant, ...secret })));
  refused(await post(at('token') + query(secret), grant));
  refused(await post(at('token') + query(grant), {}, basic(app)));
  refused(await post(at('introspect') + query({ token: tokens['access_token'] ?? '' }), {}, basic(app)));
});

test('§4.2 what has a token in it, or a secret, is kept by no cache and named to no other site', async () => {
  const grant = { grant_type: 'client_credentials', resource: resourceOf(world) };
  const device = { scope: 'openid acme/orders:read', resource: resourceOf(world) };
  for (const answer of [
    await token(grant),
    await token({ grant_type: 'nonsense' }),
    await push({}),
    await post(at('device/authorize'), device, basic(app)),
    await post(at('introspect'), { token: 'x' }, basic(app)),
    await begin({}),
  ]) {
    assert.match(answer.headers.get('cache-control') ?? '', /no-store/);
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  }
});

test('§2.5 a client authenticates as it is registered, or not at all', async () => {
  const grant = { grant_type: 'client_credentials', resource: resourceOf(world) };
  const public_ = await world.makeClient({ authentication: 'none' });
  const [row] = await world.store.system(
    'test',
    ({ sql }) => sql<{ hash: string }[]>`select secret_hash as hash from clients where id = ${app.id}`,
  );
  const stored = row?.hash ?? '';
  assert.ok(stored !== '');
  const wrong: Record<string, string>[] = ['', 'wrong', stored, `${app.secret} `, `${app.secret}\0`].map((secret) =>
    basic({ id: app.id, secret }),
  );
  for (const headers of [
    ...wrong,
    basic({ id: public_.id, secret: '' }),
    basic({ id: public_.id, secret: 'x' }),
    basic({ id: app.id.toUpperCase(), secret: app.secret }),
    basic({ id: other.id, secret: app.secret }),
    { authorization: `Basic ${app.id}:${app.secret}` },
    { authorization: 'Basic' },
    { authorization: 'Basic %%%' },
    { authorization: `Bearer ${app.secret}` },
    {},
  ])
    refused(await token(grant, headers));
  for (const more of [
    { client_id: app.id },
    { client_id: app.id, client_secret: app.secret },
    { client_id: app.id, client_secret: stored },
    { client_id: public_.id },
  ])
    refused(await token({ ...grant, ...more }, {}));
  refused(
    await token({ ...grant, client_secret: app.secret }, basic({ id: app.id, secret: 'wrong' })),
    'invalid_request',
  );
  refused(await token({ ...grant, client_id: other.id }));
});

test('§4.13 a client certificate in a header is nobody’s', async () => {
  const grant = { grant_type: 'client_credentials', resource: resourceOf(world), client_id: app.id };
  const lies = { 'client-cert': ':AAAA:', 'x-ssl-client-cert': 'AAAA', 'x-client-cert': 'AAAA' };
  refused(await token(grant, lies));
});

test('§2.6 what the issuer says of itself is all at its own address, and offers no second way', async () => {
  for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
    const { said } = await send(world.issuer + path);
    assert.equal(said['issuer'], world.issuer);
    for (const [name, never] of Object.entries({
      grant_types_supported: ['implicit', 'password'],
      response_types_supported: ['token', 'id_token', 'code id_token', 'none'],
      code_challenge_methods_supported: ['plain'],
      token_endpoint_auth_methods_supported: ['client_secret_jwt'],
      id_token_signing_alg_values_supported: ['none', 'HS256'],
      token_endpoint_auth_signing_alg_values_supported: ['none', 'HS256'],
      dpop_signing_alg_values_supported: ['none', 'HS256'],
    }))
      for (const one of never) assert.equal((said[name] as string[]).includes(one), false, `${name}: ${one}`);
    for (const [name, value] of Object.entries(said))
      if (/_endpoint$|_uri$/.test(name)) assert.equal(new URL(String(value)).origin, world.issuer, name);
    for (const absent of [
      'request_uri_parameter_supported',
      'request_parameter_supported',
      'claims_parameter_supported',
    ])
      assert.equal(said[absent] ?? false, false, absent);
  }
});

test('a device code is its client’s, and says nothing before the person agrees', async () => {
  const asked = { scope: 'openid acme/orders:read', resource: resourceOf(world) };
  const device = (await post(at('device/authorize'), asked, basic(app))).said;
  const poll = { grant_type: deviceGrant, device_code: String(device['device_code']) };
  refused(await token(poll, basic(other)), 'invalid_grant');
  refused(await token(poll), 'authorization_pending');
  refused(await token({ ...poll, device_code: String(device['user_code']) }), 'invalid_grant');
  refused(await post(at('device/authorize'), asked, basic({ id: app.id, secret: 'wrong' })), 'invalid_client');
});
