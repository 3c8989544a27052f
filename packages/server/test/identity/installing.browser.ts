/** Apps of a tenant in Chromium: a member asks, an admin finds it, agrees in words, narrows, pauses and removes. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { calculatePKCECodeChallenge, randomPKCECodeVerifier } from 'openid-client';
import type { Browser, Page } from 'playwright-core';
import { openPasswords } from '../../src/identity/people/password.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { newId, systemRandom as random } from '../../src/kernel/random.ts';
import { launch, look } from './chromium.ts';
import { pagesOver, startWorld, type World } from './world.ts';

const password = 'correct horse battery';
const [read, refund] = ['acme/orders:read', 'acme/orders:refund'];
let world: World;
let browser: Browser;
let app: Server;
let callback: string;
let clientId: string;

before(async () => {
  world = await startWorld(pagesOver);
  const kept = await openPasswords(random).keep(password);
  const now = new Date(clock.now());
  await world.store.system('test', async ({ sql }) => {
    await sql`update users set secret_password = ${kept}`;
    for (const [name, en, zh, more] of [
      ['read', 'See your orders', '查看订单', 'Who bought what, when and for how much.'],
      ['refund', 'Refund orders', '订单退款', 'Pays money back to buyers, without asking you each time.'],
    ] as const)
      await sql`update scopes set title = ${JSON.stringify({ en, zh })}::text::jsonb,
        description = ${JSON.stringify({ en: more, zh: '' })}::text::jsonb where name = ${name}`;
    await sql`
      insert into apps (tenant_id, id, slug, name, state, visibility, redirect_uris, scopes, optional_scopes, created_at,
                        updated_at)
      values (${world.developer}, ${newId('app', clock, random)}, 'kit', 'Kit', 'active', 'public', '{}', ${[read]},
              ${[refund]}, ${now}, ${now})`;
  });
  app = createServer((_message, response) => response.end('the app'));
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  callback = `http://127.0.0.1:${(app.address() as AddressInfo).port}/callback`;
  clientId = (await world.makeClient()).id;
  await world.store.system('test', ({ sql }) => sql`update clients set redirect_uris = ${[callback]}`);
  browser = await launch();
});
after(async () => {
  await browser.close();
  app.close();
  app.closeAllConnections();
  await world.stop();
});

/** A page of its own browser in which this member is signed in, at an address of ours. */
async function open(role: 'owner' | 'viewer', path: string, faults: string[]): Promise<Page> {
  const context = await browser.newContext({ locale: 'en' });
  const page = await context.newPage();
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  await page.goto(world.issuer + path);
  await page.getByLabel('E-mail').fill(`${role}@shop.test`);
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
  return page;
}

test('a member asks for an app, an admin agrees in words, narrows it, pauses it and removes it', async () => {
  const faults: string[] = [];
  const member = await open('viewer', `/account/install?app=maker/kit&scopes=${encodeURIComponent(refund)}`, faults);
  await member.getByText('Only an admin of shop can install it.').waitFor();
  await look(member, '10-install-member');
  await member.getByRole('button', { name: 'Ask an admin' }).click();
  await member.getByText('An admin will find your request.').waitFor();

  const admin = await open('owner', '/account/installations', faults);
  await admin.getByText('viewer@shop.test asks for Kit').waitFor();
  await look(admin, '11-inventory');
  await admin.getByRole('link', { name: 'Decide: viewer@shop.test asks for Kit' }).click();
  await admin.getByRole('heading', { name: 'Install Kit' }).waitFor();
  await look(admin, '12-install-admin');
  assert.equal(await admin.getByRole('checkbox', { name: 'Refund orders' }).isChecked(), true);
  await admin.getByRole('link', { name: '中文' }).click();
  await admin.getByRole('heading', { name: '安装 Kit' }).waitFor();
  await look(admin, '13-install-admin-zh');
  await admin.getByRole('link', { name: 'English' }).click();

  // Narrowed before agreeing, with the keyboard.
  await admin.getByRole('checkbox', { name: 'Refund orders' }).focus();
  await admin.keyboard.press('Space');
  await admin.getByRole('button', { name: 'Install' }).click();
  await admin.getByText('It is installed.').waitFor();
  assert.equal(await admin.getByRole('checkbox', { name: 'Refund orders' }).isChecked(), false);
  await look(admin, '14-installed');

  // The scopes that the member requested, granted just in time.
  await admin.getByRole('button', { name: 'Allow', exact: true }).click();
  await admin.getByText('Allowed.').waitFor();
  assert.equal(await admin.getByRole('checkbox', { name: 'Refund orders' }).isChecked(), true);
  await admin.getByRole('checkbox', { name: 'Refund orders' }).uncheck();
  await admin.getByRole('button', { name: 'Save' }).click();
  await admin.getByText('Saved.').waitFor();
  await admin.getByRole('button', { name: 'Pause' }).click();
  await admin.getByText('It is paused: its calls are refused.').waitFor();
  await admin.getByRole('button', { name: 'Remove' }).click();
  await admin.getByText('It is removed: its calls are refused.').waitFor();
  await look(admin, '15-removed');
  await admin.goto(`${world.issuer}/account/installations`);
  await admin.getByLabel('Members may try apps').check();
  await admin.getByRole('button', { name: 'Save' }).click();
  await admin.getByText('Saved.').waitFor();
  assert.equal(await admin.getByLabel('Members may try apps').isChecked(), true);
  await look(admin, '18-inventory-may-try');

  const rows = await world.store.system(
    'test',
    ({ sql }) => sql<{ state: string; scopes: string[] }[]>`
      select state, scopes from installations where tenant_id = ${world.tenant.uuid} and app_slug = 'kit'`,
  );
  assert.deepEqual([...rows], [{ state: 'revoked', scopes: [read] }]);
  assert.deepEqual(faults, []);
});

test('on the way to an app a member allows what they may, and asks an admin for the rest', async () => {
  const faults: string[] = [];
  const member = await open('viewer', `/oauth2/authorize?${await request()}`, faults);
  await member.getByRole('heading', { name: 'Allow Till?' }).waitFor();
  await member.getByRole('heading', { name: 'Only an admin can allow it to' }).waitFor();
  await look(member, '16-consent-withheld');
  await member.getByRole('button', { name: 'Ask an admin' }).click();
  await member.getByText('An admin will find your request.').waitFor();
  await look(member, '17-consent-asked');
  const admin = await open('owner', '/account/installations', faults);
  await admin.getByRole('link', { name: 'Decide: viewer@shop.test asks for Till' }).click();
  await admin.getByRole('button', { name: 'Allow', exact: true }).click();
  await admin.getByText('Allowed.').waitFor();
  await member.goto(`${world.issuer}/oauth2/authorize?${await request()}`);
  await member.getByText('Refund orders').waitFor();
  assert.equal(await member.getByRole('button', { name: 'Ask an admin' }).count(), 0);
  await member.getByRole('button', { name: 'Allow', exact: true }).click();
  await member.waitForURL(`${callback}?*`);
  assert.ok(new URL(member.url()).searchParams.has('code'));
  assert.deepEqual(faults, []);
});

async function request(): Promise<string> {
  return new URLSearchParams({
    client_id: clientId,
    redirect_uri: callback,
    response_type: 'code',
    scope: `openid ${read} ${refund}`,
    resource: `urn:tulou:tenant:${world.tenant.slug}`,
    code_challenge: await calculatePKCECodeChallenge(randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
  }).toString();
}
