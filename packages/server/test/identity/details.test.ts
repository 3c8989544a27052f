/** Rich authorization requests (RFC 9396): scopes that are held for some of the data only, with openid-client as it is. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { openBrowser } from './browser.ts';
import { configure, refused, signIn } from './sign-in.ts';
import { exchangeGrant, startWorld, type World } from './world.ts';

const read = 'acme/orders:read';
const shop = { type: 'tulou_data', actions: [read], identifier: 'shop-17' };
let world: World;
let config: client.Configuration;
let resource: string;
before(async () => {
  world = await startWorld();
  const app = await world.makeClient();
  config = await configure(world.issuer, app, client.ClientSecretBasic(app.secret));
  resource = `urn:tulou:tenant:${world.tenant.id}`;
  await world.store.system('test', ({ sql }) => sql`update scopes set data_scoped = true where name = 'read'`);
});
after(() => world.stop());

const asking = (...details: object[]): Record<string, string> => ({ authorization_details: JSON.stringify(details) });
const detailsOf = (token: string): unknown => decodeJwt(token)['authorization_details'];

test('what a person agreed to for some data is in the token, in its answer, and in the next one', async () => {
  const tokens = await signIn({ config, resource, parameters: asking(shop) });
  assert.deepEqual([tokens.authorization_details, detailsOf(tokens.access_token)], [[shop], [shop]]);
  assert.equal(decodeJwt(tokens.access_token)['scope'], 'acme/orders:read acme/orders:refund');
  const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', { resource });
  assert.deepEqual(detailsOf(next.access_token), [shop]);
  const told = await client.tokenIntrospection(config, next.access_token);
  assert.deepEqual(told['authorization_details'], [shop]);
});

test('what was agreed to for some data is not taken for all of it, nor for other data', async () => {
  const browser = openBrowser(world.issuer);
  await signIn({ config, resource, browser, parameters: asking(shop) });
  for (const parameters of [{ scope: read }, { scope: read, ...asking({ ...shop, identifier: 'shop-18' }) }]) {
    const request = { redirect_uri: 'https://app.example.com/callback', resource, ...parameters, prompt: 'none' };
    const challenge = { code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' };
    const url = await client.buildAuthorizationUrlWithPAR(config, { ...request, ...challenge });
    const page = await browser.open(url.href);
    assert.equal(new URL(page.url).searchParams.get('error'), 'consent_required', JSON.stringify(parameters));
  }
});

test('a later token can be for less data, never for more', async () => {
  const other = { ...shop, identifier: 'shop-18' };
  const tokens = await signIn({ config, resource, parameters: asking(shop, other) });
  const less = { resource, ...asking(shop) };
  const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', less);
  assert.deepEqual(detailsOf(next.access_token), [shop]);
  const more = { resource, ...asking({ ...shop, identifier: 'shop-19' }) };
  await assert.rejects(
    client.refreshTokenGrant(config, next.refresh_token ?? '', more),
    refused('invalid_authorization_details'),
  );
});

test('an app’s own token is limited where it asks for that, and what is traded from one stays limited', async () => {
  const { access_token: own } = await client.clientCredentialsGrant(config, { resource, ...asking(shop) });
  assert.deepEqual(detailsOf(own), [shop]);
  const beyond = { resource, scope: 'acme/orders:refund', ...asking(shop) };
  await assert.rejects(client.clientCredentialsGrant(config, beyond), refused('invalid_authorization_details'));
  const subject = { subject_token: own, subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
  const traded = await client.genericGrantRequest(config, exchangeGrant, subject);
  assert.deepEqual(detailsOf(traded.access_token), [shop]);
});

test('what can’t be held to is refused: other types, other fields, scopes that nobody limits, too much of it', async () => {
  for (const wrong of [
    [{ ...shop, type: 'payment' }],
    [{ ...shop, actions: [] }],
    [{ ...shop, actions: ['acme/orders:refund'] }],
    [{ ...shop, actions: ['acme/orders:nothing'] }],
    [{ ...shop, identifier: 'shop\u0000' }],
    [{ ...shop, identifier: 'x'.repeat(201) }],
    [{ ...shop, locations: ['https://elsewhere.example.com'] }],
    Array.from({ length: 11 }, (_, i) => ({ ...shop, identifier: `shop-${i}` })),
  ])
    await assert.rejects(
      signIn({ config, resource, parameters: { ...asking(...wrong) } }),
      refused('invalid_authorization_details'),
      JSON.stringify(wrong).slice(0, 200),
    );
});

test('the issuer says which types it knows', () => {
  assert.deepEqual(config.serverMetadata().authorization_details_types_supported, ['tulou_data']);
});
