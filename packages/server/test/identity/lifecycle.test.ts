/** Sign-up by a mailed link, and a new password; over HTTP, with the text of the mails. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { calculatePKCECodeChallenge, randomPKCECodeVerifier } from 'openid-client';
import { announce } from '../../src/identity/keys/keys.ts';
import { openPasswords } from '../../src/identity/people/password.ts';
import { systemRandom as random } from '../../src/kernel/random.ts';
import { openBrowser, type Browser, type Page } from './browser.ts';
import { openTenantIssuer } from './issuers.ts';
import { callback, pagesOver, startWorld, type TestClient, type World } from './world.ts';
import { ofIssuer } from '../../src/identity/scopes.ts';

const password = 'correct horse battery';
let world: World;
let client: TestClient;
let signUp: 'open' | 'invited' = 'open';

before(async () => {
  world = await startWorld((store) => {
    const pages = pagesOver(store);
    return (message, response, provider, issuer) => pages(message, response, provider, { ...issuer, signUp });
  });
  client = await world.makeClient();
  const kept = await openPasswords(random).keep(password);
  await run(({ sql }) => sql`update users set secret_password = ${kept}`);
});
after(() => world.stop());
beforeEach(() =>
  run(async ({ sql }) => {
    await sql`delete from sign_in_attempts`;
    await sql`delete from mails`;
  }),
);

type Tx = Parameters<Parameters<World['store']['system']>[1]>[0];
const run = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => world.store.system('test', work);

interface Mail {
  readonly recipient: string;
  readonly subject: string;
  readonly body: string;
}
const mails = (): Promise<readonly Mail[]> =>
  run(({ sql }) => sql<Mail[]>`select recipient, subject, secret_body as body from mails order by id`);
const linkIn = ({ body }: Mail): string => /^http\S+$/m.exec(body)?.[0] ?? '';

async function lastLink(): Promise<string> {
  const last = (await mails()).at(-1);
  assert.ok(last);
  return linkIn(last);
}

const askFor = async (path: string, email: string, browser = openBrowser(world.issuer)): Promise<Page> =>
  browser.submit(await browser.open(`${world.issuer}${path}`), { email });

async function begin(browser: Browser): Promise<Page> {
  const query = new URLSearchParams({
    client_id: client.id,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid email',
    code_challenge: await calculatePKCECodeChallenge(randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
  });
  return browser.open(`${world.issuer}/oauth2/authorize?${query.toString()}`);
}

const signIn = async (browser: Browser, email: string, given = password): Promise<Page> =>
  browser.submit(await begin(browser), { do: 'sign-in', email, password: given });

test('who has an address makes an account by the link that is mailed to it, and goes on to the app they came from', async () => {
  const browser = openBrowser(world.issuer);
  const first = await begin(browser);
  const way = /href="(\/account\/sign-up[^"]+)"/.exec(first.text)?.[1] ?? '';
  const asked = await askFor(way, 'New.Person@shop.test', browser);
  assert.match(asked.text, /on its way to new\.person@shop\.test/);
  assert.equal((await mails())[0]?.recipient, 'new.person@shop.test');
  const page = await browser.open(await lastLink());
  assert.equal(page.url, `${world.issuer}/account/sign-up`, 'the secret has left the address');
  const short = await browser.submit(page, { name: '', password: 'short' });
  assert.equal(short.status, 422);
  assert.match(short.text, /Enter your name.*at least 12 characters/s);
  const done = await browser.submit(short, { name: 'New', password });
  const onward = /href="(\/oauth2\/interaction\/[\w-]+)"/.exec(done.text)?.[1] ?? '';
  const form = await browser.open(world.issuer + onward);
  const consent = await browser.submit(form, { do: 'sign-in', email: 'new.person@shop.test', password });
  assert.match(consent.text, /New \(new\.person@shop\.test\)/);
});

test('to whoever asks, an address that has an account looks like one that has none; the mail says it', async () => {
  const pages = await Promise.all(
    ['owner@shop.test', 'other@shop.test'].map((email) => askFor('/account/sign-up', email)),
  );
  const seen = pages.map(({ status, text }) => [status, text.replaceAll(/owner|other/g, '')]);
  assert.deepEqual(seen[0], seen[1]);
  const [known] = (await mails()).filter(({ recipient }) => recipient === 'owner@shop.test');
  assert.match(known?.body ?? '', /There is one already/);
  assert.equal(linkIn(known ?? { recipient: '', subject: '', body: '' }), `${world.issuer}/account/reset`);
});

test('where only the invited may come there is no such page, nor a way to it, nor does an old link help', async () => {
  await askFor('/account/sign-up', 'early@shop.test');
  const link = await lastLink();
  signUp = 'invited';
  try {
    assert.equal((await openBrowser(world.issuer).open(link)).status, 404);
    assert.doesNotMatch((await begin(openBrowser(world.issuer))).text, /sign-up/);
  } finally {
    signUp = 'open';
  }
});

test('a link opens once, for one purpose, and not after a newer one, nor after an hour', async () => {
  await askFor('/account/sign-up', 'once@shop.test');
  const older = await lastLink();
  await askFor('/account/sign-up', 'once@shop.test');
  const link = await lastLink();
  assert.notEqual(link, older);
  assert.equal((await openBrowser(world.issuer).open(older)).status, 410);
  assert.equal((await openBrowser(world.issuer).open(link.replace('sign-up', 'reset'))).status, 410);
  assert.equal((await openBrowser(world.issuer).open(link.slice(0, -1))).status, 410);
  const two = await Promise.all(
    [1, 2].map(async () => {
      const browser = openBrowser(world.issuer);
      return { browser, page: await browser.open(link) };
    }),
  );
  const ends = await Promise.all(two.map(({ browser, page }) => browser.submit(page, { name: 'O', password })));
  assert.deepEqual(ends.map(({ status }) => status).toSorted(), [200, 410]);
  await askFor('/account/sign-up', 'late@shop.test');
  await run(({ sql }) => sql`update address_proofs set expires_at = now() - interval '1 second'`);
  assert.equal((await openBrowser(world.issuer).open(await lastLink())).status, 410);
});

test('a forgotten password is replaced by a mailed link, and whoever was signed in is not any more', async () => {
  const email = 'viewer@shop.test';
  const thief = openBrowser(world.issuer);
  assert.match((await signIn(thief, email)).text, /Allow Till/);
  const browser = openBrowser(world.issuer);
  await askFor('/account/reset', email);
  const page = await browser.open(await lastLink());
  assert.match(page.text, /viewer@shop\.test/);
  const done = await browser.submit(page, { password: 'quite another one' });
  assert.match(done.text, /The password is set/);
  assert.match((await begin(thief)).text, /<h1>Sign in<\/h1>/);
  assert.ok(await world.denied(`user:${world.viewer}`));
  assert.equal((await signIn(browser, email)).status, 422);
  assert.match((await signIn(browser, email, 'quite another one')).text, /Allow Till/);
  const told = (await mails()).at(-1);
  assert.match(told?.subject ?? '', /was changed/);
  assert.doesNotMatch(told?.body ?? '', /http/);
});

test('whether there is an account to reset is not to be seen, and who has none gets no mail', async () => {
  const pages = await Promise.all(
    ['owner@shop.test', 'nobody@shop.test'].map((email) => askFor('/account/reset', email)),
  );
  const seen = pages.map(({ status, text }) => [status, text.replaceAll(/owner|nobody/g, '')]);
  assert.deepEqual(seen[0], seen[1]);
  assert.deepEqual(
    (await mails()).map(({ recipient }) => recipient),
    ['owner@shop.test'],
  );
});

test('a disabled person gets no mail, and a link from before makes nothing of them', async () => {
  await askFor('/account/reset', 'owner@shop.test');
  const browser = openBrowser(world.issuer);
  const page = await browser.open(await lastLink());
  await run(({ sql }) => sql`update users set disabled_at = now() where id = ${world.user}`);
  try {
    assert.equal((await browser.submit(page, { password: 'quite another one' })).status, 410);
    await askFor('/account/reset', 'owner@shop.test');
    assert.equal((await mails()).length, 1);
  } finally {
    await run(({ sql }) => sql`update users set disabled_at = null where id = ${world.user}`);
  }
});

test('nobody’s mailbox is filled: after some mails one waits, the same for every address', async () => {
  for (const email of ['owner@shop.test', 'ghost@shop.test']) {
    for (let i = 0; i < 5; i += 1) assert.equal((await askFor('/account/reset', email)).status, 200);
    const page = await askFor('/account/reset', email);
    assert.equal(page.status, 429);
    assert.match(page.headers.get('retry-after') ?? '', /^\d+$/);
  }
  assert.equal(
    (await signIn(openBrowser(world.issuer), 'owner@shop.test')).status,
    200,
    'and sign-in is not held up by it',
  );
});

test('what is no address is said to be none, and nothing is mailed', async () => {
  for (const email of ['', 'nobody', 'a@b, c@d', 'a@b.test\nbcc: c@d.test', `${'x'.repeat(300)}@shop.test`])
    assert.equal((await askFor('/account/sign-up', email)).status, 422, email);
  assert.equal((await mails()).length, 0);
});

test('whoever reads the database can open no link', async () => {
  await askFor('/account/reset', 'owner@shop.test');
  const secret = new URL(await lastLink()).searchParams.get('proof')?.split('.')[1] ?? '';
  assert.equal(secret.length, 43);
  const rows = await run(({ sql }) => sql`select * from address_proofs`);
  assert.ok(!JSON.stringify(rows).includes(secret));
});

test('an account gets another address when the mail to it was opened, and its old one is told', async () => {
  const browser = openBrowser(world.issuer);
  const form = await browser.open(`${world.issuer}/account/email`);
  const page = await browser.submit(form, { do: 'sign-in', email: 'owner@shop.test', password });
  assert.match(page.text, /has the address owner@shop\.test/);
  const asked = await browser.submit(page, { email: 'Moved@shop.test' });
  assert.match(asked.text, /on its way to moved@shop\.test/);
  assert.equal((await mails()).at(-1)?.recipient, 'moved@shop.test');
  assert.equal((await signIn(openBrowser(world.issuer), 'moved@shop.test')).status, 422, 'nothing is changed yet');
  const other = openBrowser(world.issuer);
  const confirm = await other.open(await lastLink());
  assert.match(confirm.text, /owner@shop\.test gets the address moved@shop\.test/);
  assert.match((await other.submit(confirm)).text, /The address is changed/);
  assert.equal((await mails()).at(-1)?.recipient, 'owner@shop.test');
  assert.match((await signIn(openBrowser(world.issuer), 'moved@shop.test')).text, /Allow Till/);
  assert.equal((await signIn(openBrowser(world.issuer), 'owner@shop.test')).status, 422);
});

test('an address that is somebody’s is taken from nobody, and the page does not tell', async () => {
  const browser = openBrowser(world.issuer);
  const form = await browser.open(`${world.issuer}/account/email`);
  const page = await browser.submit(form, { do: 'sign-in', email: 'moved@shop.test', password });
  const asked = await browser.submit(page, { email: 'viewer@shop.test' });
  assert.match(asked.text, /on its way to viewer@shop\.test/);
  const told = (await mails()).at(-1);
  assert.deepEqual(
    [told?.recipient, linkIn(told ?? { recipient: '', subject: '', body: '' })],
    ['viewer@shop.test', ''],
  );
  // Where it becomes somebody's between the mail and its opening, it stays theirs.
  await browser.submit(asked, { email: 'soon@shop.test' });
  const link = await lastLink();
  await run(({ sql }) => sql`update users set email = 'soon@shop.test' where id = ${world.viewer}`);
  const other = openBrowser(world.issuer);
  assert.equal((await other.submit(await other.open(link))).status, 410);
  await run(({ sql }) => sql`update users set email = 'viewer@shop.test' where id = ${world.viewer}`);
});

test('at a tenant’s own issuer people come the same way, are that issuer’s only, and no link of one opens anything at the other', async () => {
  const shop = await openTenantIssuer(world, 'shop3');
  await ofIssuer(world.store, shop, announce);
  const open = async (path: string): Promise<Page> => {
    for (;;) {
      const page = await openBrowser(shop.issuer).open(shop.issuer + path);
      if (page.status !== 421) return page;
    }
  };
  assert.equal((await open('/account/federation?interaction=x')).status, 404);
  const browser = openBrowser(shop.issuer);
  await browser.submit(await browser.open(`${shop.issuer}/account/sign-up`), { email: 'viewer@shop.test' });
  const link = await lastLink();
  assert.ok(link.startsWith(`${shop.issuer}/`), 'who has an account at the platform has none here');
  assert.equal((await openBrowser(world.issuer).open(link.replace(shop.issuer, world.issuer))).status, 410);
  const done = await browser.submit(await browser.open(link), { name: 'Viewer', password: 'of the shop only' });
  assert.match(done.text, /Your account is there/);
  assert.equal((await signIn(openBrowser(world.issuer), 'viewer@shop.test', 'of the shop only')).status, 422);
  await askFor('/account/reset', 'viewer@shop.test');
  assert.equal((await browser.open((await lastLink()).replace(world.issuer, shop.issuer))).status, 410);
});
