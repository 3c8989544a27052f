/** The attacks of RFC 9700 on authorization requests, each by its section: where one is sent, and what is begun at all. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { basic, formOf, post, refused, requestOf, send } from './attack.ts';
import { type Answer } from './bare.ts';
import { callback, startWorld, type TestClient, type World } from './world.ts';

let world: World;
let app: TestClient;
let other: TestClient;
before(async () => {
  world = await startWorld();
  [app, other] = [await world.makeClient(), await world.makeClient()];
});
after(() => world.stop());

const at = (path: string): string => `${world.issuer}/oauth2/${path}`;
const begin = (wish: Record<string, string>): Promise<Answer> =>
  send(`${at('authorize')}?${formOf({ ...requestOf(world, app), ...wish })}`);
const push = (wish: Record<string, string>): Promise<Answer> =>
  post(at('par'), { ...requestOf(world, app), ...wish }, basic(app));
const script = ['javascript', 'alert(1)'].join(':');

const redirects: Record<string, string> = {
  'another path': `${callback}/x`,
  'no path': 'https://app.example.com',
  'a trailing slash': `${callback}/`,
  'a path traversal': `${callback}/../callback`,
  'an encoded traversal': `${callback}/%2e%2e/callback`,
  'an encoded slash': 'https://app.example.com/%63allback',
  'another case of the path': 'https://app.example.com/Callback',
  'another case of the host': 'https://APP.example.com/callback',
  'another scheme': 'http://app.example.com/callback',
  'another port': 'https://app.example.com:444/callback',
  'the default port': 'https://app.example.com:443/callback',
  'a subdomain': 'https://x.app.example.com/callback',
  'a suffix of the host': 'https://app.example.com.evil.test/callback',
  'a prefix of the host': 'https://evil-app.example.com/callback',
  'the host as user': 'https://app.example.com@evil.test/callback',
  'a user': 'https://evil@app.example.com/callback',
  'a backslash': 'https://evil.test\\@app.example.com/callback',
  'a query': `${callback}?next=https://evil.test`,
  'an empty query': `${callback}?`,
  'a fragment': `${callback}#x`,
  'an empty fragment': `${callback}#`,
  'a space': `${callback} `,
  'a tab inside': 'https://app.exa\tmple.com/callback',
  'a null': `${callback}\0`,
  'a script': `${script}//app.example.com/callback`,
  data: 'data:text/html,https://app.example.com/callback',
  'a wildcard': 'https://*.example.com/callback',
  'no scheme': '//app.example.com/callback',
  'another client’s': 'https://other.example.com/callback',
  empty: '',
};

for (const [what, uri] of Object.entries(redirects)) {
  test(`§4.1 redirect URI with ${what}: no one is sent there, nor anywhere else`, async () => {
    for (const answer of [
      await begin({ redirect_uri: uri }),
      await begin({ redirect_uri: uri, prompt: 'none' }),
      await begin({ redirect_uri: uri, response_type: 'token' }),
    ]) {
      assert.equal(answer.status, 400, answer.text);
      assert.equal(answer.location, undefined);
      assert.doesNotMatch(answer.text, /(?:href|action|src)="[^?"]*evil\.test/, 'nor does the page lead there');
    }
    refused(await push({ redirect_uri: uri }));
  });
}

test('§4.1 a redirect URI must be named, also where there is but one', async () => {
  const { redirect_uri: _, ...rest } = requestOf(world, app);
  const answer = await send(`${at('authorize')}?${formOf(rest)}`);
  assert.deepEqual([answer.status, answer.location], [400, undefined]);
});

for (const type of ['token', 'id_token', 'code token', 'code id_token', 'code id_token token', 'none', '']) {
  test(`§2.1.2 response type "${type}": there is none but code`, async () => {
    const answer = await begin({ response_type: type, nonce: 'n' });
    const to = answer.location === undefined ? undefined : new URL(answer.location);
    if (to !== undefined) assert.equal(to.origin + to.pathname, callback);
    assert.doesNotMatch(answer.location ?? '', /code=|token=/);
    assert.match(`${answer.location ?? ''}${answer.text}`, /unsupported_response_type|invalid_request/);
    refused(await push({ response_type: type, nonce: 'n' }));
  });
}

for (const mode of ['jwt', 'query.jwt', 'web_message', 'okta_post_message', 'cookie'])
  test(`§4.17 response mode "${mode}": there is none that hands a code to a script`, async () => {
    assert.doesNotMatch((await begin({ response_mode: mode })).location ?? '', /interaction|code=/);
  });

for (const [what, wish] of Object.entries({
  'no challenge': { code_challenge: undefined, code_challenge_method: undefined },
  'a plain one': { code_challenge_method: 'plain' },
  'no method, which would mean plain': { code_challenge_method: undefined },
  'a method without challenge': { code_challenge: undefined },
  'another method': { code_challenge_method: 'S512' },
  'a method in another case': { code_challenge_method: 's256' },
  'a challenge of 42 characters': { code_challenge: 'a'.repeat(42) },
  'a challenge of 129 characters': { code_challenge: 'a'.repeat(129) },
  'an empty one': { code_challenge: '' },
})) {
  test(`§2.1.1 PKCE with ${what}: no interaction begins`, async () => {
    const wished = Object.entries({ ...requestOf(world, app), ...wish });
    const fields = wished.filter((pair): pair is [string, string] => pair[1] !== undefined);
    const answer = await send(`${at('authorize')}?${formOf(fields)}`);
    assert.doesNotMatch(answer.location ?? '', /interaction|code=/);
    refused(await post(at('par'), fields, basic(app)), 'invalid_request');
  });
}

test('§2.1 a parameter that comes twice is refused at the authorization endpoint, whichever it is', async () => {
  const good = requestOf(world, app);
  for (const [name, value] of Object.entries(good).filter(([key]) => key !== 'resource')) {
    for (const second of [value, 'other']) {
      const fields: [string, string][] = [...Object.entries(good), [name, second]];
      const answer = await send(`${at('authorize')}?${formOf(fields)}`);
      assert.doesNotMatch(answer.location ?? '', /interaction|code=/, name);
      refused(await post(at('par'), fields, basic(app)), 'invalid_request');
    }
  }
});

test('request objects and addresses of them are refused; only what was pushed here is taken, by who pushed it', async () => {
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ ...requestOf(world, app), redirect_uri: 'https://evil.test/' })).toString('base64url')}.`;
  for (const wish of [
    { request: unsigned },
    { request_uri: 'https://evil.test/request.jwt' },
    { request_uri: `${world.issuer}/request.jwt` },
    { request_uri: 'urn:ietf:params:oauth:request_uri:unknown' },
  ])
    assert.doesNotMatch((await begin(wish)).location ?? '', /interaction|code=|evil/);
  const uri = String((await push({})).said['request_uri']);
  assert.match(uri, /^urn:ietf:params:oauth:request_uri:/);
  const taken = await send(`${at('authorize')}?${formOf({ client_id: other.id, request_uri: uri })}`);
  assert.doesNotMatch(taken.location ?? '', /interaction|code=/);
  refused(await push({ request_uri: uri }));
});
