/** One's account in Chromium, with a virtual authenticator (WebAuthn §11): passkeys, an authenticator app, sessions, logout. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { openPasswords } from '../../src/identity/people/password.ts';
import { codeOf } from '../../src/identity/people/totp.ts';
import { systemRandom as random } from '../../src/kernel/random.ts';
import { launch, look } from './chromium.ts';
import { pagesOver, startWorld, type World } from './world.ts';

const password = 'correct horse battery';
let world: World;
let browser: Browser;

before(async () => {
  world = await startWorld(pagesOver, undefined, undefined, 'localhost');
  const kept = await openPasswords(random).keep(password);
  await world.store.system('test', ({ sql }) => sql`update users set secret_password = ${kept}`);
  browser = await launch();
});
after(async () => {
  await browser.close();
  await world.stop();
});

interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly devtools: CDPSession;
  readonly faults: string[];
}

async function visitor(): Promise<Visitor> {
  const context = await browser.newContext({ locale: 'en' });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('pageerror', (error) => faults.push(error.message));
  const devtools = await context.newCDPSession(page);
  await devtools.send('WebAuthn.enable', { enableUI: false });
  return { context, page, devtools, faults };
}

/** A phone or laptop that knows its owner, or a key that only knows that it is touched. */
async function plugIn({ devtools }: Visitor, kind: 'platform' | 'key'): Promise<string> {
  const isPlatform = kind === 'platform';
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: isPlatform ? 'internal' : 'usb',
      hasResidentKey: isPlatform,
      hasUserVerification: isPlatform,
      isUserVerified: isPlatform,
      automaticPresenceSimulation: true,
    },
  });
  return authenticatorId;
}

async function typePassword(page: Page, role: 'owner' | 'viewer'): Promise<void> {
  await page.getByLabel('E-mail').fill(`${role}@shop.test`);
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
}

const heading = (page: Page, name: string): Promise<void> => page.getByRole('heading', { name, level: 1 }).waitFor();

/** An invalid form is answered 422, which Chromium reports. No page has any other fault. */
const nothingElse = (faults: readonly string[]): void =>
  assert.deepEqual(
    faults.filter((fault) => !fault.includes('422')),
    [],
  );

test('a passkey is made, signs in alone when it has checked who holds it, and is removed', async () => {
  const at = await visitor();
  const { page, context, devtools } = at;
  const laptop = await plugIn(at, 'platform');
  await page.goto(`${world.issuer}/account/passkeys`);
  await look(page, '20-sign-in-passkey');
  await typePassword(page, 'owner');
  await heading(page, 'Passkeys');
  await look(page, '21-passkeys-none');
  await page.getByLabel('Name').fill('Laptop');
  await page.getByRole('button', { name: 'Add a passkey' }).click();

  // The first factor leads to recovery codes.
  await heading(page, 'Recovery codes');
  await page.getByText('no recovery code').waitFor();
  await page.getByRole('button', { name: 'Make new codes' }).click();
  await page.getByText('shown this once').waitFor();
  await look(page, '22-recovery-codes');
  await page.getByRole('link', { name: 'I have kept them' }).click();
  await heading(page, 'Your account');
  await look(page, '23-account');

  await context.clearCookies();
  await page.goto(`${world.issuer}/account/passkeys`);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await heading(page, 'Passkeys');
  await page.getByText('last used').waitFor();
  await look(page, '24-passkeys');

  // Another person's hand: the browser requires user verification, and returns nothing.
  await context.clearCookies();
  await devtools.send('WebAuthn.setUserVerified', { authenticatorId: laptop, isUserVerified: false });
  await page.goto(`${world.issuer}/account/passkeys`);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('status').filter({ hasText: 'No passkey was used' }).waitFor();

  await devtools.send('WebAuthn.setUserVerified', { authenticatorId: laptop, isUserVerified: true });
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await heading(page, 'Passkeys');
  await page.getByRole('button', { name: 'Remove Laptop' }).click();
  await page.getByText('The passkey is removed.').waitFor();
  await context.clearCookies();
  await page.goto(`${world.issuer}/account`);
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await page.getByRole('alert').filter({ hasText: 'not known here' }).waitFor();
  nothingElse(at.faults);
  await context.close();
});

test('a security key that knows nobody is a second factor after the password, and nothing more', async () => {
  const at = await visitor();
  const { page, context } = at;
  await plugIn(at, 'key');
  await page.goto(`${world.issuer}/account/passkeys`);
  await typePassword(page, 'viewer');
  await heading(page, 'Passkeys');
  await page.getByLabel('Name').fill('Blue key');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await heading(page, 'Recovery codes');

  await context.clearCookies();
  await page.goto(`${world.issuer}/account`);
  await typePassword(page, 'viewer');
  await heading(page, 'One more step');
  await look(page, '25-second-step-key');
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await heading(page, 'Your account');
  nothingElse(at.faults);
  await context.close();
});

test('an authenticator app is scanned, asked for from then on, and stood in for by a recovery code', async () => {
  const at = await visitor();
  const { page, context } = at;
  await page.goto(`${world.issuer}/account/authenticator`);
  await typePassword(page, 'owner');
  await heading(page, 'Authenticator app');
  await look(page, '26-authenticator');
  const key = (await page.locator('code.key').textContent()) ?? '';
  const bits = Array.from(key.replaceAll(/\s/g, ''), (one) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0'),
  ).join('');
  const seed = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const step = Math.floor(Date.now() / 30_000);
  await page.getByLabel('Code').fill('000000');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Code').fill(codeOf(seed, step));
  await page.keyboard.press('Enter');
  await page.getByText('Your authenticator app is on.').waitFor();

  await page.goto(`${world.issuer}/account/recovery-codes`);
  await page.getByRole('button', { name: 'Make new codes' }).click();
  const recovery = (await page.locator('.codes code').first().textContent()) ?? '';

  await context.clearCookies();
  await page.goto(`${world.issuer}/account`);
  await typePassword(page, 'owner');
  await heading(page, 'One more step');
  await look(page, '27-second-step');
  await page.getByLabel('Code', { exact: true }).fill(codeOf(seed, step + 1));
  await page.keyboard.press('Enter');
  await heading(page, 'Your account');

  await context.clearCookies();
  await page.goto(`${world.issuer}/account`);
  await typePassword(page, 'owner');
  await page.getByText('I can’t use any of these').click();
  await page.getByLabel('Recovery code').fill(recovery);
  await page.keyboard.press('Enter');
  await page.getByText('9 left').waitFor();
  await page.goto(`${world.issuer}/account/authenticator`);
  await page.getByRole('button', { name: 'Turn off' }).click();
  await page.getByText('Your authenticator app is off.').waitFor();
  nothingElse(at.faults);
  await context.close();
});

test('another browser is signed out from here, and this one by its own link', async () => {
  const [here, there] = [await visitor(), await visitor()];
  for (const { page } of [there, here]) {
    await page.goto(`${world.issuer}/account/sessions`);
    await typePassword(page, 'owner');
    await heading(page, 'Where you are signed in');
  }
  await here.page.reload();
  await here.page.getByText('this browser').waitFor();
  await look(here.page, '28-sessions');
  await here.page.getByRole('button', { name: 'End all others' }).click();
  await here.page.getByText('Ended.').waitFor();
  await there.page.reload();
  await heading(there.page, 'Sign in');

  await here.page.goto(`${world.issuer}/account`);
  await here.page.getByRole('link', { name: '中文' }).click();
  await heading(here.page, '你的账号');
  await look(here.page, '29-account-zh');
  await here.page.getByRole('link', { name: 'English' }).click();
  await here.page.getByRole('link', { name: 'Sign out' }).click();
  await here.page.getByRole('button', { name: 'Sign out' }).click();
  await here.page.getByText('You are signed out').first().waitFor();
  await here.page.goto(`${world.issuer}/account`);
  await heading(here.page, 'Sign in');
  for (const { context, faults } of [here, there]) {
    nothingElse(faults);
    await context.close();
  }
});
