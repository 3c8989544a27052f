/** One Chromium at three issuers: a sign-in or sign-out at one of them does not change the person at the others. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium, type Browser, type Page } from 'playwright-core';
import { openSigning } from '../../src/identity/issuers/signing.ts';
import { openPasswords } from '../../src/identity/people/password.ts';
import { sleep, systemClock as clock } from '../../src/kernel/clock.ts';
import { systemRandom as random } from '../../src/kernel/random.ts';
import { sendBare } from './bare.ts';
import { insertTwins, openTenantIssuer, platformOf, vault } from './issuers.ts';
import { pagesOver, startWorld, type World } from './world.ts';
import { ofIssuer } from '../../src/identity/scopes.ts';

const pictures = join(tmpdir(), 'tulou-pages');
const [email, password] = ['twin@home.test', 'correct horse battery'];
let world: World;
let browser: Browser;
/** By the name that its page shows. */
const issuers: Record<string, string> = {};

before(async () => {
  await mkdir(pictures, { recursive: true });
  world = await startWorld(pagesOver);
  const platform = platformOf(world);
  const [house, yard] = [await openTenantIssuer(world, 'house'), await openTenantIssuer(world, 'yard')];
  await insertTwins(world, [platform, house, yard], email);
  const kept = await openPasswords(random).keep(password);
  await world.store.system('test', async (tx) => {
    await tx.sql`update users set secret_password = ${kept} where email = ${email}`;
    for (const { tenantUuid, issuer, name } of [
      { ...platform, name: 'Tulou' },
      { ...house, name: 'House' },
      { ...yard, name: 'Yard' },
    ]) {
      issuers[name] = issuer;
      await tx.sql`update users set name = ${`Twin of ${name}`} where tenant_id = ${tenantUuid} and email = ${email}`;
      await tx.sql`update issuers set name = ${name}, accent = ${name === 'House' ? '#1a4fa0' : '#7a1fa0'}
        where tenant_id = ${tenantUuid}`;
    }
  });
  const signing = openSigning({ clock, vault });
  for (const one of [house, yard]) await ofIssuer(world.store, one, (tx) => signing.open(tx, one));
  for (const name of ['House', 'Yard'])
    while (!(await sendBare(issuers[name] ?? '', '/account/reset', {})).text.includes(name)) await sleep(clock, 20);
  const flags = '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking';
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [...flags.split(' '), '--disable-sync', '--host-resolver-rules=MAP *.test 127.0.0.1'],
  });
});
after(async () => {
  await browser.close();
  await world.stop();
});

async function signIn(page: Page, name: string): Promise<void> {
  await page.goto(`${issuers[name] ?? ''}/account`);
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.ok((await page.title()).endsWith(`· ${name}`));
  await page.screenshot({ path: join(pictures, `issuer-${name}.png`), fullPage: true });
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
  await page
    .getByText(`Twin of ${name}`)
    .or(page.locator(`input[value="Twin of ${name}"]`))
    .first()
    .waitFor();
}

/** The account that the browser shows, or undefined if it has to sign in. */
async function seenAt(page: Page, name: string): Promise<string | undefined> {
  await page.goto(`${issuers[name] ?? ''}/account`);
  return /Twin of (\w+)/.exec(await page.content())?.[1];
}

test('sign-ins at three issuers of one browser do not disturb each other, nor does leaving one of them', async () => {
  const context = await browser.newContext({ locale: 'en' });
  const page = await context.newPage();
  for (const name of ['Tulou', 'House', 'Yard']) await signIn(page, name);
  for (const name of ['House', 'Tulou', 'Yard', 'House']) assert.equal(await seenAt(page, name), name);
  for (const { name, domain, httpOnly } of await context.cookies())
    assert.ok(httpOnly && !domain.startsWith('.'), `${name} of ${domain}`);
  await page.goto(`${issuers['House'] ?? ''}/oauth2/end-session`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'signed out' }).waitFor();
  assert.equal(await seenAt(page, 'House'), undefined);
  assert.equal(await seenAt(page, 'Tulou'), 'Tulou');
  assert.equal(await seenAt(page, 'Yard'), 'Yard');
  await context.close();
});
