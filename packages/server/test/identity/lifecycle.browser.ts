/**
 * Sign-up and account recovery in Chromium, with mail through the worker and a mail server: sign-up, a new password, another
 * address, and a member who signs in by the tenant's own provider.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { calculatePKCECodeChallenge, randomPKCECodeVerifier } from 'openid-client';
import type { Browser, Page } from 'playwright-core';
import { secretContext } from '../../src/identity/operations/connections/connection.ts';
import { openVault } from '../../src/kernel/seal.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { openLog } from '../../src/kernel/log.ts';
import { newId, systemRandom as random } from '../../src/kernel/random.ts';
import { openMailer, type Mailer } from '../../src/identity/mail/mailer.ts';
import { sendMails } from '../../src/identity/mail/deliver.ts';
import { startSmtp, type SmtpServer } from '../smtp.ts';
import { launch, look } from './chromium.ts';
import { idpClient, startIdp, type Idp } from './idp.ts';
import { callback, masterKey, pagesOver, startWorld, type World } from './world.ts';

const [email, password] = ['mei@shop.test', 'correct horse battery'];
let world: World;
let browser: Browser;
let smtp: SmtpServer;
let mailer: Mailer;
let idp: Idp;
let clientId: string;

before(async () => {
  world = await startWorld((store) => {
    const pages = pagesOver(store);
    return (message, response, provider, issuer) => pages(message, response, provider, { ...issuer, signUp: 'open' });
  });
  [smtp, idp, clientId] = [await startSmtp(), await startIdp(), (await world.makeClient()).id];
  mailer = openMailer({ url: smtp.url, from: 'Tulou <no-reply@tulou.test>' });
  browser = await launch();
});
after(async () => {
  await browser.close();
  mailer.close();
  await Promise.all([smtp.close(), idp.close()]);
  await world.stop();
});

/** Runs the worker's job, and returns the link in the mail that it sent. */
async function mailedLink(to: string): Promise<string> {
  await sendMails({ store: world.store, clock, log: openLog('worker', 'error'), mailer }, 0);
  const mail = smtp.received.findLast((one) => one.to.includes(to));
  // Long lines of a mail are folded (quoted-printable, RFC 2045 §6.7).
  const text = (mail?.data ?? '').replaceAll('=\r\n', '').replaceAll('=3D', '=');
  return /^http\S+/m.exec(text)?.[0] ?? '';
}

async function authorizeUrl(more: Record<string, string> = {}): Promise<string> {
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid profile',
    code_challenge: await calculatePKCECodeChallenge(randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
    ...more,
  });
  return `${world.issuer}/oauth2/authorize?${query.toString()}`;
}

async function openPage(): Promise<{ page: Page; faults: string[] }> {
  const page = await (await browser.newContext({ locale: 'en' })).newPage();
  const faults: string[] = [];
  page.on(
    'console',
    (message) => message.type() === 'error' && !message.text().includes('422') && faults.push(message.text()),
  );
  page.on('pageerror', (error) => faults.push(error.message));
  return { page, faults };
}

test('somebody makes an account by a mailed link, goes on to the app, forgets the password, and changes the address', async () => {
  const { page, faults } = await openPage();
  await page.goto(await authorizeUrl());
  await page.getByRole('link', { name: 'Create an account' }).click();
  await look(page, 'lifecycle-1-sign-up');
  await page.keyboard.type('nobody');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await page.getByLabel('E-mail').fill(email);
  await page.getByRole('button', { name: 'Send the link' }).click();
  await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
  await page.goto(await mailedLink(email));
  await page.getByRole('heading', { name: 'Finish your account' }).waitFor();
  await look(page, 'lifecycle-2-finish');
  await page.keyboard.type('Mei');
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Go on' }).click();
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('heading', { name: 'Allow Till?' }).waitFor();

  await page.goto(`${world.issuer}/account/reset`);
  await page.keyboard.type(email);
  await page.keyboard.press('Enter');
  await page.getByText('If there is an account').waitFor();
  await page.goto(await mailedLink(email));
  await look(page, 'lifecycle-3-reset');
  await page.keyboard.type('quite another one');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'The password is set' }).waitFor();

  await page.goto(`${world.issuer}/account/email`);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill('quite another one');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByLabel('New e-mail address').waitFor();
  await look(page, 'lifecycle-4-email');
  await page.keyboard.type('mei@moved.test');
  await page.keyboard.press('Enter');
  await page.getByRole('status').waitFor();
  await page.goto(await mailedLink('mei@moved.test'));
  await look(page, 'lifecycle-5-move');
  await page.getByRole('button', { name: 'Change the address' }).click();
  await page.getByRole('heading', { name: 'The address is changed' }).waitFor();
  await page.goto(`${world.issuer}/account`);
  await page.getByText('Mei · mei@moved.test').waitFor();
  assert.deepEqual(faults, []);
});

test('a member signs in by the tenant’s own provider, and finds no password to set', async () => {
  const [id, uuid, now] = [newId('connection', clock, random), world.tenant.uuid, new Date()];
  const secret = openVault(masterKey, random).seal(idpClient.secret, secretContext(uuid, id));
  await world.store.system('test', async ({ sql }) => {
    await sql`insert into connections (tenant_id, id, name, issuer_url, client_id, secret_client_secret, domains, enforced,
      owners, state, created_at, updated_at) values (${uuid}, ${id}, 'Shop SSO', ${idp.issuer}, ${idpClient.id}, ${secret},
      ${['shop.test']}, true, true, 'active', ${now}, ${now})`;
    await sql`insert into members (tenant_id, id, email, role, created_at, updated_at)
      values (${uuid}, ${newId('member', clock, random)}, 'noa@shop.test', 'admin', ${now}, ${now})`;
  });
  idp.claims = { sub: 's-1', email: 'noa@shop.test', email_verified: true, name: 'Noa' };
  const { page, faults } = await openPage();
  const resource = `urn:tulou:tenant:${world.tenant.id}`;
  await page.goto(await authorizeUrl({ resource, scope: 'openid acme/orders:read' }));
  await look(page, 'lifecycle-6-enforced');
  assert.equal(await page.getByLabel('Password').count(), 0);
  await page.getByRole('link', { name: 'Sign in with Shop SSO' }).click();
  await page.getByText('Noa (noa@shop.test)').waitFor();
  await page.goto(`${world.issuer}/account`);
  await look(page, 'lifecycle-7-managed');
  assert.equal(await page.getByRole('link', { name: 'Password' }).count(), 0);
  await page.goto(`${world.issuer}/account/federation?interaction=x`);
  await page.getByLabel('Work e-mail address').fill('shop');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'Sign in with Shop SSO' }).waitFor();
  await look(page, 'lifecycle-8-choose');
  assert.deepEqual(faults, []);
});
