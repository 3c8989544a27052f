/** Tenants decide about apps at pages, and the effects of the decisions; over HTTP, with a minimal browser. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { calculatePKCECodeChallenge, randomPKCECodeVerifier } from 'openid-client';
import { openPasswords } from '../../src/identity/people/password.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { newId, systemRandom as random } from '../../src/kernel/random.ts';
import { openBrowser, type Browser, type Page } from './browser.ts';
import { callback, pagesOver, startWorld, type TestClient, type World } from './world.ts';

const password = 'correct horse battery';
const [read, refund] = ['acme/orders:read', 'acme/orders:refund'];
let world: World;
let client: TestClient;

type Tx = Parameters<Parameters<World['store']['system']>[1]>[0];
const run = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => world.store.system('test', work);

before(async () => {
  world = await startWorld(pagesOver);
  client = await world.makeClient();
  const kept = await openPasswords(random).keep(password);
  const told = (en: string): string => JSON.stringify({ en, zh: `${en}（中文）` });
  await run(async ({ sql }) => {
    await sql`update users set secret_password = ${kept}`;
    await sql`update scopes set title = ${told('See orders')}::text::jsonb where name = 'read'`;
    await sql`update scopes set title = ${told('Pay money back')}::text::jsonb where name = 'refund'`;
    await sql`update installations set scopes = ${[read, refund]}`;
    const facts = [read, refund].map((scope, index) => ({ scope, risk: index === 0 ? 'low' : 'high' }));
    await sql`
      insert into catalog (tenant, api_id, tenant_slug, api_slug, name, visibility, versions, plans, scopes,
                           provider_active, published, words, updated_at)
      select a.tenant_id, a.id, 'acme', a.slug, a.name, 'public', '[]', '[]', ${JSON.stringify(facts)}::text::jsonb,
        true, true, '', now() from apis a`;
  });
});
after(() => world.stop());
beforeEach(() => run(({ sql }) => sql`delete from sign_in_attempts`));

let apps = 0;
/** A public app of the developer that this tenant does not have; its address. */
async function newApp(required = [read], optional = [refund]): Promise<string> {
  const slug = `kit-${(apps += 1)}`;
  const now = new Date(clock.now());
  await run(
    ({ sql }) => sql`
      insert into apps (tenant_id, id, slug, name, state, visibility, redirect_uris, scopes, optional_scopes, created_at,
                        updated_at)
      values (${world.developer}, ${newId('app', clock, random)}, ${slug}, ${`Kit ${apps}`}, 'active', 'public', '{}',
              ${required}, ${optional}, ${now}, ${now})`,
  );
  return `maker/${slug}`;
}

const pageOf = (app: string, more: Record<string, string> = {}): string =>
  `${world.issuer}/account/install?${new URLSearchParams({ app, ...more }).toString()}`;

/** A browser in which this member of the tenant is signed in. */
async function browserOf(role: 'owner' | 'viewer'): Promise<Browser> {
  const browser = openBrowser(world.issuer);
  const asked = await browser.open(pageOf('maker/till'));
  assert.match(asked.text, /type="password"/);
  await browser.submit(asked, { do: 'sign-in', email: `${role}@shop.test`, password });
  return browser;
}

interface Row {
  readonly id: string;
  readonly scopes: readonly string[];
  readonly state: string;
  readonly trial: boolean;
}

async function installed(app: string): Promise<Row | undefined> {
  const [row] = await run(
    ({ sql }) => sql<Row[]>`
      select id, scopes, state, trial from installations
      where tenant_id = ${world.tenant.uuid} and developer_slug || '/' || app_slug = ${app} order by created_at desc`,
  );
  return row;
}

interface Entry {
  readonly operation: string;
  readonly actor: string;
  readonly target: string;
}

const trail = (): Promise<readonly Entry[]> =>
  run(
    ({ sql }) => sql<Entry[]>`
      select operation, actor, target from audit where tenant_id = ${world.tenant.uuid} order by seq desc`,
  );

const toldDeveloper = (target: string): Promise<readonly { type: string }[]> =>
  run(
    ({ sql }) => sql<{ type: string }[]>`
      select type from events where tenant_id = ${world.developer} and target = ${target} order by id`,
  );

test('an admin installs an app in words, narrows it, pauses it and removes it; audit and developer know', async () => {
  const app = await newApp();
  const admin = await browserOf('owner');
  const page = await admin.open(pageOf(app));
  assert.match(page.text, /Kit \d+, made by maker, asks to work with the data of shop/);
  assert.match(page.text, /See orders.*Low risk.*Pay money back.*High risk/s);
  assert.match(page.text, /do harm/);
  const done = await admin.submit(page, { do: 'install', [`scope:${refund}`]: 'on' });
  assert.match(done.text, /It is installed/);
  const { id } = (await installed(app)) ?? { id: '' };
  assert.deepEqual((await installed(app))?.scopes, [read, refund]);
  const narrowed = await admin.submit(done, { do: 'save' });
  assert.match(narrowed.text, /Saved/);
  assert.deepEqual((await installed(app))?.scopes, [read]);
  await admin.submit(narrowed, { do: 'pause' });
  assert.equal((await installed(app))?.state, 'paused');
  await admin.submit(narrowed, { do: 'resume' });
  await admin.submit(narrowed, { do: 'revoke' });
  assert.equal((await installed(app))?.state, 'revoked');
  const entries = (await trail()).filter(({ target }) => target === id).toReversed();
  const verbs = ['create', 'update', 'pause', 'resume', 'delete'];
  assert.deepEqual(
    entries.map(({ operation }) => operation),
    verbs.map((verb) => `installations.${verb}`),
  );
  assert.ok(entries.every(({ actor }) => actor.startsWith('mem_')));
  assert.deepEqual(
    (await toldDeveloper(id)).map(({ type }) => type),
    ['created', 'changed', 'paused', 'resumed', 'revoked'].map((verb) => `installation.${verb}`),
  );
});

test('a member who is no admin asks one, and the admin finds it, allows it and widens the app by it', async () => {
  const app = await newApp();
  const [viewer, admin] = [await browserOf('viewer'), await browserOf('owner')];
  const page = await viewer.open(pageOf(app, { scopes: refund }));
  assert.match(page.text, /Only an admin of shop can install it/);
  assert.doesNotMatch(page.text, /value="install"/);
  const asked = await viewer.submit(page, { do: 'ask' });
  assert.match(asked.text, /An admin will find your request/);
  // Asking again changes nothing.
  assert.equal((await viewer.submit(page, { do: 'ask' })).status, 200);
  const list = await admin.open(`${world.issuer}/account/installations`);
  assert.match(list.text, /viewer@shop\.test asks for Kit/);
  const decide = await admin.open(pageOf(app, { tenant: 'shop' }));
  assert.match(decide.text, /viewer@shop\.test asks for this/);
  const allowed = await admin.submit(decide, { do: 'allow' });
  assert.match(allowed.text, /Allowed/);
  assert.deepEqual((await installed(app))?.scopes, [read, refund]);
  const last = (await trail()).slice(0, 3).map(({ operation }) => operation);
  assert.deepEqual(last, ['approvals.approve', 'installations.create', 'approvals.create']);
});

test('a forged form of a member who is no admin installs nothing', async () => {
  const app = await newApp();
  const viewer = await browserOf('viewer');
  const page = await viewer.open(pageOf(app));
  for (const decision of ['install', 'save', 'try', 'pause', 'revoke', 'allow', 'nonsense']) {
    const { status } = await viewer.submit(page, { do: decision, approval: 'apr_00000000000000000000000000' });
    assert.ok(status === 409 || status === 422, `${decision}: ${status}`);
  }
  assert.equal(await installed(app), undefined);
});

test('what is of high risk is granted only by who has just shown who they are', async ({ mock }) => {
  const app = await newApp();
  const admin = await browserOf('owner');
  const page = await admin.open(pageOf(app));
  mock.timers.enable({ apis: ['Date'], now: Date.now() + 10 * 60_000 });
  const asked = await admin.submit(page, { do: 'install', [`scope:${refund}`]: 'on' });
  assert.match(asked.text, /type="password"/);
  assert.equal(await installed(app), undefined);
  assert.match((await admin.submit(page, { do: 'install' })).text, /It is installed/);
  assert.deepEqual((await installed(app))?.scopes, [read]);
});

test('where members may try apps, one of low risk works for them at once, and never by itself', async () => {
  const [app, risky] = [await newApp(), await newApp([read, refund], [])];
  const admin = await browserOf('owner');
  const inventory = await admin.open(`${world.issuer}/account/installations`);
  assert.match((await admin.submit(inventory, { 'members-may-try': 'on' })).text, /Saved\./);
  const viewer = await browserOf('viewer');
  assert.equal((await viewer.submit(inventory, { 'members-may-try': 'on' })).status, 404);
  const page = await viewer.open(pageOf(app));
  assert.match(page.text, /You may try it/);
  assert.match((await viewer.submit(page, { do: 'try' })).text, /You can use it now/);
  assert.deepEqual([(await installed(app))?.trial, (await installed(app))?.scopes], [true, [read]]);
  const withRisk = await viewer.open(pageOf(risky));
  assert.doesNotMatch(withRisk.text, /You may try it/);
  assert.equal((await viewer.submit(withRisk, { do: 'try' })).status, 409);
  const whole = await admin.submit(await admin.open(pageOf(app)), { do: 'save' });
  assert.match(whole.text, /Saved/);
  assert.equal((await installed(app))?.trial, false);
  await admin.submit(inventory);
  assert.doesNotMatch((await viewer.open(pageOf(await newApp()))).text, /You may try it/);
});

test('an app on trial gives its client no token of its own', async () => {
  const token = async (): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${world.issuer}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}` },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        resource: `urn:tulou:tenant:${world.tenant.slug}`,
      }),
    });
    return (await answer.json()) as Record<string, unknown>;
  };
  assert.equal(typeof (await token())['access_token'], 'string');
  const onTrial = (trial: boolean) =>
    run(({ sql }) => sql`update installations set trial = ${trial} where id = ${world.installation}`);
  await onTrial(true);
  assert.equal((await token())['error'], 'invalid_target');
  await onTrial(false);
});

async function authorize(browser: Browser, more: Record<string, string> = {}): Promise<Page> {
  const challenge = await calculatePKCECodeChallenge(randomPKCECodeVerifier());
  const query = new URLSearchParams({
    client_id: client.id,
    redirect_uri: callback,
    response_type: 'code',
    scope: `openid ${read} ${refund}`,
    resource: `urn:tulou:tenant:${world.tenant.slug}`,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...more,
  });
  return browser.open(`${world.issuer}/oauth2/authorize?${query.toString()}`);
}

test('on the way to an app, a member asks an admin for what they can’t allow themselves, just in time', async () => {
  await run(({ sql }) => sql`update apps set visibility = 'public'`);
  const viewer = await browserOf('viewer');
  const consent = await authorize(viewer);
  assert.match(consent.text, /It will be able to.*See orders.*Only an admin can allow it to.*Pay money back/s);
  const asked = await viewer.submit(consent, { do: 'ask' });
  assert.match(asked.text, /An admin will find your request/);
  const admin = await browserOf('owner');
  assert.match((await admin.submit(await admin.open(pageOf('maker/till')), { do: 'allow' })).text, /Allowed/);
  const whole = await authorize(viewer);
  assert.match(whole.text, /It will be able to.*Pay money back/s);
  assert.doesNotMatch(whole.text, /Only an admin/);
  const end = new URL((await viewer.submit(whole, { do: 'allow' })).url);
  assert.ok(end.searchParams.has('code'));
  const [entry] = await trail();
  assert.deepEqual([entry?.operation, entry?.target], ['consents.create', world.installation]);
  assert.match(entry?.actor ?? '', /^mem_/);
  await viewer.submit(await viewer.open(`${world.issuer}/account/allowed`), { client: client.id });
  const [after] = await trail();
  assert.deepEqual([after?.operation, after?.actor], ['consents.delete', entry?.actor]);
});

test('an admin on the way to an app is led to where they decide what it is granted', async () => {
  await run(({ sql }) => sql`update installations set scopes = ${[read]} where id = ${world.installation}`);
  const admin = await browserOf('owner');
  const { text } = await authorize(admin);
  assert.match(text, /It will be able to.*See orders.*It is not granted yet to.*Pay money back/s);
  const link = /href="(\/account\/install[^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const page = await admin.open(world.issuer + link);
  assert.match(page.text, /<input[^>]*name="scope:acme\/orders:refund"\s+checked/);
  assert.match((await admin.submit(page, { do: 'save', [`scope:${refund}`]: 'on' })).text, /Saved/);
  assert.doesNotMatch((await authorize(admin)).text, /not granted yet/);
});

test('who asks for a tenant that does not have the app is told where an admin installs it, tenant or not', async () => {
  const browser = openBrowser(world.issuer);
  const descriptions: string[] = [];
  for (const tenant of ['maker', 'nobody']) {
    const { url } = await authorize(browser, { resource: `urn:tulou:tenant:${tenant}` });
    const { searchParams } = new URL(url);
    assert.equal(searchParams.get('error'), 'invalid_target');
    descriptions.push(searchParams.get('error_description') ?? '');
  }
  const [maker = '', nobody = ''] = descriptions;
  assert.equal(maker.replace('tenant=maker', ''), nobody.replace('tenant=nobody', ''));
  const link = new URL(/http\S+/.exec(maker)?.[0] ?? '');
  assert.equal(link.origin + link.pathname, `${world.issuer}/account/install`);
  assert.deepEqual(
    ['app', 'tenant', 'scopes'].map((name) => link.searchParams.get(name)),
    ['maker/till', 'maker', `${read} ${refund}`],
  );
});

test('an app that is nobody’s, a private one and a foreign tenant are the same page', async () => {
  const admin = await browserOf('owner');
  const hidden = await newApp();
  await run(({ sql }) => sql`update apps set visibility = 'private' where slug = ${hidden.slice(6)}`);
  const pages = [await admin.open(pageOf('maker/nothing')), await admin.open(pageOf(hidden))];
  for (const { status, text } of pages) {
    assert.equal(status, 404);
    assert.doesNotMatch(text, /Kit/);
  }
  const [foreign, unknown] = await Promise.all(
    ['maker', 'nobody'].map((tenant) => admin.open(pageOf('maker/till', { tenant }))),
  );
  const plain = ({ text = '' }: { text?: string } = {}): string => text.replaceAll(/maker(?!%2F)|nobody/g, 'x');
  assert.match(foreign?.text ?? '', /Which tenant/);
  assert.equal(plain(foreign), plain(unknown));
});

test('the inventory is for admins, and tells who granted what, in both languages', async () => {
  const viewer = await browserOf('viewer');
  assert.equal((await viewer.open(`${world.issuer}/account/installations`)).status, 404);
  const admin = await browserOf('owner');
  const link = 'href="/account/installations"';
  assert.ok((await admin.open(`${world.issuer}/account`)).text.includes(link));
  assert.ok(!(await viewer.open(`${world.issuer}/account`)).text.includes(link));
  const page = await admin.open(`${world.issuer}/account/installations`);
  assert.match(page.text, /Apps of shop.*Till.*See orders.*Pay money back.*0 calls in 30 days.*not used yet/s);
  const other = await admin.open(`${world.issuer}/account/installations?lang=zh-CN`);
  assert.match(other.text, /shop 的应用.*查看|shop 的应用.*See orders（中文）/s);
});
