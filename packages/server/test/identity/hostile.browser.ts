/**
 * Chromium between hostile sites and issuers that share it: what other origins can do to our pages, whether sessions of two
 * issuers keep apart, and the pages that send a form on by themselves, which no policy of ours may break.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { IssuerRef } from '../../src/identity/keys/keys.ts';
import { openPasswords } from '../../src/identity/people/password.ts';
import { sleep, systemClock as clock } from '../../src/kernel/clock.ts';
import { systemRandom as random } from '../../src/kernel/random.ts';
import { basic, challengeOf, formOf, post, verifier } from './attack.ts';
import { sendBare } from './bare.ts';
import { launch, look } from './chromium.ts';
import { giveClient, insertTwinClients, insertTwins, openTenantIssuer, platformOf } from './issuers.ts';
import type { TenantIssuer } from './issuers.ts';
import { pagesOver, startWorld, type TestClient, type World } from './world.ts';

const [email, password] = ['twin@shop.test', 'correct horse battery'];
let world: World;
let browser: Browser;
let platform: IssuerRef;
let alpha: TenantIssuer;
let beta: TenantIssuer;
let client: TestClient;
/** The app, and an evil site: whatever it is asked for at `/page` is what `page` is. */
let site: Server;
let app: string;
let evil: string;
let page = '';
let posted = '';

before(async () => {
  world = await startWorld(pagesOver);
  platform = platformOf(world);
  [alpha, beta] = [await openTenantIssuer(world, 'alpha'), await openTenantIssuer(world, 'beta')];
  await insertTwins(world, [platform, alpha, beta], email);
  client = await insertTwinClients(world, [alpha, beta]);
  await giveClient(world, client.id, alpha);
  site = createServer((message, response) => {
    message.setEncoding('utf8').on('data', (chunk: string) => (posted += chunk));
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(message.url === '/page' ? page : '<!doctype html><title>the app</title>the app');
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const { port } = site.address() as AddressInfo;
  [app, evil] = [`http://app.test:${port}/callback`, `http://evil.test:${port}/page`];
  const kept = await openPasswords(random).keep(password);
  await world.store.system('test', async ({ sql }) => {
    await sql`update users set secret_password = ${kept}`;
    await sql`update clients set redirect_uris = ${[app]}, post_logout_redirect_uris = ${[app]} where id = ${client.id}`;
  });
  for (const { issuer } of [alpha, beta])
    while ((await sendBare(issuer, '/oauth2/jwks', {})).status !== 200) await sleep(clock, 20);
  browser = await launch();
});
after(async () => {
  await browser.close();
  site.close();
  site.closeAllConnections();
  await world.stop();
});

const authorizeUrl = ({ issuer }: IssuerRef, more: Record<string, string> = {}): string =>
  `${issuer}/oauth2/authorize?${formOf({
    client_id: client.id,
    response_type: 'code',
    redirect_uri: app,
    scope: 'openid profile',
    state: 'the-state',
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
    ...more,
  })}`;

/** Faults that the browser notes are gathered; a test says which it means to cause. */
async function visit(): Promise<{ context: BrowserContext; tab: Page; faults: string[] }> {
  const context = await browser.newContext({ locale: 'en' });
  const tab = await context.newPage();
  const faults: string[] = [];
  tab.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  tab.on('pageerror', (error) => faults.push(error.message));
  return { context, tab, faults };
}

async function typeIn(tab: Page, who = email): Promise<void> {
  await tab.getByLabel('E-mail').fill(who);
  await tab.getByLabel('Password', { exact: true }).fill(password);
  await tab.getByRole('button', { name: 'Sign in', exact: true }).click();
}

const atApp = (tab: Page): Promise<void> => tab.waitForURL(/^http:\/\/app\.test:\d+\/callback/);
const answered = (tab: Page): URLSearchParams => new URL(tab.url()).searchParams;

async function signIn(tab: Page, at: IssuerRef): Promise<void> {
  await tab.goto(authorizeUrl(at));
  await typeIn(tab);
  await tab.getByRole('button', { name: 'Allow', exact: true }).click();
  await atApp(tab);
}

async function askSilently(tab: Page, at: IssuerRef): Promise<string> {
  await tab.goto(authorizeUrl(at, { prompt: 'none' }));
  await atApp(tab);
  return answered(tab).get('error') ?? (answered(tab).has('code') ? 'code' : 'nothing');
}

test('sessions at three issuers in one browser do not disturb each other, whatever becomes of one', async () => {
  const { context, tab } = await visit();
  const issuers = [platform, alpha, beta];
  for (const one of issuers) {
    await giveClient(world, client.id, one === beta ? beta : alpha);
    assert.equal(await askSilently(tab, one), 'login_required', 'signing in elsewhere was not signing in here');
    await signIn(tab, one);
    assert.equal(answered(tab).get('iss'), one.issuer);
  }
  const silently = async (one: IssuerRef): Promise<string> => {
    await giveClient(world, client.id, one === beta ? beta : alpha);
    return askSilently(tab, one);
  };
  for (const one of [...issuers, ...issuers]) assert.equal(await silently(one), 'code', one.issuer);
  await giveClient(world, client.id, alpha);
  await tab.goto(`${alpha.issuer}/oauth2/end-session`);
  await look(tab, '40-logout-of-alpha');
  await tab.getByRole('button', { name: 'Sign out' }).click();
  await tab.getByRole('heading', { level: 1 }).waitFor();
  assert.deepEqual(
    [await silently(platform), await silently(alpha), await silently(beta)],
    ['code', 'login_required', 'code'],
  );
  const domains = (await context.cookies()).map(({ domain }) => domain);
  assert.ok(
    domains.every((domain) => !domain.startsWith('.')),
    String(domains),
  );
  await context.close();
});

test('another person signs in: the first is signed out on the way, and nobody has to press anything', async () => {
  await giveClient(world, client.id, alpha);
  const { context, tab, faults } = await visit();
  await signIn(tab, platform);
  await tab.goto(authorizeUrl(platform, { prompt: 'login' }));
  await typeIn(tab, 'owner@shop.test');
  await tab.getByText('owner@shop.test').waitFor();
  await tab.getByRole('button', { name: 'Allow', exact: true }).click();
  await atApp(tab);
  assert.ok(answered(tab).has('code'));
  assert.deepEqual(faults, []);
  await context.close();
});

test('response_mode=form_post brings the code to the app by itself', async () => {
  const { context, tab, faults } = await visit();
  await signIn(tab, alpha);
  posted = '';
  await tab.goto(authorizeUrl(alpha, { response_mode: 'form_post' }));
  await atApp(tab);
  const said = new URLSearchParams(posted);
  assert.ok(said.has('code') && said.get('iss') === alpha.issuer, posted);
  assert.deepEqual(faults, []);
  await context.close();
});

test('an address with the code of a device in it asks, and connects nothing by being opened', async () => {
  const { context, tab, faults } = await visit();
  await signIn(tab, platform);
  const fields = { scope: 'openid' };
  const { said } = await post(`${world.issuer}/oauth2/device/authorize`, fields, basic(client));
  await tab.goto(String(said['verification_uri_complete']));
  const code = String(said['user_code']);
  await tab
    .getByText(code)
    .or(tab.locator(`input[value="${code}"]`))
    .first()
    .waitFor();
  await look(tab, '41-device-code-given');
  const poll = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: String(said['device_code']) };
  const pending = await post(`${world.issuer}/oauth2/token`, poll, basic(client));
  assert.equal(pending.said['error'], 'authorization_pending');
  assert.deepEqual(faults, []);
  await context.close();
});

test('no other site can show our pages in a frame', async () => {
  const { context, tab } = await visit();
  await signIn(tab, platform);
  for (const url of [
    authorizeUrl(platform, { prompt: 'consent' }),
    `${world.issuer}/account`,
    `${world.issuer}/oauth2/end-session`,
  ]) {
    page = `<!doctype html><iframe src="${url.replaceAll('&', '&amp;')}" width="600" height="600"></iframe>`;
    await tab.goto(evil);
    await tab.waitForLoadState('networkidle');
    for (const frame of tab.frames().slice(1)) {
      const text = await frame.evaluate<string>('document.body?.innerText ?? ""').catch(() => '');
      assert.doesNotMatch(text, /Allow|Your account|Sign out|E-mail/, url);
    }
  }
  await context.close();
});

test('no other site can send a form in the name of whoever is signed in', async () => {
  const { context, tab } = await visit();
  await signIn(tab, platform);
  const targets: Record<string, Record<string, string>> = {
    [`${world.issuer}/oauth2/end-session/confirm`]: { logout: 'yes', xsrf: 'x' },
    [`${world.issuer}/account`]: { name: 'Mallory', locale: 'en' },
    [`${world.issuer}/account/password`]: { password: 'mallory mallory' },
    [`${world.issuer}/oauth2/device`]: { user_code: 'BBBB-BBBB', confirm: 'yes', xsrf: 'x' },
  };
  for (const [action, fields] of Object.entries(targets)) {
    const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
    page = `<!doctype html><form method="post" action="${action}">${inputs.join('')}</form><script>document.forms[0].submit()</script>`;
    await tab.goto(evil);
    await tab.waitForURL(/127\.0\.0\.1/);
  }
  assert.equal(await askSilently(tab, platform), 'code', 'still signed in');
  const rows = await world.store.system('test', ({ sql }) => sql`select from users where name = 'Mallory'`);
  assert.equal(rows.length, 0);
  await context.close();
});

test('no other site can read what ours say to whoever is signed in', async () => {
  const { context, tab } = await visit();
  await signIn(tab, platform);
  page = '<!doctype html><title>evil</title>';
  await tab.goto(evil);
  for (const path of [
    '/account',
    '/oauth2/userinfo',
    '/oauth2/token',
    `/oauth2/authorize?${formOf({ prompt: 'none' })}`,
  ]) {
    const read = await tab.evaluate<string>(
      `fetch(${JSON.stringify(world.issuer + path)}, { credentials: 'include' }).then((r) => r.text(), () => 'refused')`,
    );
    assert.equal(read, 'refused', path);
  }
  await context.close();
});
