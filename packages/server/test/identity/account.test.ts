/** A person's account without a script: a second factor at sign-in, a new sign-in before dangerous actions, sessions and apps. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { decodeJwt } from 'jose';
import { calculatePKCECodeChallenge, randomPKCECodeVerifier } from 'openid-client';
import { listArtifactsOf } from '../../src/identity/artifacts/of-account.ts';
import { upsertArtifact } from '../../src/identity/artifacts/rows.ts';
import { openVault } from '../../src/kernel/seal.ts';
import { openPasswords } from '../../src/identity/people/password.ts';
import { codeOf } from '../../src/identity/people/totp.ts';
import { sleep, systemClock as clock } from '../../src/kernel/clock.ts';
import { sha256 } from '../../src/kernel/hash.ts';
import { systemRandom as random } from '../../src/kernel/random.ts';
import { sendBare } from './bare.ts';
import { openBrowser, type Browser, type Page } from './browser.ts';
import { insertTwins, openTenantIssuer, platformOf } from './issuers.ts';
import { callback, masterKey, pagesOver, startWorld, type TestClient, type World } from './world.ts';
import { nilTenant } from '../../src/tenancy/nil-tenant.ts';
import { ofIssuer } from '../../src/identity/scopes.ts';

const password = 'correct horse battery';
const email = 'owner@shop.test';
let world: World;
let client: TestClient;

before(async () => {
  world = await startWorld(pagesOver);
  client = await world.makeClient();
});
after(() => world.stop());
beforeEach(async () => {
  const kept = await openPasswords(random).keep(password);
  await run(async ({ sql }) => {
    await sql`update users set secret_password = ${kept}, disabled_at = null`;
    for (const table of [
      'sign_in_attempts',
      'authenticators',
      'recovery_codes',
      'passkeys',
      'identity_artifacts',
      'mails',
    ])
      await sql`delete from ${sql(table)}`;
  });
});

type Tx = Parameters<Parameters<World['store']['system']>[1]>[0];
const run = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => world.store.system('test', work);

const open = (browser: Browser, path: string): Promise<Page> => browser.open(world.issuer + path);

const signIn = (browser: Browser, page: Page, typed = password, address = email): Promise<Page> =>
  browser.submit(page, { do: 'sign-in', email: address, password: typed });

/** A browser at its account. */
async function atAccount(path = '/account'): Promise<{ browser: Browser; page: Page }> {
  const browser = openBrowser(world.issuer);
  const page = await signIn(browser, await open(browser, path));
  assert.equal(page.url, world.issuer + path);
  return { browser, page };
}

const match = (page: Page, shape: RegExp): string => {
  const [, found = ''] = shape.exec(page.text) ?? [];
  assert.notEqual(found, '', `${String(shape)} is not in ${page.text}`);
  return found;
};

const seedFrom = (page: Page): Buffer => {
  const text = match(page, /<code class="key"[^>]*>([A-Z2-7 ]+)</).replaceAll(' ', '');
  const bits = Array.from(text, (one) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0'));
  return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
};

const stepNow = (): number => Math.floor(Date.now() / 30_000);

/** Sets up an authenticator app. Returns the code for each time step. The code that enabled it, and those before, are used up. */
async function withAuthenticator(): Promise<{ browser: Browser; code: (ahead?: number) => string; codes: string[] }> {
  const { browser, page } = await atAccount('/account/authenticator');
  const seed = seedFrom(page);
  const wrong = await browser.submit(page, { do: 'on', code: '000000' });
  assert.equal(wrong.status, 422);
  assert.deepEqual(seedFrom(wrong), seed);
  const begun = stepNow();
  const on = await browser.submit(wrong, { do: 'on', code: codeOf(seed, begun) });
  assert.equal(on.url, `${world.issuer}/account/recovery-codes`);
  const made = await browser.submit(on);
  const codes = [...made.text.matchAll(/<code>([0-9a-z-]{19})<\/code>/g)].map(([, code = '']) => code);
  assert.equal(codes.length, 10);
  return { browser, code: (ahead = 1) => codeOf(seed, begun + ahead), codes };
}

test('an account is shown to who has signed in, and every page of it leads back to where one wanted to be', async () => {
  const browser = openBrowser(world.issuer);
  const first = await open(browser, '/account/sessions');
  assert.match(first.text, /to go on to your account/);
  const page = await signIn(browser, first);
  assert.equal(page.url, `${world.issuer}/account/sessions`);
  for (const path of ['', '/password', '/passkeys', '/authenticator', '/recovery-codes', '/sessions', '/allowed']) {
    const shown = await open(browser, `/account${path}`);
    assert.deepEqual([shown.status, shown.url], [200, `${world.issuer}/account${path}`]);
    const nobody = await openBrowser(world.issuer).open(shown.url);
    assert.match(nobody.text, /<h1>Sign in<\/h1>/);
  }
});

test('who does not sign in after all is told so; where a sign-in leads is one of our own pages, or nowhere', async () => {
  const browser = openBrowser(world.issuer);
  const denied = await browser.submit(await open(browser, '/account'), { do: 'deny' });
  assert.match(denied.text, /You are not signed in/);
  for (const state of [
    'https://evil.test/account',
    '//evil.test/account',
    '/oauth2/end-session',
    '/account/signed-in',
    '\\evil',
  ]) {
    const query = new URLSearchParams({ code: 'c', state }).toString();
    const answer = await fetch(`${world.issuer}/account/signed-in?${query}`, { redirect: 'manual' });
    assert.deepEqual([answer.status, answer.headers.get('location')], [200, null], state);
  }
});

test('name and language are one’s own to change', async () => {
  const { browser, page } = await atAccount();
  const empty = await browser.submit(page, { name: ' ', language: 'en' });
  assert.equal(empty.status, 422);
  assert.match(empty.text, /Enter your name/);
  const saved = await browser.submit(empty, { name: 'Lin <b>', language: 'zh-CN' });
  assert.match(saved.text, /role="status">Saved\..*Lin &lt;b&gt;/s);
  const [row] = await run(
    ({ sql }) => sql<{ name: string; locale: string }[]>`select name, locale from users where id = ${world.user}`,
  );
  assert.deepEqual({ ...row }, { name: 'Lin <b>', locale: 'zh-CN' });
});

test('how one signs in does not change without a mail that says so', async () => {
  const { browser } = await withAuthenticator();
  await browser.submit(await open(browser, '/account/authenticator'), { do: 'off' });
  await browser.submit(await open(browser, '/account/authenticator'), { do: 'off' });
  await browser.submit(await open(browser, '/account/passkeys'), { remove: 'psk_nobodys' });
  const mails = await run(
    ({ sql }) =>
      sql<{ to: string; body: string }[]>`select recipient as to, secret_body as body from mails order by id`,
  );
  assert.deepEqual(
    mails.map(({ to, body }) => [to, body.split('\n', 1)[0]]),
    [
      [email, 'An authenticator app was set up for your account just now.'],
      [email, 'New recovery codes were made for your account just now.'],
      [email, 'The authenticator app of your account was turned off just now.'],
    ],
  );
});

test('a form of the account that did not come from its page is not taken', async () => {
  const { browser } = await atAccount('/account/recovery-codes');
  const headers = { 'content-type': 'application/x-www-form-urlencoded', cookie: browser.cookies('/account') };
  const answer = await fetch(`${world.issuer}/account/recovery-codes`, {
    method: 'POST',
    headers,
    body: 'form_token=x',
  });
  assert.equal(answer.status, 403);
  const [row] = await run(({ sql }) => sql<{ n: number }[]>`select count(*)::int as n from recovery_codes`);
  assert.equal(row?.n, 0);
});

test('with an authenticator app the password alone lets nobody in, and each code is good once', async () => {
  const { code } = await withAuthenticator();
  const browser = openBrowser(world.issuer);
  const second = await signIn(browser, await open(browser, '/account'));
  assert.match(second.text, /One more step.*owner@shop\.test.*autocomplete="one-time-code"/s);
  assert.match((await open(openBrowser(world.issuer), '/account')).text, /<h1>Sign in<\/h1>/);
  const used = await browser.submit(second, { do: 'totp', code: code(0) });
  assert.deepEqual([used.status, /not right, or was used before/.test(used.text)], [422, true]);
  const entered = await browser.submit(used, { do: 'totp', code: code() });
  assert.equal(entered.url, `${world.issuer}/account`);
  const other = openBrowser(world.issuer);
  const replay = await other.submit(await signIn(other, await open(other, '/account')), { do: 'totp', code: code() });
  assert.equal(replay.status, 422);
});

test('of many who bring one code at once, one comes in', async () => {
  const { code } = await withAuthenticator();
  const seen = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const browser = openBrowser(world.issuer);
      return { browser, page: await signIn(browser, await open(browser, '/account')) };
    }),
  );
  const ends = await Promise.all(seen.map(({ browser, page }) => browser.submit(page, { do: 'totp', code: code() })));
  assert.deepEqual(ends.map(({ status }) => status).toSorted(), [200, 422, 422, 422]);
});

test('a recovery code lets in once, however it is typed; new ones end the old', async () => {
  const { codes } = await withAuthenticator();
  const [first = '', second = ''] = codes;
  const typed = ` ${first.replaceAll('-', ' ').toUpperCase()}`;
  const browser = openBrowser(world.issuer);
  const entered = await browser.submit(await signIn(browser, await open(browser, '/account')), {
    do: 'recovery',
    recovery: typed,
  });
  assert.match(entered.text, /9 left/);
  const other = openBrowser(world.issuer);
  const step = await signIn(other, await open(other, '/account'));
  const again = await other.submit(step, { do: 'recovery', recovery: first });
  assert.deepEqual([again.status, /<details open/.test(again.text)], [422, true]);
  await browser.submit(await open(browser, '/account/recovery-codes'));
  assert.equal((await other.submit(again, { do: 'recovery', recovery: second })).status, 422);
});

test('after five wrong codes the right one waits too, whatever browser it comes from', async () => {
  const { code } = await withAuthenticator();
  const browser = openBrowser(world.issuer);
  let page = await signIn(browser, await open(browser, '/account'));
  for (let i = 0; i < 5; i += 1) page = await browser.submit(page, { do: 'totp', code: '000000' });
  const other = openBrowser(world.issuer);
  const blocked = await other.submit(await signIn(other, await open(other, '/account')), { do: 'totp', code: code() });
  assert.equal(blocked.status, 429);
  assert.match(blocked.headers.get('retry-after') ?? '', /^\d+$/);
});

test('neither the second step nor an unknown one is any use without the password', async () => {
  const { codes, code } = await withAuthenticator();
  const browser = openBrowser(world.issuer);
  const page = await open(browser, '/account');
  for (const form of [
    { do: 'totp', code: code() },
    { do: 'recovery', recovery: codes[0] ?? '' },
    { do: 'passkey', credential: '{}' },
    { do: 'passkey-alone', credential: '{"id":"x","response":{"clientDataJSON":"e30"}}' },
    { do: 'nonsense' },
  ]) {
    const answer = await browser.submit(page, { email, ...form });
    assert.deepEqual([answer.status, /<h1>Sign in<\/h1>/.test(answer.text)], [422, true], form.do);
  }
});

test('whoever stands at the second step can begin anew as somebody else', async () => {
  await withAuthenticator();
  const browser = openBrowser(world.issuer);
  const page = await browser.submit(await signIn(browser, await open(browser, '/account')), { do: 'again' });
  assert.match(page.text, /<h1>Sign in<\/h1>/);
});

/** Changes the person's sessions as if they had begun this much earlier. */
async function age(seconds: number): Promise<void> {
  const vault = openVault(masterKey, random);
  const of = { tenantUuid: nilTenant, kind: 'Session', account: world.user };
  await ofIssuer(world.store, of, async (tx) => {
    for (const { payload } of await listArtifactsOf(tx, of, new Date(), vault)) {
      const older = { ...payload, loginTs: Number(payload['loginTs']) - seconds };
      await upsertArtifact(tx, { ...of, id: String(payload['jti']) }, older, new Date(Date.now() + 60_000), vault);
    }
  });
}

test('what is dangerous asks again after five minutes, form or page; the rest does not', async () => {
  const { browser, page } = await atAccount('/account/password');
  await age(301);
  assert.equal((await open(browser, '/account')).url, `${world.issuer}/account`);
  const asked = await browser.submit(page, { password: 'another password of mine' });
  assert.match(asked.text, /<h1>Sign in<\/h1>.*value="owner@shop\.test"/s);
  const back = await signIn(browser, asked);
  assert.equal(back.url, `${world.issuer}/account/password`);
});

test('a changed password signs all other browsers out, takes back what was allowed in them, and is told by mail', async () => {
  const { browser } = await atAccount('/account/password');
  const { browser: other } = await atAccount();
  const { tokens } = await allow(other, 'openid acme/orders:read');
  const weak = await browser.submit(await open(browser, '/account/password'), { password: 'short' });
  assert.equal(weak.status, 422);
  const done = await browser.submit(weak, { password: 'a new long password' });
  assert.match(done.text, /Your password is changed/);
  assert.match((await open(other, '/account')).text, /<h1>Sign in<\/h1>/);
  assert.equal((await open(browser, '/account')).url, `${world.issuer}/account`);
  const { gid } = decodeJwt(tokens.access_token);
  assert.ok(await world.denied(`grant:${String(gid)}`));
  const mails = await run(
    ({ sql }) => sql<{ subject: string }[]>`select subject from mails where recipient = ${email}`,
  );
  assert.match(mails[0]?.subject ?? '', /password .* was changed/);
  const fresh = openBrowser(world.issuer);
  assert.equal((await signIn(fresh, await open(fresh, '/account'))).status, 422);
  assert.equal((await signIn(fresh, await open(fresh, '/account'), 'a new long password')).status, 200);
});

interface Tokens {
  readonly access_token: string;
  readonly id_token: string;
  readonly refresh_token: string;
}

/** The app of this world asks, the person agrees, and the app gets tokens. */
async function allow(browser: Browser, scope: string, more: Record<string, string> = {}): Promise<{ tokens: Tokens }> {
  const verifier = randomPKCECodeVerifier();
  const resource = `urn:tulou:tenant:${world.tenant.id}`;
  const query = new URLSearchParams({
    client_id: client.id,
    redirect_uri: callback,
    response_type: 'code',
    scope,
    resource,
    code_challenge: await calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...more,
  });
  let page = await open(browser, `/oauth2/authorize?${query.toString()}`);
  if (page.text.includes('type="password"')) page = await signIn(browser, page);
  if (page.text.includes('value="allow"')) page = await browser.submit(page, { do: 'allow' });
  const code = new URL(page.url).searchParams.get('code') ?? '';
  const answer = await fetch(`${world.issuer}/oauth2/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      code_verifier: verifier,
      resource,
    }).toString(),
  });
  assert.equal(answer.status, 200, page.text);
  return { tokens: (await answer.json()) as Tokens };
}

test('sessions are listed with their browser, and can be ended one by one, except this one', async () => {
  const { browser } = await atAccount();
  const { browser: other } = await atAccount();
  const page = await open(browser, '/account/sessions');
  assert.equal(page.text.match(/Unknown browser|node/g)?.length, 3);
  assert.match(page.text, /this browser/);
  const end = match(page, /name="end" value="([\w-]{43})"/);
  const done = await browser.submit(page, { end });
  assert.match(done.text, /role="status">Ended/);
  assert.match((await open(other, '/account')).text, /<h1>Sign in<\/h1>/);
  assert.equal((await open(browser, '/account')).url, `${world.issuer}/account`);
});

test('nobody ends another person’s session', async () => {
  const { browser } = await atAccount();
  const viewer = openBrowser(world.issuer);
  const theirs = await viewer.submit(await open(viewer, '/account/sessions'), {
    do: 'sign-in',
    email: 'viewer@shop.test',
    password,
  });
  const rows = await run(
    ({ sql }) => sql<{ uid: string }[]>`select uid_hash as uid from sign_ins where user_id = ${world.user}`,
  );
  for (const { uid } of rows) await viewer.submit(theirs, { end: uid });
  await viewer.submit(theirs, { end: 'others' });
  assert.equal((await open(browser, '/account')).url, `${world.issuer}/account`);
});

test('what an app was allowed is in words, and taken back it is refused at once', async () => {
  const { browser } = await atAccount();
  const { tokens } = await allow(browser, 'openid offline_access acme/orders:read', { prompt: 'consent' });
  const page = await open(browser, '/account/allowed');
  assert.match(page.text, /Till.*by maker.*Know that you are you/s);
  assert.doesNotMatch(page.text, /Tulou CLI|value="account"/);
  const done = await browser.submit(page, { client: match(page, /name="client" value="([\w]+)"/) });
  assert.match(done.text, /It is taken back.*No app may act for you/s);
  assert.ok(await world.denied(`grant:${String(decodeJwt(tokens.access_token)['gid'])}`));
});

test('ID and access tokens say how and when somebody has signed in', async () => {
  const browser = openBrowser(world.issuer);
  const begun = Math.floor(Date.now() / 1000);
  const { tokens } = await allow(browser, 'openid acme/orders:read');
  const [id, access] = [decodeJwt(tokens.id_token), decodeJwt(tokens.access_token)];
  assert.deepEqual([id['acr'], id['amr']], ['urn:tulou:acr:1', ['pwd']]);
  assert.equal(access['acr'], 'urn:tulou:acr:1');
  assert.ok(Number(id['auth_time']) >= begun && access['auth_time'] === id['auth_time']);
  const { code } = await withAuthenticator();
  const other = openBrowser(world.issuer);
  const step = await signIn(other, await open(other, '/account'));
  await other.submit(step, { do: 'totp', code: code() });
  const { tokens: sure } = await allow(other, 'openid acme/orders:read', { acr_values: 'urn:tulou:acr:2' });
  assert.deepEqual(
    [decodeJwt(sure.id_token)['acr'], decodeJwt(sure.id_token)['amr']],
    ['urn:tulou:acr:2', ['pwd', 'otp', 'mfa']],
  );
});

test('an app that asks for two factors gets them from who has signed in with one, or nothing', async () => {
  const browser = openBrowser(world.issuer);
  await allow(browser, 'openid acme/orders:read');
  const authorize = async (more: Record<string, string>): Promise<Page> => {
    const query = new URLSearchParams({
      client_id: client.id,
      redirect_uri: callback,
      response_type: 'code',
      scope: 'openid',
      acr_values: 'urn:tulou:acr:2',
      code_challenge: await calculatePKCECodeChallenge(randomPKCECodeVerifier()),
      code_challenge_method: 'S256',
      ...more,
    });
    return open(browser, `/oauth2/authorize?${query.toString()}`);
  };
  const silent = new URL((await authorize({ prompt: 'none' })).url);
  assert.equal(silent.searchParams.get('error'), 'unmet_authentication_requirements');
  const asked = await authorize({});
  const short = await signIn(browser, asked);
  assert.deepEqual([short.status, /you have none\. Add one/.test(short.text)], [403, true]);
  const { code } = await withAuthenticator();
  const step = await signIn(browser, short);
  const end = await browser.submit(step, { do: 'totp', code: code() });
  const allowed = end.text.includes('value="allow"') ? await browser.submit(end, { do: 'allow' }) : end;
  assert.ok(new URL(allowed.url).searchParams.has('code'));
});

test('who signs in as another person in the same browser leaves the first one’s session', async () => {
  const { browser } = await atAccount();
  const query = new URLSearchParams({
    client_id: client.id,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid',
    prompt: 'login',
    code_challenge: await calculatePKCECodeChallenge(randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
  });
  const page = await open(browser, `/oauth2/authorize?${query.toString()}`);
  const consent = await browser.submit(page, { do: 'sign-in', email: 'viewer@shop.test', password });
  assert.match(consent.text, /You are viewer \(viewer@shop\.test\)/);
  assert.match((await open(browser, '/account')).text, /viewer@shop\.test/);
  const rows = await run(
    ({ sql }) => sql`select from identity_artifacts where kind = 'Session' and account = ${world.user}`,
  );
  assert.equal(rows.length, 0);
});

test('a person who is disabled sees nothing of their account any more', async () => {
  const { browser } = await atAccount();
  await run(({ sql }) => sql`update users set disabled_at = ${new Date()} where id = ${world.user}`);
  assert.match((await open(browser, '/account')).text, /<h1>Sign in<\/h1>/);
});

test('in the database there is no code and no key that anybody could use', async () => {
  const { codes } = await withAuthenticator();
  const dump = await run(async ({ sql }) => [
    await sql`select * from recovery_codes`,
    await sql`select encode(secret_seed, 'base64') as seed from authenticators`,
  ]);
  const text = JSON.stringify(dump);
  for (const code of codes) {
    assert.ok(!text.includes(code) && !text.includes(code.replaceAll('-', '')));
    assert.ok(!text.includes(sha256(code)));
  }
});

test('two issuers know two accounts of one person: a factor, session or recovery code of one is none of the other', async () => {
  const tenant = await openTenantIssuer(world, 'guild');
  const issuers = [platformOf(world), tenant];
  const twin = await insertTwins(world, issuers, 'twin@shop.test');
  const kept = await openPasswords(random).keep(password);
  await run(({ sql }) => sql`update users set secret_password = ${kept} where id = ${twin}`);
  while ((await sendBare(tenant.issuer, '/oauth2/jwks', {})).status !== 200) await sleep(clock, 20);
  const enter = async ({ issuer }: { readonly issuer: string }, path: string) => {
    const browser = openBrowser(issuer);
    return { browser, page: await signIn(browser, await browser.open(issuer + path), password, 'twin@shop.test') };
  };
  const { browser, page } = await enter(tenant, '/account/authenticator');
  const [seed, begun] = [seedFrom(page), stepNow()];
  const recovery = await browser.submit(page, { do: 'on', code: codeOf(seed, begun) });
  const made = await browser.submit(recovery);
  const code = match(made, /<code>([0-9a-z-]{19})<\/code>/);

  const there = await enter(tenant, '/account');
  assert.match(there.page.text, /One more step/);
  const here = await enter(platformOf(world), '/account');
  assert.equal(here.page.url, `${world.issuer}/account`);
  assert.match(here.page.text, /0 left/);

  // The platform's twin enables one as well: a code of the tenant's issuer is invalid here.
  const own = await here.browser.open(`${world.issuer}/account/authenticator`);
  const on = await here.browser.submit(own, { do: 'on', code: codeOf(seedFrom(own), stepNow()) });
  assert.match(on.url, /recovery-codes$/);
  const step = await enter(platformOf(world), '/account');
  for (const form of [
    { do: 'recovery', recovery: code },
    { do: 'totp', code: codeOf(seed, begun + 1) },
  ])
    assert.equal((await step.browser.submit(step.page, form)).status, 422, form.do);
  assert.equal(
    (await there.browser.submit(there.page, { do: 'recovery', recovery: code })).url,
    `${tenant.issuer}/account`,
  );

  await here.browser.submit(await here.browser.open(`${world.issuer}/account/sessions`), { end: 'others' });
  assert.equal((await browser.open(`${tenant.issuer}/account`)).url, `${tenant.issuer}/account`);
});
