/**
 * The pages in Chromium: an invited person joins, signs in, agrees, and is back at the app. Pictures of each page go to
 * `tulou-pages` in the temporary directory, wide and narrow, light and dark, for review by people.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { calculatePKCECodeChallenge, randomPKCECodeVerifier } from 'openid-client';
import type { Browser } from 'playwright-core';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { sha256 } from '../../src/kernel/hash.ts';
import { newId, systemRandom as random } from '../../src/kernel/random.ts';
import { launch, look } from './chromium.ts';
import { pagesOver, startWorld, type World } from './world.ts';

const [email, password] = ['lin@shop.test', 'correct horse battery'];
let world: World;
let browser: Browser;
let app: Server;
let callback: string;
let clientId: string;

before(async () => {
  world = await startWorld(pagesOver);
  app = createServer((_message, response) => response.end('the app'));
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  callback = `http://127.0.0.1:${(app.address() as AddressInfo).port}/callback`;
  clientId = (await world.makeClient()).id;
  await world.store.system('test', async ({ sql }) => {
    await sql`update clients set redirect_uris = ${[callback]} where id = ${clientId}`;
    for (const [name, en, zh, more] of [
      ['read', 'See your orders', '查看订单', 'Who bought what, when and for how much.'],
      ['refund', 'Refund orders', '订单退款', 'Pays money back to buyers, without asking you each time.'],
    ] as const)
      await sql`update scopes set title = ${JSON.stringify({ en, zh })}::text::jsonb,
        description = ${JSON.stringify({ en: more, zh: '' })}::text::jsonb where name = ${name}`;
  });
  browser = await launch();
});
after(async () => {
  await browser.close();
  app.close();
  app.closeAllConnections();
  await world.stop();
});

async function invite(): Promise<string> {
  const [member, invitation] = [newId('member', clock, random), newId('invitation', clock, random)];
  const [secret, now] = [Buffer.from(random.bytes(32)).toString('base64url'), new Date(clock.now())];
  await world.store.system('test', async ({ sql }) => {
    await sql`insert into members (tenant_id, id, email, role, created_at, updated_at)
      values (${world.tenant.uuid}, ${member}, ${email}, 'admin', ${now}, ${now})`;
    await sql`insert into invitations (tenant_id, id, member, secret_hash, expires_at, created_at)
      values (${world.tenant.uuid}, ${invitation}, ${member}, ${sha256(secret)}, ${new Date(now.getTime() + 600_000)}, ${now})`;
  });
  return `${world.tenant.id}.${invitation}.${secret}`;
}

async function authorizeUrl(): Promise<string> {
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid profile acme/orders:read acme/orders:refund',
    resource: `urn:tulou:tenant:${world.tenant.id}`,
    code_challenge: await calculatePKCECodeChallenge(randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
  });
  return `${world.issuer}/oauth2/authorize?${query.toString()}`;
}

test('an invited person joins, signs in with the keyboard, agrees, and is back at the app', async () => {
  const page = await browser.newPage({ locale: 'en' });
  const faults: string[] = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));

  const code = await invite();
  await page.goto(`${world.issuer}/account/invitation#${code}`);
  await look(page, '1-code');
  await page.getByLabel('Code').fill(code);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Join shop' }).waitFor();
  assert.ok(!page.url().includes(code));
  await page.getByLabel('Name').fill('Lin');
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Create account and join' }).click();
  await page.getByRole('alert').waitFor();
  await look(page, '2-join-wrong');
  await page.getByRole('alert').getByRole('link').click();
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'You have joined shop' }).waitFor();
  await look(page, '3-joined');

  // Joining has signed her in here; another browser has no session.
  await page.context().clearCookies();
  await page.goto(await authorizeUrl());
  await look(page, '4-sign-in');
  await page.keyboard.type(email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Allow Till?' }).waitFor();
  await look(page, '5-consent');
  await page.getByRole('link', { name: '中文' }).click();
  await page.getByRole('heading', { name: '是否允许 Till？' }).waitFor();
  await look(page, '6-consent-zh');
  await page.getByRole('button', { name: '允许', exact: true }).click();
  await page.waitForURL(`${callback}?*`);
  assert.ok(new URL(page.url()).searchParams.has('code'));
  // An invalid form is answered 422, which Chromium reports. No page has any other fault.
  assert.deepEqual(
    faults.filter((fault) => !fault.includes('422')),
    [],
  );
  await page.close();
});
