/**
 * Three issuers of one process: the platform's, and those of two tenants, with one `client_id`, one `kid`, and one person's
 * id and address at all of them. Every credential of one issuer is refused at the others, and stays valid at its own.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { sleep, systemClock as clock } from '../../src/kernel/clock.ts';
import type { IssuerRef } from '../../src/identity/keys/keys.ts';
import { basic, challengeOf, formOf, redemption, verifier } from './attack.ts';
import { sendBare, type Answer } from './bare.ts';
import { openBrowser, type Browser } from './browser.ts';
import { giveClient, insertTwinClients, insertTwins, openTenantIssuer, platformOf, shareKid } from './issuers.ts';
import type { TenantIssuer } from './issuers.ts';
import { agreeAs, callback, deviceGrant, startWorld, type TestClient, type World } from './world.ts';

let world: World;
let platform: IssuerRef;
let alpha: TenantIssuer;
let beta: TenantIssuer;
let client: TestClient;
let twin: string;
before(async () => {
  world = await startWorld(
    () =>
      (message, response, ...rest) =>
        agreeAs(() => twin)(message, response, ...rest).catch(() => void response.writeHead(400).end()),
  );
  platform = platformOf(world);
  alpha = await openTenantIssuer(world, 'alpha');
  beta = await openTenantIssuer(world, 'beta');
  client = await insertTwinClients(world, [alpha, beta]);
  twin = await insertTwins(world, [platform, alpha, beta], 'twin@shop.test');
  await shareKid(world, alpha, beta);
  for (const { issuer } of [alpha, beta])
    while ((await sendBare(issuer, '/oauth2/jwks', {})).status !== 200) await sleep(clock, 20);
});
after(() => world.stop());

/** The client is the tenant's whose issuer it talks to; at the platform's it is alpha's. */
const at = async (to: IssuerRef): Promise<void> => giveClient(world, client.id, to === beta ? beta : alpha);

const post = (to: IssuerRef, path: string, fields: Record<string, string>, headers = {}): Promise<Answer> =>
  sendBare(to.issuer, `/oauth2/${path}`, { ...basic(client), ...headers }, formOf(fields));

const request = (more: Record<string, string> = {}): Record<string, string> => ({
  client_id: client.id,
  response_type: 'code',
  redirect_uri: callback,
  scope: 'openid',
  code_challenge: challengeOf(verifier),
  code_challenge_method: 'S256',
  ...more,
});

const begin = (from: IssuerRef, browser: Browser, more: Record<string, string> = {}) =>
  browser.open(`${from.issuer}/oauth2/authorize?${formOf(request(more))}`);

async function codeOf(from: IssuerRef): Promise<string> {
  const { url } = await begin(from, openBrowser(from.issuer));
  return new URL(url).searchParams.get('code') ?? '';
}

async function tokensOf(from: IssuerRef): Promise<Record<string, string>> {
  const { said } = await post(from, 'token', redemption(await codeOf(from)));
  return said as Record<string, string>;
}

async function sessionOf(from: IssuerRef): Promise<string> {
  const browser = openBrowser(from.issuer);
  await begin(from, browser);
  return browser.cookies('/oauth2/authorize');
}

const askSilently = (to: IssuerRef, cookie: string, more: Record<string, string> = {}): Promise<Answer> =>
  sendBare(to.issuer, `/oauth2/authorize?${formOf(request({ prompt: 'none', ...more }))}`, { cookie });

interface Device {
  readonly device_code: string;
  readonly user_code: string;
}
const deviceOf = async (from: IssuerRef): Promise<Device> =>
  (await post(from, 'device/authorize', { scope: 'openid' })).said as unknown as Device;

const gotToken = ({ status, said }: Answer): boolean => status === 200 && 'access_token' in said;
const gotCode = ({ location }: Answer): boolean => location?.startsWith(`${callback}?code=`) === true;
const isActive = ({ said }: Answer): boolean => said['active'] === true;

interface Artifact {
  readonly make: (from: IssuerRef) => Promise<string>;
  readonly use: (to: IssuerRef, text: string) => Promise<Answer>;
  readonly taken: (answer: Answer) => boolean;
}

const artifacts: Record<string, Artifact> = {
  'an authorization code': {
    make: codeOf,
    use: (to, code) => post(to, 'token', redemption(code)),
    taken: gotToken,
  },
  'a refresh token': {
    make: async (from) => (await tokensOf(from))['refresh_token'] ?? '',
    use: (to, token) => post(to, 'token', { grant_type: 'refresh_token', refresh_token: token }),
    taken: gotToken,
  },
  'an access token for the person’s own data': {
    make: async (from) => (await tokensOf(from))['access_token'] ?? '',
    use: (to, token) => sendBare(to.issuer, '/oauth2/userinfo', { authorization: `Bearer ${token}` }),
    taken: ({ status, said }) => status === 200 && said['sub'] === twin,
  },
  'a refresh token, asked about': {
    make: async (from) => (await tokensOf(from))['refresh_token'] ?? '',
    use: (to, token) => post(to, 'introspect', { token }),
    taken: isActive,
  },
  'an access token for a tenant, asked about': {
    make: async (from) => {
      const fields = {
        grant_type: 'client_credentials',
        resource: `urn:tulou:tenant:${from === beta ? beta.id : alpha.id}`,
      };
      return String((await post(from, 'token', fields)).said['access_token']);
    },
    use: (to, token) => post(to, 'introspect', { token }),
    taken: isActive,
  },
  'a device code that the person has agreed to': {
    make: async (from) => {
      const { device_code: code, user_code: typed } = await deviceOf(from);
      const browser = openBrowser(from.issuer);
      const page = await browser.open(`${from.issuer}/oauth2/device`);
      await browser.submit(await browser.submit(page, { user_code: typed }));
      return code;
    },
    use: (to, code) => post(to, 'token', { grant_type: deviceGrant, device_code: code }),
    taken: gotToken,
  },
  'the code that a device shows': {
    make: async (from) => (await deviceOf(from)).user_code,
    use: async (to, code) => {
      const browser = openBrowser(to.issuer);
      const { status, headers, text } = await browser.submit(await browser.open(`${to.issuer}/oauth2/device`), {
        user_code: code,
      });
      return { status, headers, text, location: undefined, said: {} };
    },
    taken: ({ text }) => /name="confirm"/.test(text),
  },
  'a pushed request': {
    make: async (from) => String((await post(from, 'par', request())).said['request_uri']),
    use: (to, uri) =>
      sendBare(to.issuer, `/oauth2/authorize?${formOf({ client_id: client.id, request_uri: uri })}`, {}),
    taken: ({ location }) => location?.includes('/oauth2/interaction/') === true,
  },
  'a session': {
    make: sessionOf,
    use: (to, cookie) => askSilently(to, cookie),
    taken: gotCode,
  },
  'an ID token as a hint who it is': {
    make: async (from) => (await tokensOf(from))['id_token'] ?? '',
    use: async (to, token) => askSilently(to, await sessionOf(to), { id_token_hint: token }),
    taken: gotCode,
  },
  'an interaction that has begun': {
    make: async (from) => {
      const { location, headers } = await sendBare(from.issuer, `/oauth2/authorize?${formOf(request())}`, {});
      const cookies = headers.getSetCookie().map((line) => line.split(';', 1)[0] ?? '');
      return JSON.stringify([new URL(location ?? '', from.issuer).pathname, cookies.join('; ')]);
    },
    use: (to, text) => {
      const [path = '', cookie = ''] = JSON.parse(text) as string[];
      return sendBare(to.issuer, path, { cookie });
    },
    taken: ({ status }) => status === 303,
  },
};

for (const [name, { make, use, taken }] of Object.entries(artifacts)) {
  test(`${name} of one issuer is worth nothing at any other, and as much as before at its own`, async () => {
    for (const from of [platform, alpha, beta]) {
      await at(from);
      const text = await make(from);
      assert.ok(text !== '' && text !== 'undefined', from.issuer);
      for (const to of [platform, alpha, beta].filter((one) => one !== from)) {
        await at(to);
        const answer = await use(to, text);
        assert.ok(
          !taken(answer),
          `of ${from.issuer} at ${to.issuer}: ${answer.status} ${answer.location} ${answer.text}`,
        );
        assert.ok(answer.status < 500, answer.text);
      }
      await at(from);
      const own = await use(from, text);
      assert.ok(taken(own), `of ${from.issuer}: ${own.status} ${own.location} ${own.text}`);
    }
  });
}

test('a tenant’s issuer gives tokens for its own tenant only, and none for the control API', async () => {
  for (const [from, clientOf, resource] of [
    [alpha, alpha, `urn:tulou:tenant:${beta.id}`],
    [alpha, alpha, 'urn:tulou:tenant:beta'],
    [alpha, alpha, `urn:tulou:tenant:${world.tenant.id}`],
    [alpha, alpha, `${world.issuer}/api`],
    [alpha, alpha, `${alpha.issuer}/api`],
    [beta, beta, `urn:tulou:tenant:${alpha.id}`],
    [platform, alpha, `urn:tulou:tenant:${beta.id}`],
    [platform, alpha, `${world.issuer}/api`],
  ] as const) {
    await at(clientOf);
    const answer = await post(from, 'token', { grant_type: 'client_credentials', resource });
    assert.deepEqual([answer.status, answer.said['error']], [400, 'invalid_target'], `${from.issuer} ${resource}`);
  }
});

test('an app that another tenant has installed gets tokens for it at the platform only, not at its developer’s issuer', async () => {
  await at(alpha);
  await world.store.system(
    'test',
    ({
      sql,
    }) => sql`insert into installations (tenant_id, id, developer, developer_slug, app_id, app_slug, app_name, scopes,
      state, granted_by, created_at, updated_at) select ${beta.tenantUuid}, 'ins_guest', developer, developer_slug, app_id,
      app_slug, app_name, scopes, state, granted_by, created_at, updated_at from installations where id = ${alpha.installation}`,
  );
  const fields = { grant_type: 'client_credentials', resource: `urn:tulou:tenant:${beta.id}` };
  assert.equal((await post(platform, 'token', fields)).status, 200);
  assert.equal((await post(alpha, 'token', fields)).said['error'], 'invalid_target');
  assert.ok((await post(beta, 'token', fields)).status >= 400);
});

test('one client, two issuers: each answer says whose it is, also where it says no', async () => {
  await at(alpha);
  for (const from of [platform, alpha]) {
    for (const more of [{}, { scope: 'openid', prompt: 'none' }]) {
      const { url } = await begin(from, openBrowser(from.issuer), more);
      assert.equal(new URL(url).searchParams.get('iss'), from.issuer, url);
    }
  }
});

test('RFC 9700 §4.4 mix-up: a client that has begun at one issuer does not take the other’s answer, whatever it says', async () => {
  await at(alpha);
  const metadata = (issuer: string) => ({ issuer, authorization_response_iss_parameter_supported: true });
  for (const [begun, other] of [
    [alpha, platform],
    [platform, alpha],
  ] as const) {
    const { url } = await begin(other, openBrowser(other.issuer), { state: 'one' });
    const judge = (parameters: URLSearchParams) =>
      oauth.validateAuthResponse(metadata(begun.issuer), { client_id: client.id }, parameters, 'one');
    assert.throws(() => judge(new URL(url).searchParams), /"iss"/);
    const without = new URL(url).searchParams;
    without.delete('iss');
    assert.throws(() => judge(without), /"iss"/);
    assert.throws(() => judge(new URL(`${url}&iss=${encodeURIComponent(begun.issuer)}`).searchParams), /"iss"/);
    const own = new URL((await begin(begun, openBrowser(begun.issuer), { state: 'one' })).url).searchParams;
    assert.equal(judge(own).get('code'), own.get('code'));
  }
});

test('a host that is nobody’s has no issuer, however it is spelled', async () => {
  for (const host of ['gamma.test', 'alpha.test.evil.test', 'evil.test', 'alpha.test.', '127.0.0.1.evil.test']) {
    const answer = await sendBare(world.issuer, '/.well-known/openid-configuration', { host });
    assert.ok([400, 404, 421].includes(answer.status), `${host}: ${answer.status} ${answer.text}`);
    assert.doesNotMatch(answer.text, /issuer"/);
  }
});
