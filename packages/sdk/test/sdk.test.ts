/** The SDK at both ends of a call: an app that gets tokens and signs, the running platform, a service that asks who calls. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { exportJWK, generateKeyPair } from 'jose';
import { forCallers, forNodeCallers, openAssertions, type Caller } from '../src/assertion.ts';
import { openClient, type ClientOptions } from '../src/client.ts';
import { generateProofKey } from '../src/proof.ts';
import { signingFetch, signRequest } from '../src/signature.ts';
import { TokenError } from '../src/tokens.ts';
import { openBrowser } from '../../server/test/identity/browser.ts';
import { signInAt } from '../../server/test/identity/signing-in.ts';
import { redirectUri, scope, startWorld, type World } from './world.ts';

let world: World;
let calls: Caller[];

before(async () => {
  world = await startWorld();
  const assertions = openAssertions({ platformUrl: world.platform.url, audience: 'acme/orders' });
  world.serve((request, response) => void answer(request, response));
  const answer = forNodeCallers(assertions, async (request, response, caller) => {
    calls.push(caller);
    let bytes = 0;
    for await (const piece of request) bytes += (piece as Buffer).length;
    response.end(String(bytes));
  });
});
after(() => world.stop());
beforeEach(() => {
  calls = [];
});

/** Counts what goes to the token endpoint, with the real network behind. */
function counting() {
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = (input, init) => {
    if (String(input).endsWith('/oauth2/token')) asked.push(String(init?.body));
    return globalThis.fetch(input, init);
  };
  return { asked, system: { fetch } };
}

const options = (more: Partial<ClientOptions> & Pick<ClientOptions, 'clientId'>): ClientOptions => ({
  platformUrl: world.platform.url,
  authentication: 'none',
  ...more,
});

async function confidential(more: Partial<ClientOptions> = {}) {
  const { id: clientId, secret } = await world.makeClient({
    authentication: 'client_secret_basic',
    grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
  });
  return openClient(options({ clientId, authentication: { secret }, ...more }));
}

/** Until the gateway knows the client. */
async function passing(send: () => Promise<Response>): Promise<Response> {
  for (;;) {
    const response = await send();
    if (response.status === 200) return response;
    assert.ok([401, 403].includes(response.status), await response.text());
  }
}

test('installation tokens are asked for once, however many need one, and kept; the service knows who calls', async () => {
  const { asked, system } = counting();
  const client = await confidential({ system });
  const source = client.installation('shop');
  await passing(() => source.fetch(`${world.api}/orders`));
  const tokens = await Promise.all(Array.from({ length: 20 }, () => client.installation('shop').token()));
  assert.equal(new Set(tokens).size, 1);
  assert.deepEqual(tokens[0]?.scopes, [scope]);
  assert.equal(asked.length, 1);
  const caller = calls.at(-1);
  assert.deepEqual(
    [caller?.tenant, caller?.installation, caller?.scopes, caller?.user],
    [world.shop, world.installation, ['read'], undefined],
  );
  assert.match(caller?.app ?? '', /^app_/);
});

test('a token that is over is asked for anew, shortly before its end', async () => {
  const { asked, system } = counting();
  let nowMs = Date.now();
  const source = (await confidential({ system: { ...system, now: () => nowMs } })).installation(world.shop);
  const first = await source.token();
  nowMs = first.expiresAtMs - 21_000;
  assert.equal(await source.token(), first);
  nowMs += 2000;
  assert.notEqual((await source.token()).text, first.text);
  assert.equal(asked.length, 2);
});

test('a token that the gateway refuses before its end is replaced, and the call made once more', async () => {
  const { asked, system } = counting();
  const source = (await confidential({ system })).installation('shop');
  await passing(() => source.fetch(`${world.api}/orders`));
  // A gateway that has not heard of the installation yet refuses the first token.
  const { length } = asked;
  const sent: string[] = [];
  const broken = openClient(
    options({
      clientId: 'any',
      system: {
        fetch: (input, init) => {
          if (!(input instanceof Request)) return stolen(String(input));
          sent.push(input.headers.get('authorization') ?? '');
          return fetch(input, init);
        },
      },
    }),
  ).installation('shop');
  const stolen = async (url: string): Promise<Response> => {
    if (!url.endsWith('/token')) return fetch(url);
    const { text } = await source.token();
    const [head, body] = text.split('.');
    const given = sent.length === 0 ? `${head}.${body}.${'A'.repeat(86)}` : text;
    return Response.json({ access_token: given, token_type: 'Bearer', expires_in: 300 });
  };
  const answer = await broken.fetch(`${world.api}/orders`, { method: 'POST', body: 'twelve bytes' });
  assert.deepEqual([answer.status, await answer.text(), sent.length], [200, '12', 2]);
  assert.equal(asked.length, length);
});

test('a tenant that has not installed the app is refused by name, and the refusal is not kept', async () => {
  const { asked, system } = counting();
  const source = (await confidential({ system })).installation('acme');
  const refused = (error: unknown): boolean => error instanceof TokenError && error.code === 'invalid_target';
  await assert.rejects(source.token(), refused);
  await assert.rejects(source.token(), refused);
  assert.equal(asked.length, 2);
});

test('private_key_jwt, with tokens that are bound to a key and proven at each call', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
  const { id: clientId } = await world.makeClient({
    authentication: 'private_key_jwt',
    grant_types: ['client_credentials'],
    jwks: { keys: [jwk] },
    dpop_bound: true,
  });
  const authentication = { privateKey, keyId: 'k1', algorithm: 'ES256' };
  const source = openClient(options({ clientId, authentication, proofKey: await generateProofKey() })).installation(
    'shop',
  );
  const { type, text } = await source.token();
  assert.equal(type, 'DPoP');
  await passing(() => source.fetch(`${world.api}/orders?page=2#here`));
  assert.equal(calls.at(-1)?.tenant, world.shop);
  for (const method of ['GET', 'POST', 'DELETE']) {
    const init = method === 'POST' ? { method, body: 'content' } : { method };
    assert.equal((await source.fetch(`${world.api}/orders`, init)).status, 200, method);
  }
  const headers = { authorization: `Bearer ${text}` };
  assert.equal((await fetch(`${world.api}/orders`, { headers })).status, 401, 'and is of no use without the key');
});

test('a person signs in, and their tokens are renewed with a refresh token that is another one each time', async () => {
  const { id: clientId } = await world.makeClient({
    authentication: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
  });
  const { asked, system } = counting();
  const client = openClient(options({ clientId, system, proofKey: await generateProofKey() }));
  const { url, begun } = await client.beginSignIn({ redirectUri, tenant: world.shop, scopes: [scope] });
  const end = await signInAt(openBrowser(world.platform.url), url, 'owner@shop.test', 'correct horse battery');
  assert.ok(end.url.startsWith(redirectUri), end.text);
  const signedIn = await client.finishSignIn(end.url, begun);
  assert.deepEqual(signedIn.access.scopes, [scope]);
  const kept: string[] = [signedIn.refreshToken ?? ''];
  const source = client.user({
    refreshToken: kept[0] ?? '',
    tenant: world.shop,
    keep: (refreshToken) => void kept.push(refreshToken),
  });
  const before = asked.length;
  const tokens = await Promise.all(Array.from({ length: 10 }, () => source.token()));
  assert.equal(new Set(tokens).size, 1);
  assert.equal(kept.length, 2);
  assert.ok(asked.length - before <= 2, 'one request, and once more with the nonce');
  await passing(() => source.fetch(`${world.api}/orders`));
  assert.deepEqual([calls.at(-1)?.tenant, calls.at(-1)?.user], [world.shop, world.user]);
});

test('an answer to somebody else’s sign-in, or of another issuer, is not redeemed', async () => {
  const client = await confidential();
  const { begun } = await client.beginSignIn({ redirectUri, tenant: 'shop', scopes: [scope] });
  const issuer = encodeURIComponent(world.platform.url);
  const code = async (query: string): Promise<string> => {
    const error: unknown = await client.finishSignIn(`${redirectUri}?${query}`, begun).catch((one: unknown) => one);
    return error instanceof TokenError ? error.code : String(error);
  };
  assert.equal(await code(`code=x&state=other&iss=${issuer}`), 'state_mismatch');
  assert.equal(await code(`code=x&state=${begun.state}&state=other&iss=${issuer}`), 'state_mismatch');
  assert.equal(await code(`code=x&state=${begun.state}&iss=https%3A%2F%2Fevil.test`), 'issuer_mismatch');
  assert.equal(await code(`code=x&state=${begun.state}`), 'issuer_mismatch');
  assert.equal(await code(`error=access_denied&state=${begun.state}&iss=${issuer}`), 'access_denied');
  assert.equal(await code(`code=x&state=${begun.state}&iss=${issuer}`), 'invalid_grant');
});

test('a platform that calls itself otherwise, or does not answer, is said to be unreachable', async () => {
  const token = (platformUrl: string) =>
    openClient({ ...options({ clientId: 'x' }), platformUrl })
      .installation('shop')
      .token();
  const unreachable = (error: unknown): boolean => error instanceof TokenError && error.code === 'unreachable';
  await assert.rejects(token(world.platform.url.replace('127.0.0.1', 'localhost')), unreachable);
  await assert.rejects(token('http://127.0.0.1:9'), unreachable);
  await assert.rejects(token(world.serviceUrl), unreachable);
});

test('calls signed with an HMAC key and with an Ed25519 key are let in, each signature once', async () => {
  const { privateKey, publicKey } = await generateKeyPair('Ed25519', { extractable: true });
  const { x } = await exportJWK(publicKey);
  const edwards = await world.makeKey({ kind: 'ed25519', public_key: x });
  const hmac = await world.makeKey({ kind: 'hmac-sha256' });
  for (const key of [{ keyId: edwards.keyId, privateKey }, { key: hmac.key }]) {
    const signed = signingFetch(key);
    await passing(() => signed(`${world.api}/orders?of=us&page=1#here`));
    const posted = await signed(`${world.api}/orders`, { method: 'POST', body: 'twelve bytes' });
    assert.deepEqual([posted.status, await posted.text()], [200, '12']);
    const request = await signRequest(new Request(`${world.api}/orders`), key);
    assert.equal((await fetch(request.clone())).status, 200);
    assert.equal((await fetch(request)).status, 401, 'a second time');
    const other = await signRequest(new Request(`${world.api}/orders`, { method: 'POST', body: 'one' }), key);
    const changed = new Request(other, { method: 'POST', body: 'two' });
    assert.equal((await fetch(changed)).status, 400, 'with other content');
  }
  await assert.rejects(signRequest(new Request(world.api), { key: 'tlk_live_short' }), /no key of Tulou/);
});

test('past the gateway there is nothing: no assertion, one of another key, one for another API', async () => {
  const status = async (assertion?: string): Promise<number> => {
    const headers = assertion === undefined ? {} : { 'tulou-assertion': assertion };
    const response = await fetch(`${world.serviceUrl}/orders`, {
      headers: { ...headers, 'tulou-tenant': 'ten_forged' },
    });
    assert.equal(response.headers.get('content-type'), 'application/problem+json');
    await response.text();
    return response.status;
  };
  assert.equal(await status(), 401);
  assert.equal(await status('no.assertion.here'), 401);
  const real = await seenAssertion();
  const [head, body] = real.split('.');
  assert.equal(await status(`${head}.${body}.${'A'.repeat(86)}`), 401);
  const { platformUrl, audience } = { platformUrl: world.platform.url, audience: 'acme/other' };
  await assert.rejects(openAssertions({ platformUrl, audience }).verify(real), { status: 401 });
  const late = openAssertions({ platformUrl, audience: 'acme/orders', system: { now: () => Date.now() + 130_000 } });
  await assert.rejects(late.verify(real), { status: 401 });
  assert.deepEqual(calls, []);
});

/** The assertion that the gateway sends to the service. */
async function seenAssertion(): Promise<string> {
  const headers = { 'x-api-key': (await world.makeKey({})).key };
  const seen = Promise.withResolvers<string>();
  const assertions = openAssertions({ platformUrl: world.platform.url, audience: 'acme/orders' });
  world.serve((request, response) => {
    const { 'tulou-assertion': given } = request.headers;
    if (typeof given === 'string') seen.resolve(given);
    response.end();
  });
  await passing(() => fetch(`${world.api}/orders`, { headers }));
  const answer = forNodeCallers(assertions, (_request, response) => void response.end());
  world.serve((request, response) => void answer(request, response));
  return seen.promise;
}

test('in the style of fetch: the caller, or a problem; keys are read once and outlive the platform’s silence', async () => {
  const assertion = await seenAssertion();
  let reads = 0;
  let isUp = false;
  const counted: typeof fetch = (input, init) => {
    reads += 1;
    return isUp ? fetch(input, init) : Promise.reject(new TypeError('fetch failed', { cause: new Error('away') }));
  };
  const facts = { platformUrl: world.platform.url, audience: 'acme/orders', system: { fetch: counted } };
  const handle = forCallers(openAssertions(facts), (_request, caller) => Response.json(caller));
  const ask = (): Promise<Response> =>
    handle(new Request('http://service.test/orders', { headers: { 'tulou-assertion': assertion } }));
  const away = await ask();
  assert.deepEqual([away.status, away.headers.get('retry-after')], [503, '2']);
  isUp = true;
  const answer = await ask();
  assert.equal(answer.status, 200);
  assert.match(String(((await answer.json()) as Caller).app), /^app_/);
  isUp = false;
  const before = reads;
  for (let n = 0; n < 5; n += 1) assert.equal((await ask()).status, 200);
  assert.equal(reads, before);
  assert.equal((await handle(new Request('http://service.test/orders'))).status, 401);
});

test('what a handler throws is its own affair', async () => {
  const assertion = await seenAssertion();
  const facts = { platformUrl: world.platform.url, audience: 'acme/orders' };
  const handle = forCallers(openAssertions(facts), () => Promise.reject(new Error('mine')));
  const request = new Request('http://service.test/', { headers: { 'tulou-assertion': assertion } });
  await assert.rejects(handle(request), /mine/);
});
