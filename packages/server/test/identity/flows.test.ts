/** Each flow with clients as the world has them, unchanged: openid-client and oauth4webapi. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createRemoteJWKSet, decodeJwt, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { openBrowser } from './browser.ts';
import { configure, everything, refused, signIn, type SignIn } from './sign-in.ts';
import { callback, startWorld, type TestClient, type World } from './world.ts';

let world: World;
let app: TestClient;
let config: client.Configuration;
let resource: string;
before(async () => {
  world = await startWorld();
  app = await world.makeClient();
  config = await configure(world.issuer, app, client.ClientSecretBasic(app.secret));
  resource = `urn:tulou:tenant:${world.tenant.id}`;
});
after(() => world.stop());

const begin = (given: Omit<SignIn, 'resource'>) => signIn({ ...given, resource });

test('authorization code with PKCE through PAR: a user token, cut to app and installation, and who signed in', async () => {
  const tokens = await begin({ config });
  const jwks = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ''));
  const { payload } = await jwtVerify(tokens.access_token, jwks, {
    issuer: world.issuer,
    audience: resource,
    typ: 'at+jwt',
  });
  assert.deepEqual([payload.sub, payload['client_id'], payload['ins']], [world.user, app.id, world.installation]);
  assert.equal(payload['scope'], 'acme/orders:read acme/orders:refund');
  assert.match(String(payload['gid']), /^[\w-]{43}$/);
  assert.equal(tokens.claims()?.sub, world.user);
});

test('a member without a say gets scopes of low risk only', async () => {
  await world.actAs(world.viewer, async () => {
    const tokens = await begin({ config });
    assert.equal(decodeJwt(tokens.access_token)['scope'], 'acme/orders:read');
  });
});

test('who is no member of the tenant gets no token for it', async () => {
  await world.store.system(
    'test',
    ({ sql }) => sql`update members set user_id = 'usr_moved' where user_id = ${world.viewer}`,
  );
  await world.actAs(world.viewer, () => assert.rejects(begin({ config })));
  await world.store.system(
    'test',
    ({ sql }) => sql`update members set user_id = ${world.viewer} where user_id = 'usr_moved'`,
  );
});

test('a request without PKCE, or with a plain one, is refused, also of a client with a secret', async () => {
  for (const parameters of [{}, { code_challenge: 'a'.repeat(43), code_challenge_method: 'plain' }]) {
    const body = { redirect_uri: callback, response_type: 'code', scope: 'openid', ...parameters };
    const server = config.serverMetadata() as oauth.AuthorizationServer;
    const response = await oauth.pushedAuthorizationRequest(
      server,
      { client_id: app.id },
      oauth.ClientSecretBasic(app.secret),
      body,
      {
        [oauth.allowInsecureRequests]: true,
      },
    );
    assert.equal(response.status, 400);
    assert.equal(((await response.json()) as { error: string }).error, 'invalid_request');
  }
});

test('a refresh token is rotated; used again, it ends its whole family, at the gateways too', async () => {
  const first = await begin({ config });
  const second = await client.refreshTokenGrant(config, first.refresh_token ?? '', { resource });
  assert.notEqual(second.refresh_token, first.refresh_token);
  await assert.rejects(client.refreshTokenGrant(config, first.refresh_token ?? ''), refused('invalid_grant'));
  await assert.rejects(client.refreshTokenGrant(config, second.refresh_token ?? ''), refused('invalid_grant'));
  assert.ok(await world.denied(`grant:${String(decodeJwt(second.access_token)['gid'])}`));
  assert.equal((await client.tokenIntrospection(config, second.access_token)).active, false);
});

test('revoking the refresh token denies the access tokens of its grant before the answer', async () => {
  const tokens = await begin({ config });
  await client.tokenRevocation(config, tokens.refresh_token ?? '');
  assert.ok(await world.denied(`grant:${String(decodeJwt(tokens.access_token)['gid'])}`));
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? ''), refused('invalid_grant'));
});

test('a narrowed installation narrows the next refresh', async () => {
  const tokens = await begin({ config });
  const set = (scopes: string[]) =>
    world.store.system(
      'test',
      ({ sql }) => sql`update installations set scopes = ${scopes} where id = ${world.installation}`,
    );
  await set(['acme/orders:read']);
  try {
    const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', { resource });
    assert.equal(decodeJwt(next.access_token)['scope'], 'acme/orders:read');
  } finally {
    await set(['acme/orders:read', 'acme/orders:refund', 'acme/orders:admin']);
  }
});

test('DPoP: the nonce is asked for, the token is bound, and a bound client gets none without a proof', async () => {
  const bound = await world.makeClient({ dpopBound: true });
  const as = await configure(world.issuer, bound, client.ClientSecretBasic(bound.secret));
  const dpop = client.getDPoPHandle(as, await client.randomDPoPKeyPair());
  const tokens = await begin({ config: as, dpop });
  const thumbprint = await dpop.calculateThumbprint();
  assert.deepEqual(decodeJwt(tokens.access_token)['cnf'], { jkt: thumbprint });
  const next = await client.refreshTokenGrant(as, tokens.refresh_token ?? '', { resource }, { DPoP: dpop });
  assert.deepEqual(decodeJwt(next.access_token)['cnf'], { jkt: thumbprint });
  await assert.rejects(client.clientCredentialsGrant(as, { resource }));
  const own = await client.clientCredentialsGrant(as, { resource }, { DPoP: dpop });
  assert.deepEqual(decodeJwt(own.access_token)['cnf'], { jkt: thumbprint });
});

test('a public client signs in with PKCE and no secret', async () => {
  const open = await world.makeClient({ authentication: 'none' });
  const tokens = await begin({ config: await configure(world.issuer, open, client.None()) });
  assert.equal(decodeJwt(tokens.access_token)['client_id'], open.id);
});

test('device flow: pending until the person agrees, then a token', async () => {
  const device = await client.initiateDeviceAuthorization(config, { scope: everything, resource });
  await assert.rejects(poll(device.device_code), refused('authorization_pending'));
  const browser = openBrowser(world.issuer);
  const wrong = await browser.submit(await browser.open(device.verification_uri), { user_code: 'BBBB-BBBB' });
  assert.match(wrong.text, /not right/);
  const confirm = await browser.submit(wrong, { user_code: device.user_code });
  assert.ok(confirm.text.includes(device.user_code), 'the person sees the code that the device shows');
  const done = await browser.submit(confirm);
  assert.match(done.text, /The device is connected/);
  const tokens = await poll(device.device_code);
  assert.equal(decodeJwt(tokens.access_token).sub, world.user);
  await assert.rejects(poll(device.device_code), refused('invalid_grant'));
});

test('codes of devices can’t be guessed: whoever is wrong too often waits, and a right one frees', async () => {
  const browser = openBrowser(world.issuer);
  const start = await browser.open(`${world.issuer}/oauth2/device`);
  let page = start;
  for (let i = 0; i < 4; i += 1) page = await browser.submit(page, { user_code: 'BBBB-BBBB' });
  const device = await client.initiateDeviceAuthorization(config, { scope: everything, resource });
  await browser.submit(await browser.submit(page, { user_code: device.user_code }));
  page = await browser.open(`${world.issuer}/oauth2/device`);
  for (let i = 0; i < 5; i += 1) page = await browser.submit(page, { user_code: 'BBBB-BBBB' });
  const blocked = await browser.submit(page, { user_code: 'BBBB-BBBB' });
  assert.equal(blocked.status, 429);
  assert.match(blocked.headers.get('retry-after') ?? '', /^\d+$/);
  await world.store.system('test', ({ sql }) => sql`delete from sign_in_attempts`);
});

const poll = (code: string) =>
  client.genericGrantRequest(config, 'urn:ietf:params:oauth:grant-type:device_code', { device_code: code, resource });

test('private_key_jwt: the audience is the issuer or the endpoint, nobody beside them, and an assertion counts once', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
  const keyed = await world.makeClient({ authentication: 'private_key_jwt', jwks: { keys: [jwk] } });
  const assertion = (aud: string | string[]) =>
    new SignJWT({ jti: client.randomState() })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
      .setIssuer(keyed.id)
      .setSubject(keyed.id)
      .setAudience(aud)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(privateKey);
  const ask = async (text: string): Promise<number> => {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      resource,
      client_assertion: text,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    return (await fetch(`${world.issuer}/oauth2/token`, { method: 'POST', body })).status;
  };
  assert.equal(await ask(await assertion(`${world.issuer}/oauth2/token`)), 200);
  assert.equal(await ask(await assertion([world.issuer])), 200);
  assert.equal(await ask(await assertion([world.issuer, 'https://other.example.com'])), 401);
  const good = await assertion(world.issuer);
  assert.equal(await ask(good), 200);
  assert.equal(await ask(good), 401);
});

test('oauth4webapi accepts an installation token as RFC 9068 says', async () => {
  const { access_token: token } = await client.clientCredentialsGrant(config, { resource });
  const request = new Request('https://api.example.com/', { headers: { authorization: `Bearer ${token}` } });
  const claims = await oauth.validateJwtAccessToken(config.serverMetadata(), request, resource, {
    [oauth.allowInsecureRequests]: true,
  });
  assert.equal(claims.client_id, app.id);
});

test('whoever chooses Host or forwarded fields does not choose what the issuer is called', async () => {
  const url = `${world.issuer}/.well-known/openid-configuration`;
  const headers = { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https', forwarded: 'host=evil.test' };
  const said = await (await fetch(url, { headers })).text();
  assert.ok(!said.includes('evil.test') && said.includes(`"token_endpoint":"${world.issuer}/oauth2/token"`), said);
});

test('pages can be framed by nobody, and an unknown redirect address is shown, not followed', async () => {
  const query = new URLSearchParams({
    client_id: app.id,
    response_type: 'code',
    redirect_uri: `${callback}/x`,
    scope: 'openid',
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256',
  });
  const page = await openBrowser(world.issuer).open(`${world.issuer}/oauth2/authorize?${query.toString()}`);
  assert.equal(page.status, 400);
  assert.match(page.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/);
});

test('a body beyond the bound is refused unread', async () => {
  const answer = await fetch(`${world.issuer}/oauth2/token`, { method: 'POST', body: 'x'.repeat(60_000) });
  assert.equal(answer.status, 413);
});

test('whoever reads the database can redeem nothing: refresh tokens, device codes and secrets are not in it', async () => {
  const tokens = await begin({ config });
  const device = await client.initiateDeviceAuthorization(config, { scope: everything, resource });
  const rows = await world.store.system('test', async ({ sql }) => [
    await sql`select * from identity_artifacts`,
    await sql`select * from clients`,
  ]);
  const text = JSON.stringify(rows);
  for (const secret of [
    tokens.refresh_token ?? '',
    device.device_code,
    device.user_code.replace('-', ''),
    app.secret,
  ]) {
    assert.ok(secret !== '' && !text.includes(secret));
  }
});
