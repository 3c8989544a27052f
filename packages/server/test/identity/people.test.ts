/** People at the pages: sign-in, consent, invitations; over HTTP, with a minimal browser. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { calculatePKCECodeChallenge, randomPKCECodeVerifier } from 'openid-client';
import { formatCredential, parseCredential } from '@tulou/contract/credentials';
import { openPasswords } from '../../src/identity/people/password.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { sha256 } from '../../src/kernel/hash.ts';
import { newId, systemRandom as random } from '../../src/kernel/random.ts';
import { openBrowser, type Browser, type Page } from './browser.ts';
import { callback, pagesOver, startWorld, type TestClient, type World } from './world.ts';
import { nilTenant } from '../../src/tenancy/nil-tenant.ts';

const password = 'correct horse battery';
let world: World;
let client: TestClient;

before(async () => {
  world = await startWorld(pagesOver);
  client = await world.makeClient();
  const kept = await openPasswords(random).keep(password);
  await run(({ sql }) => sql`update users set secret_password = ${kept}`);
  const title = (en: string, zh: string): string => JSON.stringify({ en, zh });
  await run(
    ({ sql }) => sql`update scopes set title = ${title('Pay <b>back</b>', '退款')}::text::jsonb where name = 'refund'`,
  );
});
after(() => world.stop());
beforeEach(() => run(({ sql }) => sql`delete from sign_in_attempts`));

type Tx = Parameters<Parameters<World['store']['system']>[1]>[0];
const run = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => world.store.system('test', work);

async function begin(browser: Browser, more: Record<string, string> = {}): Promise<Page> {
  const challenge = await calculatePKCECodeChallenge(randomPKCECodeVerifier());
  const query = new URLSearchParams({
    client_id: client.id,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid acme/orders:read acme/orders:refund',
    resource: `urn:tulou:tenant:${world.tenant.id}`,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...more,
  });
  return browser.open(`${world.issuer}/oauth2/authorize?${query.toString()}`);
}

const signIn = (browser: Browser, page: Page, given: Record<string, string> = {}): Promise<Page> =>
  browser.submit(page, { do: 'sign-in', email: 'owner@shop.test', password, ...given });

test('sign-in, consent, and back to the app with a code', async () => {
  const browser = openBrowser(world.issuer);
  const first = await begin(browser);
  assert.match(first.text, /<h1>Sign in<\/h1>/);
  const consent = await signIn(browser, first);
  assert.match(consent.text, /Allow Till\?/);
  assert.match(consent.text, /made by maker, asks to act for you in shop/);
  assert.match(consent.text, /High risk/);
  assert.match(consent.text, /Pay &lt;b&gt;back&lt;\/b&gt;/);
  const end = new URL((await browser.submit(consent, { do: 'allow' })).url);
  assert.equal(end.origin + end.pathname, callback);
  assert.ok(end.searchParams.has('code'));
  assert.equal(end.searchParams.get('iss'), world.issuer);
  // A scope that was allowed before is not requested again.
  assert.ok(new URL((await begin(browser)).url).searchParams.has('code'));
});

test('who does not agree goes back to the app without a code, from either page', async () => {
  const browser = openBrowser(world.issuer);
  for (const page of [await begin(browser), await signIn(browser, await begin(browser, { prompt: 'consent' }))]) {
    const { searchParams } = new URL((await browser.submit(page, { do: 'deny' })).url);
    assert.deepEqual([searchParams.get('error'), searchParams.has('code')], ['access_denied', false]);
  }
});

test('a wrong password and an unknown address are the same page', async () => {
  const seen = await Promise.all(
    ['owner@shop.test', 'nobody@shop.test'].map(async (email) => {
      const browser = openBrowser(world.issuer);
      const page = await signIn(browser, await begin(browser), { email, password: 'not this one' });
      return [page.status, page.text.replace(/name="form_token" value="[^"]+"/, '').replaceAll(email, '')];
    }),
  );
  assert.equal(seen[0]?.[0], 422);
  assert.deepEqual(seen[0], seen[1]);
  assert.match(String(seen[0]?.[1]), /role="alert".*href="#password"/s);
});

test('after five wrong passwords the right one waits too', async () => {
  const browser = openBrowser(world.issuer);
  let page = await begin(browser);
  for (let i = 0; i < 5; i += 1) page = await signIn(browser, page, { password: 'wrong' });
  const blocked = await signIn(browser, page);
  assert.equal(blocked.status, 429);
  assert.match(blocked.headers.get('retry-after') ?? '', /^\d+$/);
});

test('who is no member of the tenant is told so, and gets no code', async () => {
  await run(({ sql }) => sql`update members set user_id = null where user_id = ${world.viewer}`);
  const browser = openBrowser(world.issuer);
  const page = await signIn(browser, await begin(browser), { email: 'viewer@shop.test' });
  assert.equal(page.status, 403);
  assert.match(page.text, /no member of the tenant/);
  await run(
    ({ sql }) =>
      sql`update members set user_id = ${world.viewer} where tenant_id = ${world.tenant.uuid} and email = 'viewer@shop.test'`,
  );
});

test('a member who may only look allows what is of low risk; for anything else there is an admin to ask', async () => {
  const browser = openBrowser(world.issuer);
  const consent = await signIn(browser, await begin(browser), { email: 'viewer@shop.test' });
  assert.match(consent.text, /able to.*acme\/orders:read.*Only an admin can allow it to.*acme\/orders:refund/s);
  assert.equal(consent.text.match(/acme\/orders:refund/g)?.length, 1);
});

test('a form without its token, with the token of another browser, or from another site is not taken', async () => {
  const [browser, other] = [openBrowser(world.issuer), openBrowser(world.issuer)];
  const [page, foreign] = [await begin(browser), await begin(other)];
  const token = /name="form_token" value="([^"]+)"/;
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    cookie: browser.cookies(new URL(page.url).pathname),
  };
  const send = (formToken: string, more: Record<string, string> = {}) =>
    fetch(page.url, {
      method: 'POST',
      redirect: 'manual',
      headers: { ...headers, ...more },
      body: new URLSearchParams({
        form_token: formToken,
        do: 'sign-in',
        email: 'owner@shop.test',
        password,
      }).toString(),
    });
  const own = token.exec(page.text)?.[1] ?? '';
  for (const answer of [
    await send(''),
    await send(token.exec(foreign.text)?.[1] ?? ''),
    await send(own, { 'sec-fetch-site': 'cross-site' }),
  ])
    assert.deepEqual([answer.status, answer.headers.get('location')], [403, null]);
  assert.equal((await send(own, { 'sec-fetch-site': 'same-origin' })).status, 303);
});

test('an interaction of another browser shows nothing of it', async () => {
  const page = await begin(openBrowser(world.issuer));
  const stolen = await openBrowser(world.issuer).open(page.url);
  assert.equal(stolen.status, 400);
  assert.doesNotMatch(stolen.text, /Till/);
});

test('pages run no script, are framed by nobody, kept by nobody, and lead to the app only', async () => {
  const { headers, text } = await begin(openBrowser(world.issuer));
  assert.equal(
    headers.get('content-security-policy'),
    "default-src 'none'; style-src 'self'; form-action 'self' https://app.example.com; base-uri 'none'; frame-ancestors 'none'",
  );
  assert.equal(headers.get('cache-control'), 'no-store');
  assert.doesNotMatch(text, /<script|style=|javascript:/);
  for (const cookie of headers.getSetCookie()) assert.match(cookie, /HttpOnly.*SameSite=Lax/i);
  const stylePath = /href="(\/account\/style-[^"]+)"/.exec(text)?.[1] ?? '';
  const sheet = await fetch(world.issuer + stylePath);
  assert.match(sheet.headers.get('cache-control') ?? '', /immutable/);
  assert.equal(sheet.headers.get('content-type'), 'text/css; charset=utf-8');
});

test('pages speak the language of the browser, or the one that was chosen, from then on', async () => {
  const url = `${world.issuer}/account/invitation`;
  const asked = await fetch(url, { headers: { 'accept-language': 'fr, zh-TW;q=0.8, en;q=0.3' } });
  assert.match(await asked.text(), /<html lang="zh-CN">.*接受邀请/s);
  const browser = openBrowser(world.issuer);
  assert.match((await browser.open(url)).text, /<html lang="en">/);
  await browser.open(`${url}?lang=zh-CN`);
  assert.match((await browser.open(url)).text, /<html lang="zh-CN">/);
});

test('an address that is nobody’s is a page that says so', async () => {
  assert.equal((await fetch(`${world.issuer}/account/nothing`)).status, 404);
});

test('the outbox shows mails to who has the operator token, and to nobody else', async () => {
  const [operator, node] = (['operator', 'node'] as const).map((kind) =>
    formatCredential(kind, '00000000-0000-0000-0000-000000000000', random.bytes(8), random.bytes(32)),
  ) as [string, string];
  const now = new Date(clock.now());
  await run(async ({ sql }) => {
    for (const [kind, text] of Object.entries({ operator, node })) {
      const { id, secret } = parseCredential(text) ?? { id: '', secret: '' };
      await sql`insert into platform_tokens (id, kind, secret_hash, created_at) values (${id}, ${kind}, ${sha256(secret)}, ${now})`;
    }
    await sql`insert into mails (id, recipient, subject, secret_body, created_at, next_at)
      values ('m1', 'ann@shop.test', 'Hello <you>', 'a link', ${now}, ${now})`;
  });
  const browser = openBrowser(world.issuer);
  const page = await browser.open(`${world.issuer}/account/outbox`);
  for (const token of ['', node, operator.replace(/.$/, (last) => (last === '0' ? '1' : '0'))]) {
    const refused = await browser.submit(page, { token });
    assert.equal(refused.status, 422);
    assert.doesNotMatch(refused.text, /ann@shop\.test/);
  }
  const shown = await browser.submit(page, { token: operator });
  assert.match(shown.text, /Hello &lt;you&gt;.*ann@shop\.test.*a link/s);
});

interface Invited {
  readonly code: string;
  readonly member: string;
}

async function invite(email: string, expiresMs = 60_000): Promise<Invited> {
  const [member, invitation] = [newId('member', clock, random), newId('invitation', clock, random)];
  const [secret, now] = [Buffer.from(random.bytes(32)).toString('base64url'), new Date(clock.now())];
  await run(async ({ sql }) => {
    await sql`insert into members (tenant_id, id, email, role, created_at, updated_at)
      values (${world.tenant.uuid}, ${member}, ${email}, 'developer', ${now}, ${now})`;
    await sql`insert into invitations (tenant_id, id, member, secret_hash, expires_at, created_at)
      values (${world.tenant.uuid}, ${invitation}, ${member}, ${sha256(secret)}, ${new Date(now.getTime() + expiresMs)}, ${now})`;
  });
  return { code: `${world.tenant.id}.${invitation}.${secret}`, member };
}

async function open(browser: Browser, code: string): Promise<Page> {
  const page = await browser.open(`${world.issuer}/account/invitation`);
  return browser.submit(page, { code });
}

const userOf = async (member: string): Promise<string | undefined> => {
  const [row] = await run(
    ({ sql }) =>
      sql<
        { user: string | null }[]
      >`select user_id as user from members where tenant_id = ${world.tenant.uuid} and id = ${member}`,
  );
  return row?.user ?? undefined;
};

test('a new person accepts an invitation once, and signs in from then on', async () => {
  const { code, member } = await invite('New@shop.test');
  const browser = openBrowser(world.issuer);
  const page = await open(browser, ` ${code}\n`);
  assert.match(page.text, /Join shop.*Your role: developer/s);
  const short = await browser.submit(page, { name: ' ', password: 'short' });
  assert.equal(short.status, 422);
  assert.match(short.text, /Enter your name.*at least 12 characters/s);
  const done = await browser.submit(short, { name: 'Neu', password });
  assert.match(done.text, /You have joined shop/);
  const user = await userOf(member);
  assert.match(user ?? '', /^usr_/);
  const [entry] = await run(
    ({ sql }) => sql<{ actor: string; operation: string; after: string }[]>`
      select actor, operation, after from audit where tenant_id = ${world.tenant.uuid} and target = ${member}`,
  );
  assert.deepEqual([entry?.actor, entry?.operation], [member, 'members.join']);
  assert.equal((JSON.parse(entry?.after ?? '{}') as { user?: string }).user, user);
  assert.equal((await open(openBrowser(world.issuer), code)).status, 410);
  assert.match((await begin(browser)).text, /Neu \(new@shop\.test\)/, 'joining ends signed in');
  const elsewhere = openBrowser(world.issuer);
  assert.match(
    (await signIn(elsewhere, await begin(elsewhere), { email: 'new@shop.test' })).text,
    /Neu \(new@shop\.test\)/,
  );
});

test('a password that would be tried first, and a name that hides something, are refused', async () => {
  const { code } = await invite('weak@shop.test');
  const browser = openBrowser(world.issuer);
  let page = await open(browser, code);
  for (const [name, typed, said] of [
    ['Ann', 'password1234', /among the first that would be tried/],
    ['Ann', 'shop-shop-2026', /among the first that would be tried/],
    ['Ann Liddell', 'annliddell1865', /among the first that would be tried/],
    ['An\u202En', password, /invisible or unusual characters/],
  ] as const) {
    page = await browser.submit(page, { name, password: typed });
    assert.equal(page.status, 422, typed);
    assert.match(page.text, said);
  }
});

test('the mailed link opens the invitation, and the secret leaves the address at once', async () => {
  const { code } = await invite('link@shop.test');
  const [tenant = '', invitation = '', secret = ''] = code.split('.');
  const link = `${world.issuer}/account/invitation?${new URLSearchParams({ tenant, invitation, secret }).toString()}`;
  const page = await openBrowser(world.issuer).open(link);
  assert.match(page.text, /Join shop/);
  assert.equal(page.url, `${world.issuer}/account/invitation`);
  const bad = await openBrowser(world.issuer).open(link.replace('tenant=ten', 'tenant=nil'));
  assert.equal(bad.status, 410);
});

test('a person who is known accepts with their password, and nobody else can', async () => {
  const now = new Date(clock.now());
  const kept = await openPasswords(random).keep(password);
  const id = newId('user', clock, random);
  await run(
    ({ sql }) => sql`insert into users (tenant_id, id, email, name, locale, secret_password, created_at, updated_at)
    values (${nilTenant}, ${id}, 'known@shop.test', 'Known', 'en', ${kept}, ${now}, ${now})`,
  );
  const { code, member } = await invite('known@shop.test');
  const browser = openBrowser(world.issuer);
  const page = await open(browser, code);
  const wrong = await browser.submit(page, { password: 'another password' });
  assert.deepEqual([wrong.status, await userOf(member)], [422, undefined]);
  await browser.submit(wrong, { password });
  assert.equal(await userOf(member), id);
});

test('an invitation that is expired, replaced, or has another secret opens nothing', async () => {
  const [expired, good] = [await invite('late@shop.test', -1), await invite('good@shop.test')];
  const [tenant, invitation, secret = ''] = good.code.split('.');
  const other = [tenant, invitation, secret.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))].join('.');
  for (const code of [expired.code, other, 'nonsense', '']) {
    const page = await open(openBrowser(world.issuer), code);
    assert.equal(page.status, 410);
    assert.doesNotMatch(page.text, /shop/);
  }
});

test('of many who accept one invitation at once, one joins', async () => {
  const { code, member } = await invite('race@shop.test');
  const pages = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const browser = openBrowser(world.issuer);
      return { browser, page: await open(browser, code) };
    }),
  );
  const ends = await Promise.all(pages.map(({ browser, page }) => browser.submit(page, { name: 'R', password })));
  assert.deepEqual(ends.map(({ status }) => status).toSorted(), [200, 410, 410, 410]);
  assert.ok(await userOf(member));
});
