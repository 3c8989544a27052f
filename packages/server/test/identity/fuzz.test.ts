/**
 * Any request at any address of the identity server gets an answer without a failure of ours. The answer repeats no secret of
 * the request's body or headers.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { openPasswords } from '../../src/identity/people/password.ts';
import { systemRandom as random } from '../../src/kernel/random.ts';
import { authorize, basic, formOf, post, requestOf, resourceOf } from './attack.ts';
import { sendBare } from './bare.ts';
import { openBrowser } from './browser.ts';
import { deviceGrant, exchangeGrant, pagesOver, startWorld, type TestClient, type World } from './world.ts';

const password = 'correct horse battery';
const runs = Number(process.env['TULOU_TEST_FUZZ_RUNS'] ?? 400);
let world: World;
let app: TestClient;
/** Valid values of every kind, used in the right places and in wrong ones. */
let good: readonly string[];
let secrets: readonly string[];
let cookies: readonly string[];

before(async () => {
  world = await startWorld(pagesOver);
  app = await world.makeClient();
  const kept = await openPasswords(random).keep(password);
  await world.store.system('test', ({ sql }) => sql`update users set secret_password = ${kept}`);
  const tokens = await signIn();
  const at = (path: string): string => `${world.issuer}/oauth2/${path}`;
  const { said: device } = await post(at('device/authorize'), { scope: 'openid' }, basic(app));
  const { said: pushed } = await post(at('par'), requestOf(world, app), basic(app));
  secrets = [app.secret, password, tokens.refresh, String(device['device_code'])];
  good = [
    ...[...secrets, tokens.access, tokens.id, String(device['user_code']), String(pushed['request_uri'])],
    ...Object.values(requestOf(world, app)),
    ...[
      'authorization_code',
      'refresh_token',
      'client_credentials',
      deviceGrant,
      exchangeGrant,
      'none',
      'login',
      'yes',
    ],
    ...[
      'owner@shop.test',
      'sign-in',
      'allow',
      'deny',
      'urn:ietf:params:oauth:token-type:access_token',
      'urn:tulou:acr:2',
    ],
  ];
});
after(() => world.stop());

async function signIn(): Promise<{ access: string; refresh: string; id: string }> {
  const browser = openBrowser(world.issuer);
  const login = await browser.open(`${world.issuer}/oauth2/authorize?${formOf(requestOf(world, app))}`);
  const consent = await browser.submit(login, { do: 'sign-in', email: 'owner@shop.test', password });
  const end = new URL((await browser.submit(consent, { do: 'allow' })).url).searchParams;
  cookies = [browser.cookies('/oauth2/authorize'), browser.cookies('/account'), ''];
  const { said } = await post(
    `${world.issuer}/oauth2/token`,
    {
      grant_type: 'authorization_code',
      code: end.get('code') ?? '',
      redirect_uri: requestOf(world, app)['redirect_uri'] ?? '',
      code_verifier: 'attack-'.repeat(7),
    },
    basic(app),
  );
  return { access: String(said['access_token']), refresh: String(said['refresh_token']), id: String(said['id_token']) };
}

const paths = [
  ...['authorize', 'token', 'par', 'jwks', 'introspect', 'revoke', 'userinfo', 'device', 'device/authorize'],
  ...['end-session', 'end-session/confirm', 'end-session/success', 'interaction/x', 'authorize/x', 'device/x'],
].map((path) => `/oauth2/${path}`);
const pages = [
  ...['', '/invitation', '/sign-up', '/reset', '/federation', '/install', '/apps', '/outbox', '/password', '/passkeys'],
  ...[
    '/authenticator',
    '/recovery-codes',
    '/sessions',
    '/email',
    '/signed-in',
    '/style-x.css',
    '/passkey.js',
    '/nothing',
  ],
].map((path) => `/account${path}`);
const wellKnown = ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server'];

const names = [
  ...[
    'client_id',
    'client_secret',
    'redirect_uri',
    'response_type',
    'response_mode',
    'scope',
    'state',
    'nonce',
    'prompt',
  ],
  ...[
    'max_age',
    'acr_values',
    'login_hint',
    'id_token_hint',
    'ui_locales',
    'display',
    'claims',
    'request',
    'request_uri',
  ],
  ...['resource', 'code', 'code_challenge', 'code_challenge_method', 'code_verifier', 'grant_type', 'refresh_token'],
  ...[
    'device_code',
    'user_code',
    'token',
    'token_type_hint',
    'client_assertion',
    'client_assertion_type',
    'subject_token',
  ],
  ...['subject_token_type', 'actor_token', 'audience', 'requested_token_type', 'authorization_details', 'access_token'],
  ...[
    'post_logout_redirect_uri',
    'logout',
    'xsrf',
    'confirm',
    'abort',
    'form_token',
    'do',
    'email',
    'password',
    'name',
  ],
  ...[
    'secret',
    'tenant',
    'invitation',
    'app',
    'scopes',
    'lang',
    'interaction',
    'fresh',
    'credential',
    'otp',
    'id',
    '__proto__',
  ],
];

const value = fc.oneof(
  { weight: 4, arbitrary: fc.nat(1000).map((n) => good[n % good.length] ?? '') },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  fc.constantFrom(
    '',
    '\0',
    '%',
    '[]',
    '{}',
    'null',
    '-1',
    '1e400',
    '9'.repeat(400),
    'a'.repeat(5000),
    '../..',
    '\u{1f600}',
    '\ud800',
  ),
  fc.jsonValue({ maxDepth: 2 }).map((one) => JSON.stringify(one)),
  fc.tuple(fc.nat(1000), fc.nat(40), fc.string({ maxLength: 3 })).map(([n, at, text]) => {
    const whole = good[n % good.length] ?? '';
    return whole.slice(0, at) + text + whole.slice(at + text.length);
  }),
);
const fields = fc.array(
  fc.tuple(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, fc.string({ maxLength: 8 })), value),
  {
    maxLength: 10,
  },
);
const visible = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 3000);
const header = fc.oneof(
  fc.constant(undefined),
  fc.tuple(fc.constantFrom('Basic ', 'Bearer ', 'DPoP ', ''), value).map(([scheme, text]) => scheme + visible(text)),
);

const request = fc.record({
  path: fc.oneof(
    fc.constantFrom(...paths, ...pages, ...wellKnown),
    fc.webPath({ size: 'small' }).map((one) => `/oauth2${one}`),
  ),
  query: fields,
  body: fc.option(fields, { nil: undefined }),
  type: fc.constantFrom(
    undefined,
    undefined,
    undefined,
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=x',
    'x',
  ),
  authorization: fc.oneof(header, fc.constant('client')),
  dpop: fc.option(value, { nil: undefined }),
  session: fc.nat(2),
});

test('any request is answered, by no failure of ours, and no secret comes back', async () => {
  await fc.assert(
    fc.asyncProperty(request, async ({ path, query, body, type, authorization, dpop, session }) => {
      const headers: Record<string, string> = {
        ...(authorization === undefined ? {} : authorization === 'client' ? basic(app) : { authorization }),
        ...(dpop === undefined ? {} : { dpop: visible(dpop) }),
        ...(type === undefined || body === undefined ? {} : { 'content-type': type }),
        ...((cookies[session] ?? '') === '' ? {} : { cookie: cookies[session] ?? '' }),
      };
      const target = `${path}?${formOf(query)}`.slice(0, 6000);
      const answer = await sendBare(world.issuer, target, headers, body === undefined ? undefined : formOf(body));
      assert.ok(answer.status < 500, `${answer.status} ${target} ${JSON.stringify(body)} ${answer.text}`);
      const said = `${answer.text} ${[...answer.headers].join(' ')}`;
      // A value in the address is visible already; the link to the other language repeats it.
      const kept = secrets.filter((secret) => !target.includes(formOf([['', secret]]).slice(1)));
      for (const secret of isGiving(answer.said) ? [] : kept) assert.ok(!said.includes(secret), `${target}: ${secret}`);
    }),
    { numRuns: runs },
  );
});

/** A token endpoint that did its work. */
const isGiving = (said: Readonly<Record<string, unknown>>): boolean => 'access_token' in said || 'device_code' in said;

test('a null character is no failure of ours, wherever it stands', async () => {
  const browser = openBrowser(world.issuer);
  const statuses: number[] = [];
  for (const name of names)
    for (const path of [
      '/account/install',
      '/account/apps',
      '/account/federation',
      '/account/invitation',
      '/account/sign-up',
    ]) {
      const { status } = await sendBare(world.issuer, `${path}?${formOf([[name, 'a\0']])}`, {
        cookie: cookies[1] ?? '',
      });
      statuses.push(status);
    }
  for (const wish of [
    { resource: 'urn:tulou:tenant:a\0' },
    { login_hint: '\0' },
    { client_id: '\0' },
    { scope: 'openid a\0' },
  ]) {
    const fields = { ...requestOf(world, app), grant_type: 'client_credentials', ...wish };
    statuses.push((await sendBare(world.issuer, `/oauth2/authorize?${formOf(fields)}`, {})).status);
    statuses.push((await post(`${world.issuer}/oauth2/token`, fields, basic(app))).status);
  }
  const login = await browser.open(`${world.issuer}/oauth2/authorize?${formOf(requestOf(world, app))}`);
  statuses.push((await browser.submit(login, { do: 'sign-in', email: 'a\0@b.test', password: '\0' })).status);
  const code = await browser.open(`${world.issuer}/account/invitation`);
  statuses.push((await browser.submit(code, { code: 'ten_a\0.inv_b.c' })).status);
  assert.deepEqual(
    [...new Set(statuses)].filter((status) => status >= 500),
    [],
  );
});

test('what was good before is good afterwards', async () => {
  const again = (await authorize(world, app)).get('error');
  assert.equal(again, null, 'the issuer still begins what it is asked for');
  const { status } = await post(
    `${world.issuer}/oauth2/token`,
    { grant_type: 'client_credentials', resource: resourceOf(world) },
    basic(app),
  );
  assert.equal(status, 200);
});
