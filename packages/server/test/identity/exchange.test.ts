/** Token exchange (RFC 8693), with openid-client as it is. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { configure, refused, signIn } from './sign-in.ts';
import { exchangeGrant, startWorld, type TestClient, type World } from './world.ts';

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';
let world: World;
let front: client.Configuration;
let back: client.Configuration;
let clients: { readonly front: TestClient; readonly back: TestClient };
let resource: string;
before(async () => {
  world = await startWorld();
  clients = { front: await world.makeClient(), back: await world.makeClient() };
  front = await configure(world.issuer, clients.front, client.ClientSecretBasic(clients.front.secret));
  back = await configure(world.issuer, clients.back, client.ClientSecretBasic(clients.back.secret));
  resource = `urn:tulou:tenant:${world.tenant.id}`;
});
after(() => world.stop());

function exchange(
  config: client.Configuration,
  token: string,
  more: Record<string, string> = {},
  options: client.DPoPOptions = {},
) {
  const body = { subject_token: token, subject_token_type: accessTokenType, ...more };
  return client.genericGrantRequest(config, exchangeGrant, body, options);
}

test('a person’s token is traded for one that says less, lives no longer, and tells who acts', async () => {
  const { access_token: token } = await signIn({ config: front, resource });
  const traded = await exchange(back, token, { scope: 'acme/orders:read' });
  assert.equal(traded['issued_token_type'], accessTokenType);
  const [was, is] = [decodeJwt(token), decodeJwt(traded.access_token)];
  assert.deepEqual([is.sub, is.aud, is['ins'], is['gid']], [was.sub, was.aud, was['ins'], was['gid']]);
  assert.deepEqual([is['client_id'], is['act']], [clients.back.id, { sub: clients.back.id }]);
  assert.deepEqual([is['scope'], traded.scope], ['acme/orders:read', 'acme/orders:read']);
  assert.ok((is.exp ?? Infinity) <= (was.exp ?? 0));
});

test('whoever trades on says so too: the chain of those who act grows', async () => {
  const { access_token: token } = await signIn({ config: front, resource });
  const { access_token: once } = await exchange(back, token);
  const { access_token: twice } = await exchange(front, once);
  const { access_token: narrowed } = await exchange(front, twice, { scope: 'acme/orders:read' });
  const chain = { sub: clients.front.id, act: { sub: clients.back.id } };
  assert.deepEqual([decodeJwt(twice)['act'], decodeJwt(narrowed)['act']], [chain, chain]);
});

test('an app’s own token stays the app’s own, in the hands of another client of it', async () => {
  const { access_token: token } = await client.clientCredentialsGrant(front, { resource });
  const { access_token: traded } = await exchange(back, token, { scope: 'acme/orders:read' });
  const is = decodeJwt(traded);
  assert.deepEqual([is.sub, is['client_id'], is['gid']], [clients.back.id, clients.back.id, world.installation]);
  assert.deepEqual([is['scope'], is['act']], ['acme/orders:read', undefined]);
});

test('more than the token says is not to be had, nor what was taken away meanwhile', async () => {
  const { access_token: token } = await signIn({ config: front, resource, parameters: { scope: 'acme/orders:read' } });
  await assert.rejects(exchange(back, token, { scope: 'acme/orders:refund' }), refused('invalid_scope'));
  const set = (scopes: string[]) =>
    world.store.system(
      'test',
      ({ sql }) => sql`update installations set scopes = ${scopes} where id = ${world.installation}`,
    );
  const [before] = await world.store.system(
    'test',
    ({ sql }) => sql<{ scopes: string[] }[]>`select scopes from installations where id = ${world.installation}`,
  );
  await set([]);
  const traded = await exchange(back, token);
  await set(before?.scopes ?? []);
  assert.equal(decodeJwt(traded.access_token)['scope'], undefined);
});

test('a bound token is traded by who holds its key, and stays bound to it', async () => {
  const dpop = client.getDPoPHandle(front, await client.randomDPoPKeyPair());
  const { access_token: token } = await signIn({ config: front, resource, dpop });
  await assert.rejects(exchange(front, token), refused('invalid_dpop_proof'));
  const other = client.getDPoPHandle(front, await client.randomDPoPKeyPair());
  await assert.rejects(exchange(front, token, {}, { DPoP: other }), refused('invalid_dpop_proof'));
  const traded = await exchange(front, token, {}, { DPoP: dpop });
  assert.equal(traded.token_type, 'dpop');
  assert.deepEqual(decodeJwt(traded.access_token)['cnf'], { jkt: await dpop.calculateThumbprint() });
});

test('a token of another app, a revoked one, and what is none are refused alike', async () => {
  const stranger = await world.makeClient({ app: await world.makeApp('stranger') });
  const strange = await configure(world.issuer, stranger, client.ClientSecretBasic(stranger.secret));
  const { access_token: foreign } = await client.clientCredentialsGrant(strange, { resource });
  const { access_token: revoked } = await client.clientCredentialsGrant(front, { resource });
  await client.tokenRevocation(front, revoked);
  const signedIn = await signIn({ config: front, resource });
  await client.tokenRevocation(front, signedIn.refresh_token ?? '');
  for (const token of [foreign, revoked, signedIn.access_token, `${foreign}=`, 'nonsense', signedIn.id_token ?? ''])
    await assert.rejects(exchange(back, token), refused('invalid_request'), token);
});

test('the denial of a grant reaches what was traded from it', async () => {
  const tokens = await signIn({ config: front, resource });
  const { access_token: traded } = await exchange(back, tokens.access_token);
  await client.tokenRevocation(front, tokens.refresh_token ?? '');
  assert.ok(await world.denied(`grant:${String(decodeJwt(traded)['gid'])}`));
  assert.equal((await client.tokenIntrospection(back, traded)).active, false);
});

test('what is not offered is refused, not ignored', async () => {
  const { access_token: token } = await client.clientCredentialsGrant(front, { resource });
  const jwt = 'urn:ietf:params:oauth:token-type:jwt';
  await assert.rejects(exchange(back, token, { subject_token_type: jwt }), refused('invalid_request'));
  await assert.rejects(exchange(back, token, { requested_token_type: jwt }), refused('invalid_request'));
  const actor = { actor_token: token, actor_token_type: accessTokenType };
  await assert.rejects(exchange(back, token, actor), refused('invalid_request'));
  await assert.rejects(exchange(back, token, { audience: 'acme' }), refused('invalid_target'));
  for (const elsewhere of ['urn:tulou:tenant:acme', `${world.issuer}/api`, 'https://api.example.com'])
    await assert.rejects(exchange(back, token, { resource: elsewhere }), refused('invalid_target'), elsewhere);
});
