/** Signing out (OpenID Connect RP-Initiated Logout 1.0, Back-Channel Logout 1.0), with openid-client as it is. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { openBrowser, type Browser, type Page } from './browser.ts';
import { configure, refused, signIn } from './sign-in.ts';
import { afterLogout, startWorld, type TestClient, type World } from './world.ts';

let world: World;
let receiver: Server;
let told: string[] = [];
let status = 200;
let app: TestClient;
let config: client.Configuration;
let resource: string;
before(async () => {
  world = await startWorld();
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      told.push(new URLSearchParams(body).get('logout_token') ?? `no token in ${body}`);
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  app = await world.makeClient({ backchannelLogoutUri: `http://127.0.0.1:${port}/told` });
  config = await configure(world.issuer, app, client.ClientSecretBasic(app.secret));
  resource = `urn:tulou:tenant:${world.tenant.id}`;
});
after(async () => {
  receiver.close().closeAllConnections();
  await world.stop();
});
beforeEach(() => {
  told = [];
  status = 200;
});

function leave(browser: Browser, as: client.Configuration, parameters: Record<string, string>): Promise<Page> {
  return browser.open(client.buildEndSessionUrl(as, parameters).href);
}

test('signing out ends the session, the grant and its tokens, tells the app, and leads back to it', async () => {
  const browser = openBrowser(world.issuer);
  const tokens = await signIn({ config, resource, browser });
  const state = client.randomState();
  const hint = { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: afterLogout, state };
  const asked = await leave(browser, config, hint);
  assert.match(asked.text, /Do you want to sign out\?/);
  const end = await browser.submit(asked, { logout: 'yes' });
  assert.equal(end.url, `${afterLogout}?state=${state}`);

  const [token = ''] = told;
  assert.equal(told.length, 1);
  const jwks = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri ?? ''));
  const expected = { issuer: world.issuer, audience: app.id, typ: 'logout+jwt' };
  const { payload } = await jwtVerify(token, jwks, expected);
  assert.deepEqual(payload['events'], { 'http://schemas.openid.net/event/backchannel-logout': {} });
  const { sub, sid } = decodeJwt(tokens.id_token ?? '');
  assert.deepEqual([payload.sub, payload['sid'], payload['nonce']], [sub, sid, undefined]);
  assert.ok(typeof sid === 'string' && payload.jti !== undefined);

  await assert.rejects(
    client.refreshTokenGrant(config, tokens.refresh_token ?? '', { resource }),
    refused('invalid_grant'),
  );
  assert.ok(await world.denied(`grant:${String(decodeJwt(tokens.access_token)['gid'])}`));
});

test('who stays signed in loses nothing at the other apps', async () => {
  const browser = openBrowser(world.issuer);
  const other = await world.makeClient();
  const otherConfig = await configure(world.issuer, other, client.ClientSecretBasic(other.secret));
  const kept = await signIn({ config: otherConfig, resource, browser });
  const tokens = await signIn({ config, resource, browser });
  const asked = await leave(browser, config, { id_token_hint: tokens.id_token ?? '' });
  await browser.submit(asked);
  assert.equal(told.length, 1, 'the app that asked is told that its own session is over');
  await client.refreshTokenGrant(otherConfig, kept.refresh_token ?? '', { resource });
  await assert.rejects(
    client.refreshTokenGrant(config, tokens.refresh_token ?? '', { resource }),
    refused('invalid_grant'),
  );
});

test('nobody is sent to an address that the client has not registered', async () => {
  const browser = openBrowser(world.issuer);
  const tokens = await signIn({ config, resource, browser });
  for (const uri of ['https://evil.example.com/', `${afterLogout}/`, `${afterLogout}?x=1`]) {
    const page = await leave(browser, config, { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: uri });
    assert.equal(page.status, 400, uri);
  }
});

test('a page of somebody else can’t sign anybody out', async () => {
  const browser = openBrowser(world.issuer);
  const tokens = await signIn({ config, resource, browser });
  const asked = await leave(browser, config, {});
  const forged = { ...asked, text: asked.text.replace(/name="xsrf" value="[^"]+"/, 'name="xsrf" value="guessed"') };
  assert.equal((await browser.submit(forged, { logout: 'yes' })).status, 400);
  assert.deepEqual(told, []);
  await client.refreshTokenGrant(config, tokens.refresh_token ?? '', { resource });
});

test('an app that does not answer keeps nobody signed in', async () => {
  status = 500;
  const browser = openBrowser(world.issuer);
  const tokens = await signIn({ config, resource, browser });
  const end = await browser.submit(await leave(browser, config, {}), { logout: 'yes' });
  assert.equal(end.status, 200);
  assert.match(end.text, /You are signed out/);
  assert.ok(await world.denied(`grant:${String(decodeJwt(tokens.access_token)['gid'])}`));
});

test('an address inside of the network is never called', async () => {
  const inner = await world.makeClient({ backchannelLogoutUri: 'http://10.255.255.1/told' });
  const as = await configure(world.issuer, inner, client.ClientSecretBasic(inner.secret));
  const browser = openBrowser(world.issuer);
  await signIn({ config: as, resource, browser });
  const end = await browser.submit(await leave(browser, as, {}), { logout: 'yes' });
  assert.equal(end.status, 200);
});
