/** The attacks of RFC 9700, and of those who abuse browsers, on people's pages; each by its section where it has one. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { openPasswords } from '../../src/identity/people/password.ts';
import { systemRandom as random } from '../../src/kernel/random.ts';
import { basic, formOf, post, requestOf, resourceOf, send } from './attack.ts';
import { sendBare, type Answer } from './bare.ts';
import { openBrowser, type Browser, type Page } from './browser.ts';
import { callback, pagesOver, startWorld, type TestClient, type World } from './world.ts';

const password = 'correct horse battery';
let world: World;
let app: TestClient;
before(async () => {
  world = await startWorld(pagesOver);
  app = await world.makeClient();
  const kept = await openPasswords(random).keep(password);
  await run(({ sql }) => sql`update users set secret_password = ${kept}`);
});
after(() => world.stop());
beforeEach(() => run(({ sql }) => sql`delete from sign_in_attempts`));

type Tx = Parameters<Parameters<World['store']['system']>[1]>[0];
const run = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => world.store.system('test', work);

const at = (path: string): string => `${world.issuer}/oauth2/${path}`;
const begin = (browser: Browser, wish: Record<string, string> = {}): Promise<Page> =>
  browser.open(`${at('authorize')}?${formOf({ ...requestOf(world, app), ...wish })}`);
const signIn = (browser: Browser, page: Page, email = 'owner@shop.test'): Promise<Page> =>
  browser.submit(page, { do: 'sign-in', email, password });
/** As far as the page that asks for consent. */
const toConsent = async (browser: Browser, wish: Record<string, string> = {}): Promise<Page> =>
  signIn(browser, await begin(browser, wish));
const tokenIn = ({ text }: Page): string => /name="form_token" value="([^"]+)"/.exec(text)?.[1] ?? '';
const endOf = ({ url }: Page): URLSearchParams => new URL(url).searchParams;

/** oidc-provider's own, which sends a form on and is named in that page's policy by its hash. */
const selfSent =
  /<script>\s*document\.addEventListener\('DOMContentLoaded', function \(\) \{ document\.forms\[0\]\.submit\(\) \}\);\s*<\/script>/;

/** Every kind of page, as a person reaches it. */
async function everyPage(): Promise<Record<string, Page | Answer>> {
  const browser = openBrowser(world.issuer);
  const [login, consent] = [await begin(browser), await toConsent(browser)];
  const device = (await post(at('device/authorize'), { scope: 'openid', resource: resourceOf(world) }, basic(app)))
    .said;
  const enter = await browser.open(at('device'));
  return {
    login,
    consent,
    'login gone wrong': await browser.submit(login, { email: 'x', password: 'y' }),
    'device, enter': enter,
    'device, confirm': await browser.submit(enter, { user_code: String(device['user_code']) }),
    logout: await browser.open(at('end-session')),
    'logout done': await browser.open(at('end-session/success')),
    'a fault of the request': await begin(browser, { redirect_uri: 'https://evil.test/' }),
    'an interaction of nobody': await browser.open(at('interaction/nobody')),
    'no page': await browser.open(`${world.issuer}/account/nothing`),
    invitation: await browser.open(`${world.issuer}/account/invitation`),
    outbox: await browser.open(`${world.issuer}/account/outbox`),
    account: await browser.open(`${world.issuer}/account`),
  };
}

test('§4.16 clickjacking: no page can be framed, run a script, or post to where it likes', async () => {
  for (const [name, { headers, text }] of Object.entries(await everyPage())) {
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /frame-ancestors 'none'/, name);
    assert.match(policy, /default-src 'none'/, name);
    assert.match(policy, /base-uri 'none'/, name);
    assert.doesNotMatch(policy, /unsafe|\*|data:/, name);
    const scripts = /(?:^|; ?)script-src ([^;]+)/.exec(policy)?.[1];
    assert.ok(scripts === undefined || /^'self'$|^'sha256-[^' ]+'$/.test(scripts), `${name}: ${policy}`);
    assert.equal(headers.get('x-frame-options'), 'DENY', name);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', name);
    assert.equal(headers.get('referrer-policy'), 'no-referrer', name);
    assert.match(headers.get('cache-control') ?? '', /no-store/, name);
    assert.doesNotMatch(text.replace(selfSent, ''), /<script(?! src="\/account\/)|\son\w+=|\sstyle=/, name);
  }
});

test('§4.12 what was typed goes to nobody else: after a form the browser is sent on with GET', async () => {
  const browser = openBrowser(world.issuer);
  const login = await begin(browser);
  const fields = { form_token: tokenIn(login), do: 'sign-in', email: 'owner@shop.test', password };
  const answer = await post(login.url, fields, { cookie: browser.cookies(new URL(login.url).pathname) });
  assert.equal(answer.status, 303);
  assert.ok(answer.location?.startsWith(`${world.issuer}/`));
});

test('§4.7 an interaction is of the browser that began it: its address is of no use to another one', async () => {
  const [attacker, victim] = [openBrowser(world.issuer), openBrowser(world.issuer)];
  const begun = await begin(attacker);
  const opened = await victim.open(begun.url);
  assert.equal(opened.status, 400);
  assert.doesNotMatch(opened.text, /type="password"|Till/);
  await toConsent(victim);
  assert.equal((await victim.open(begun.url)).status, 400, 'nor to one that is signed in');
  const uid = begun.url.split('/').at(-1) ?? '';
  const resumed = await victim.open(`${at('authorize')}/${uid}`);
  assert.ok(resumed.status === 400 && !resumed.url.includes('code='), 'nor can it be taken to its end');
});

test('§4.7 a form from elsewhere is not taken: not the sign-in, not the consent, not the logout, not the device', async () => {
  const [victim, attacker] = [openBrowser(world.issuer), openBrowser(world.issuer)];
  const consent = await toConsent(victim);
  const theirs = await toConsent(attacker);
  const cookie = victim.cookies(new URL(consent.url).pathname);
  const good = { form_token: tokenIn(consent), do: 'allow' };
  for (const [fields, headers] of [
    [{ do: 'allow' }, {}],
    [{ ...good, form_token: '' }, {}],
    [{ ...good, form_token: tokenIn(theirs) }, {}],
    [{ ...good, form_token: tokenIn(await begin(victim, { prompt: 'login' })) }, {}],
    [good, { 'sec-fetch-site': 'cross-site' }],
    [good, { 'sec-fetch-site': 'same-site' }],
    [good, { 'content-type': 'text/plain' }],
    [good, { 'content-type': 'multipart/form-data; boundary=x' }],
  ] as const) {
    const { status, location } = await post(consent.url, fields, { cookie, ...headers });
    assert.deepEqual([status, location], [403, undefined], JSON.stringify([fields, headers]));
  }
  for (const path of ['end-session/confirm', 'device']) {
    const { text, status } = await post(at(path), { logout: 'yes', confirm: 'yes' }, { cookie: victim.cookies('/') });
    assert.ok(status >= 400 || /type="hidden"/.test(text), `${path}: ${status} ${text}`);
  }
  assert.ok(endOf(await victim.submit(consent, { do: 'allow' })).has('code'), 'still signed in, and asked once');
});

test('nothing but "allow" allows: what is posted at the consent page without it gives no code', async () => {
  for (const fields of [{}, { do: '' }, { do: 'sign-in', email: 'owner@shop.test', password }, { do: 'ALLOW' }]) {
    const browser = openBrowser(world.issuer);
    const end = await browser.submit(await toConsent(browser, { prompt: 'consent' }), fields);
    assert.ok(!endOf(end).has('code'), JSON.stringify(fields));
  }
});

test('consent is of whom the page named: who has signed in as another meanwhile gives none for them', async () => {
  const browser = openBrowser(world.issuer);
  const asOwner = await toConsent(browser, { prompt: 'consent' });
  assert.match(asOwner.text, /owner@shop\.test/);
  // The person who was signed in is signed out first, by a form that submits itself.
  const change = await signIn(browser, await begin(browser, { prompt: 'login' }), 'viewer@shop.test');
  assert.match((await browser.submit(change)).text, /viewer@shop\.test/);
  const end = await browser.submit(asOwner, { do: 'allow' });
  assert.ok(!endOf(end).has('code'), end.url);
});

test('session fixation: signing in makes a session of another name, and what was before it is worth nothing', async () => {
  const browser = openBrowser(world.issuer);
  const allow = (page: Page): Promise<Page> => browser.submit(page, { do: 'allow' });
  await allow(await toConsent(browser));
  const sessionOf = (): string => /(?:^|; )tulou_session=([^;]+)/.exec(browser.cookies('/'))?.[1] ?? '';
  const before = sessionOf();
  assert.ok(before !== '');
  const again = await signIn(browser, await begin(browser, { prompt: 'login' }));
  assert.ok(endOf(again).has('code') || /Allow Till/.test(again.text));
  assert.notEqual(sessionOf(), before);
  const old = { headers: { cookie: `tulou_session=${before}` } };
  const asked = await send(`${at('authorize')}?${formOf({ ...requestOf(world, app), prompt: 'none' })}`, old);
  assert.match(asked.location ?? '', /error=/);
});

test('a cookie is of no use once it is changed, and scripts and other sites see none', async () => {
  const browser = openBrowser(world.issuer);
  await browser.submit(await toConsent(browser), { do: 'allow' });
  const whole = browser.cookies('/oauth2/authorize');
  const none = `${at('authorize')}?${formOf({ ...requestOf(world, app), prompt: 'none' })}`;
  assert.match((await send(none, { headers: { cookie: whole } })).location ?? '', /code=/);
  const name = 'tulou_session';
  const [, id = ''] = new RegExp(`${name}=([^;]+)`).exec(whole) ?? [];
  const flipped = (id.startsWith('A') ? 'B' : 'A') + id.slice(1);
  for (const cookie of [
    whole.replace(`${name}=${id}`, `${name}=${flipped}`),
    whole.replace(/tulou_session\.sig=[^;]+/, 'tulou_session.sig=AAAA'),
    whole.replace(/;? ?tulou_session\.sig=[^;]+/, ''),
  ])
    assert.match((await send(none, { headers: { cookie } })).location ?? '', /error=login_required/, cookie);
  const first = await sendBare(world.issuer, `/oauth2/authorize?${formOf(requestOf(world, app))}`, {});
  const set = first.headers.getSetCookie();
  assert.ok(set.length > 0);
  for (const line of set) {
    assert.match(line, /httponly/i);
    assert.match(line, /samesite=(?:lax|strict)/i);
    assert.doesNotMatch(line, /domain=/i);
  }
});

const hostile = `"><img src=x onerror=alert(1)><script>alert(1)</script>'\`\${7*7}{{7*7}}&lt;\u202e`;

test('what others have named is text on every page: apps, tenants, scopes, people, and all that a request brings', async () => {
  const title = JSON.stringify({ en: hostile, zh: hostile });
  await run(async ({ sql }) => {
    await sql`update apps set name = ${hostile}`;
    await sql`update tenants set name = ${hostile}`;
    await sql`update scopes set title = ${title}::text::jsonb, description = ${title}::text::jsonb`;
    await sql`update users set name = ${hostile}`;
  });
  const wish = { login_hint: hostile, state: hostile, ui_locales: hostile, display: hostile, nonce: hostile };
  const browser = openBrowser(world.issuer);
  const login = await begin(browser, wish);
  const answers = {
    login,
    'a wrong address': await browser.submit(login, { do: 'sign-in', email: hostile, password: hostile }),
    consent: await toConsent(browser, { ...wish, prompt: 'consent' }),
    'a fault of the request': await begin(browser, { redirect_uri: hostile, client_id: hostile, scope: hostile }),
    language: await browser.open(`${world.issuer}/account/invitation?lang=${encodeURIComponent(hostile)}`),
    'a path': await browser.open(`${world.issuer}/account/${encodeURIComponent(hostile)}`),
    'a wrong code': await browser.submit(await browser.open(at('device')), { user_code: hostile }),
    'a code in the address': await browser.open(`${at('device')}?user_code=${encodeURIComponent(hostile)}`),
    ...(await everyPage()),
  };
  for (const [name, { text }] of Object.entries(answers)) {
    assert.doesNotMatch(text.replace(selfSent, ''), /<img|<script>|onerror=alert\(1\)>/, name);
  }
  assert.match(answers.consent.text, /&lt;script&gt;/, 'it was there at all');
});

test('§4.11 a choice of language, a logout or a wrong request leads to no other site', async () => {
  const browser = openBrowser(world.issuer);
  const evil = 'https://evil.test/';
  for (const path of [
    `/account/invitation?lang=${evil}&next=${evil}&redirect_uri=${evil}`,
    `/oauth2/end-session?post_logout_redirect_uri=${evil}`,
    `/oauth2/end-session?post_logout_redirect_uri=${evil}&client_id=${app.id}`,
    `/oauth2/end-session?post_logout_redirect_uri=${callback}.evil.test&client_id=${app.id}`,
    `/oauth2/authorize?redirect_uri=${evil}&response_type=code&client_id=${app.id}&prompt=none`,
    `/oauth2/device?user_code=x&redirect_uri=${evil}`,
    '//evil.test/account',
    '/account//evil.test',
    '/\\evil.test',
  ]) {
    const page = await browser.open(world.issuer + path);
    assert.ok(page.url.startsWith(world.issuer), page.url);
    assert.doesNotMatch(page.text, /href="(?:https?:)?\/\/evil|action="(?:https?:)?\/\/evil/, path);
  }
});

const lies: Record<string, Record<string, string | string[]>> = {
  Host: { host: 'evil.test' },
  'Host with the issuer’s as user': { host: '127.0.0.1@evil.test' },
  'X-Forwarded-Host': { 'x-forwarded-host': 'evil.test' },
  'several X-Forwarded-Hosts': { 'x-forwarded-host': ['evil.test', 'evil.test'] },
  'X-Forwarded-Proto': { 'x-forwarded-proto': 'https' },
  'X-Forwarded-Port and -Prefix': { 'x-forwarded-port': '666', 'x-forwarded-prefix': '/evil.test' },
  Forwarded: { forwarded: 'for=1.2.3.4;host=evil.test;proto=https' },
  'names of other proxies': { 'x-host': 'evil.test', 'x-original-host': 'evil.test', 'x-original-url': '/evil.test' },
};

for (const [what, headers] of Object.entries(lies)) {
  test(`§4.13 ${what}: whoever sends it does not choose what the issuer is called, nor where anyone is sent`, async () => {
    for (const target of [
      '/.well-known/openid-configuration',
      `/oauth2/authorize?${formOf(requestOf(world, app))}`,
      '/oauth2/device',
      '/account/invitation',
      '/oauth2/jwks',
    ]) {
      const { status, text, headers: answered } = await sendBare(world.issuer, target, headers);
      const all = `${text} ${[...answered].join(' ')}`;
      assert.ok(status < 500 && !all.includes('evil.test') && !all.includes(':666'), `${target}: ${status} ${all}`);
      assert.doesNotMatch(all, /https:\/\/127/, target);
    }
  });
}
