/** The needs of relying parties beside FAPI's choices, each as docs/decisions/0020 decides it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JSONWebKeySet,
} from 'jose';
import { authorize, basic, formOf, post, redemption, refused, requestOf, send } from './attack.ts';
import { openBrowser } from './browser.ts';
import { callback, startWorld, type ClientFacts, type TestClient, type World } from './world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());

const at = (path: string): string => `${world.issuer}/oauth2/${path}`;
const none = { code_challenge: '', code_challenge_method: '' };
const read = async <T>(url: string): Promise<T> => (await (await fetch(url)).json()) as T;

/** Without PKCE by default. */
function requestWithout(client: TestClient, wish: Record<string, string>): Record<string, string> {
  const all = { ...requestOf(world, client), ...wish };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

async function idTokenOf(client: TestClient, wish: Record<string, string> = {}): Promise<string> {
  const code = (await authorize(world, client, wish)).get('code') ?? '';
  const { said, text } = await post(at('token'), redemption(code), basic(client));
  assert.equal(typeof said['id_token'], 'string', text);
  return String(said['id_token']);
}

for (const algorithm of ['RS256', 'ES256'] as const)
  test(`an id_token is signed with ${algorithm} for a client that has registered it; its access token is ES256`, async () => {
    const client = await world.makeClient({ idTokenAlgorithm: algorithm });
    const code = (await authorize(world, client)).get('code') ?? '';
    const { said } = await post(at('token'), redemption(code), basic(client));
    const jwks = createLocalJWKSet(await read<JSONWebKeySet>(at('jwks')));
    const id = await jwtVerify(String(said['id_token']), jwks, { audience: client.id, issuer: world.issuer });
    const access = await jwtVerify(String(said['access_token']), jwks, { issuer: world.issuer });
    assert.deepEqual([id.protectedHeader.alg, access.protectedHeader.alg], [algorithm, 'ES256']);
  });

test('the issuer says both algorithms, and gateways are told the keys of access tokens only', async () => {
  const metadata = await read<Record<string, unknown>>(`${world.issuer}/.well-known/openid-configuration`);
  assert.deepEqual(metadata['id_token_signing_alg_values_supported'], ['ES256', 'RS256']);
  const [row] = await world.store.system(
    'test',
    ({ sql }) => sql<{ object: { algorithms: string[]; keys: { alg: string }[] } }[]>`
      select object from snapshot_objects where kind = 'issuer' and key = ${world.issuer}`,
  );
  assert.deepEqual(row?.object.algorithms, ['ES256']);
  assert.deepEqual([...new Set(row?.object.keys.map(({ alg }) => alg))], ['ES256']);
});

test('rotation brings another key for each algorithm, and what was signed before still verifies', async () => {
  const client = await world.makeClient({ idTokenAlgorithm: 'RS256' });
  const old = await idTokenOf(client);
  await world.rotate();
  const kidOf = (token: string): string =>
    (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid;
  let fresh = old;
  while (kidOf(fresh) === kidOf(old)) fresh = await idTokenOf(client);
  const jwks = createLocalJWKSet(await read<JSONWebKeySet>(at('jwks')));
  for (const token of [old, fresh]) await jwtVerify(token, jwks, { audience: client.id });
});

for (const authentication of ['client_secret_post', 'client_secret_basic'] as const)
  test(`a client of ${authentication} shows its secret in that way, and in no other`, async () => {
    const client = await world.makeClient({ authentication });
    const posted = { client_id: client.id, client_secret: client.secret };
    const ways: Record<typeof authentication, [object, Record<string, string>]> = {
      client_secret_post: [posted, {}],
      client_secret_basic: [{}, basic(client)],
    };
    const redeem = async (fields: object, headers: Record<string, string>) => {
      const code = (await authorize(world, client)).get('code') ?? '';
      return post(at('token'), { ...redemption(code), ...fields }, headers);
    };
    const other = authentication === 'client_secret_post' ? 'client_secret_basic' : 'client_secret_post';
    refused(await redeem(...ways[other]), 'invalid_client');
    refused(await redeem(posted, basic(client)), 'invalid_request');
    refused(await redeem({ ...posted, client_secret: 'x' }, {}), 'invalid_client');
    const { status, text } = await redeem(...ways[authentication]);
    assert.equal(status, 200, text);
  });

test('what scopes ask for is in userinfo, and in the id_token where the access token is for another resource', async () => {
  const client = await world.makeClient();
  const wish = { scope: 'openid email', resource: '' };
  const code = new URL(
    (await openBrowser(world.issuer).open(`${at('authorize')}?${formOf(requestWithout(client, wish))}`)).url,
  ).searchParams.get('code');
  const { said, text } = await post(at('token'), redemption(code ?? ''), basic(client));
  assert.equal(typeof said['id_token'], 'string', text);
  const claims = JSON.parse(
    Buffer.from(String(said['id_token']).split('.')[1] ?? '', 'base64url').toString(),
  ) as object;
  assert.ok(!('email' in claims), JSON.stringify(claims));
  const answer = await fetch(at('userinfo'), { headers: { authorization: `Bearer ${String(said['access_token'])}` } });
  assert.equal(((await answer.json()) as Record<string, unknown>)['email'], 'owner@shop.test');
});

test('a client that may only push is refused where it has not, and served where it has', async () => {
  const client = await world.makeClient({ pushedOnly: true });
  const direct = await send(`${at('authorize')}?${formOf(requestOf(world, client))}`);
  assert.match(`${direct.location ?? ''}${direct.text}`, /invalid_request/);
  assert.doesNotMatch(direct.location ?? '', /code=/);
  const { said } = await post(at('par'), requestOf(world, client), basic(client));
  const query = formOf({ client_id: client.id, request_uri: String(said['request_uri']) });
  const { url } = await openBrowser(world.issuer).open(`${at('authorize')}?${query}`);
  assert.match(url, /code=/);
});

test('a request_uri is good for one sign-in: the page may be loaded again until then, and never after', async () => {
  const client = await world.makeClient();
  const { said } = await post(at('par'), requestOf(world, client), basic(client));
  const address = `${at('authorize')}?${formOf({ client_id: client.id, request_uri: String(said['request_uri']) })}`;
  const reload = await send(address);
  assert.match(reload.location ?? '', /\/oauth2\/interaction\//, 'begun, and not finished');
  const browser = openBrowser(world.issuer);
  assert.match((await browser.open(address)).url, /code=/);
  const again = await send(address);
  assert.match(`${again.location ?? ''}${again.text}`, /invalid_request_uri/);
  assert.doesNotMatch(again.location ?? '', /code=|interaction/);
});

test('a request_uri of another client is of no use', async () => {
  const [own, other] = [await world.makeClient(), await world.makeClient()];
  const { said } = await post(at('par'), requestOf(world, own), basic(own));
  const query = formOf({ client_id: other.id, request_uri: String(said['request_uri']) });
  const answer = await send(`${at('authorize')}?${query}`);
  assert.doesNotMatch(answer.location ?? '', /code=|interaction/);
});

test('PKCE may be left out by a client that says so and proves who it is, with a nonce, and by nobody else', async () => {
  const client = await world.makeClient({ pkce: 'optional' });
  const without = { ...none, nonce: 'n-1' };
  const { url } = await openBrowser(world.issuer).open(`${at('authorize')}?${formOf(requestWithout(client, without))}`);
  const { code_verifier: _, ...rest } = redemption(new URL(url).searchParams.get('code') ?? '');
  const { said, text } = await post(at('token'), rest, basic(client));
  assert.match(
    Buffer.from(String(said['id_token']).split('.')[1] ?? '', 'base64url').toString(),
    /"nonce":"n-1"/,
    text,
  );
  const cases: Record<string, [ClientFacts, Record<string, string>]> = {
    'without a nonce': [{ pkce: 'optional' }, none],
    'without openid': [{ pkce: 'optional' }, { ...without, scope: 'acme/orders:read' }],
    'of a client that has not said so': [{}, without],
    'of a client that keeps no secret': [{ pkce: 'optional', authentication: 'none' }, without],
  };
  for (const [what, [facts, wish]] of Object.entries(cases)) {
    const one = await world.makeClient(facts);
    const answer = await send(`${at('authorize')}?${formOf(requestWithout(one, wish))}`);
    assert.match(`${answer.location ?? ''}${answer.text}`, /invalid_request/, what);
    assert.doesNotMatch(answer.location ?? '', /code=|interaction/, what);
  }
});

test('a code that was asked for with PKCE is not redeemed without, whatever the client may leave out', async () => {
  const client = await world.makeClient({ pkce: 'optional' });
  const code = (await authorize(world, client)).get('code') ?? '';
  const { code_verifier: _, ...rest } = redemption(code);
  refused(await post(at('token'), rest, basic(client)), 'invalid_grant');
});

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
async function pushWith(client: TestClient, key: CryptoKey, audience: string | string[]): Promise<number> {
  const assertion = await new SignJWT({ jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: 'ES256' })
    .setIssuer(client.id)
    .setSubject(client.id)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(key);
  const fields = { client_assertion_type: assertionType, client_assertion: assertion };
  return (await post(at('par'), { ...requestOf(world, client), ...fields })).status;
}

test('an assertion names the issuer or an endpoint of it, and for a client of FAPI the issuer as one string', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] };
  const plain = await world.makeClient({ authentication: 'private_key_jwt', jwks });
  const fapi = await world.makeClient({ authentication: 'private_key_jwt', jwks, pushedOnly: true, dpopBound: true });
  const { issuer } = world;
  const cases: [string | string[], number, number][] = [
    [issuer, 201, 201],
    [at('token'), 201, 401],
    [at('par'), 201, 401],
    [[issuer], 201, 401],
    [[issuer, at('token')], 201, 401],
    [[issuer, 'https://other.example.com'], 401, 401],
    ['https://other.example.com', 401, 401],
    [`${issuer}/`, 401, 401],
    [at('introspect'), 401, 401],
    [callback, 401, 401],
  ];
  for (const [audience, ofPlain, ofFapi] of cases) {
    assert.equal(await pushWith(plain, privateKey, audience), ofPlain, `${String(audience)} of another client`);
    assert.equal(await pushWith(fapi, privateKey, audience), ofFapi, `${String(audience)} of a client of FAPI`);
  }
});
