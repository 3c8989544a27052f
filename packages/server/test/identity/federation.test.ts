/** Members who sign in by their tenant's own identity provider; with a real one over HTTP, that also misbehaves. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { secretContext } from '../../src/identity/operations/connections/connection.ts';
import { findConnection, offeredTo } from '../../src/identity/federation/connections.ts';
import { personOf } from '../../src/identity/federation/link.ts';
import { openProviders } from '../../src/identity/federation/provider.ts';
import { openVault } from '../../src/kernel/seal.ts';
import { openGuardedFetch } from '../../src/identity/outbound/guarded-fetch.ts';
import { openPasswords } from '../../src/identity/people/password.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { newId, systemRandom as random } from '../../src/kernel/random.ts';
import { findMembership } from '../../src/store/membership.ts';
import { bindMember } from '../../src/tenants/members/bind.ts';
import { openBrowser, type Browser, type Page } from './browser.ts';
import { idpClient, startIdp, type Idp } from './idp.ts';
import { callback, masterKey, pagesOver, startWorld, type TestClient, type World } from './world.ts';
import { fromIdentity } from '../../src/tenancy/doors.ts';

const password = 'correct horse battery';
let world: World;
let app: TestClient;
let config: client.Configuration;
let resource: string;
let idp: Idp;
let connection: string;

before(async () => {
  world = await startWorld(pagesOver);
  app = await world.makeClient();
  const execute = [client.allowInsecureRequests];
  config = await client.discovery(new URL(world.issuer), app.id, undefined, client.ClientSecretBasic(app.secret), {
    execute,
  });
  resource = `urn:tulou:tenant:${world.tenant.id}`;
  const kept = await openPasswords(random).keep(password);
  await run(({ sql }) => sql`update users set secret_password = ${kept}`);
});
after(() => world.stop());
beforeEach(async () => {
  await run(async ({ sql }) => {
    await sql`delete from connections`;
    await sql`delete from sign_in_attempts`;
  });
  idp = await startIdp();
  connection = await connect();
});
afterEach(() => idp.close());

type Tx = Parameters<Parameters<World['store']['system']>[1]>[0];
const run = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => world.store.system('test', work);

async function connect(facts: { enforced?: boolean; issuer?: string } = {}): Promise<string> {
  const [id, now, uuid] = [newId('connection', clock, random), new Date(), world.tenant.uuid];
  const secret = openVault(masterKey, random).seal(idpClient.secret, secretContext(uuid, id));
  await run(
    ({ sql }) => sql`
    insert into connections (tenant_id, id, name, issuer_url, client_id, secret_client_secret, domains, enforced, state,
      created_at, updated_at) values (${uuid}, ${id}, 'Shop SSO', ${facts.issuer ?? idp.issuer}, ${idpClient.id}, ${secret},
      ${['shop.test']}, ${facts.enforced ?? false}, 'active', ${now}, ${now})`,
  );
  return id;
}

async function makeMember(email: string, role = 'developer'): Promise<string> {
  const [id, now] = [newId('member', clock, random), new Date()];
  await run(
    ({ sql }) => sql`insert into members (tenant_id, id, email, role, created_at, updated_at)
      values (${world.tenant.uuid}, ${id}, ${email}, ${role}, ${now}, ${now})`,
  );
  return id;
}

interface Begun {
  readonly browser: Browser;
  readonly page: Page;
  readonly verifier: string;
}

async function begin(browser = openBrowser(world.issuer), more: Record<string, string> = {}): Promise<Begun> {
  const verifier = client.randomPKCECodeVerifier();
  const asked = {
    redirect_uri: callback,
    scope: 'openid email acme/orders:read',
    resource,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...more,
  };
  const url = client.buildAuthorizationUrl(config, asked);
  // Empty fields are left out.
  for (const [name, value] of Object.entries(more)) if (value === '') url.searchParams.delete(name);
  return { browser, verifier, page: await browser.open(url.href) };
}

const wayOf = (page: Page): string =>
  /href="(\/account\/federation\/con_[^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';

/** To the provider and back to the page that it leads to. */
async function through({ browser, page }: Begun): Promise<Page> {
  return browser.open(await there(browser, page));
}
async function there(browser: Browser, page: Page): Promise<string> {
  const left = await browser.open(world.issuer + wayOf(page));
  assert.ok(left.url.startsWith(`${idp.issuer}/authorize?`), left.text);
  return (await fetch(left.url, { redirect: 'manual' })).headers.get('location') ?? '';
}

async function finish(
  { browser, verifier }: Begun,
  consent: Page,
): Promise<client.TokenEndpointResponse & client.TokenEndpointResponseHelpers> {
  const end = await browser.submit(consent, { do: 'allow' });
  return client.authorizationCodeGrant(config, new URL(end.url), { pkceCodeVerifier: verifier }, { resource });
}

const someone = (sub: string, email: string) => ({ sub, email, email_verified: true, name: 'Ann' });

test('a member signs in by the tenant’s provider, is a person of that connection, and is the same one the next time', async () => {
  const member = await makeMember('ann@shop.test');
  idp.claims = someone('s-1', 'Ann@shop.test');
  const begun = await begin();
  assert.match(begun.page.text, /Sign in with Shop SSO/);
  const consent = await through(begun);
  assert.match(consent.text, /Ann \(ann@shop\.test\)/);
  const tokens = await finish(begun, consent);
  const claims = decodeJwt(tokens.access_token);
  assert.equal(claims['scope'], 'acme/orders:read');
  assert.equal(tokens.claims()?.['email_verified'] ?? false, false, 'the tenant’s word is worth nothing to others');
  const [row] = await run(({ sql }) => sql`select user_id, email from members where id = ${member}`);
  assert.equal(row?.['user_id'], claims.sub);
  const [audit] = await run(({ sql }) => sql`select operation, actor from audit where target = ${member}`);
  assert.deepEqual([audit?.['operation'], audit?.['actor']], ['members.join', member]);
  // The address may change at the provider; the identity of the person does not.
  idp.claims = { sub: 's-1', email: 'other@elsewhere.test', email_verified: false };
  const again = await begin();
  const page = await through(again);
  assert.match(page.text, /Ann \(ann@shop\.test\)/);
});

test('the way there has PKCE, a state, a nonce, and an address of its own to come back to', async () => {
  const begun = await begin();
  await there(begun.browser, begun.page);
  const { asked } = idp;
  assert.equal(asked.get('code_challenge_method'), 'S256');
  for (const name of ['code_challenge', 'state', 'nonce']) assert.match(asked.get(name) ?? '', /^[\w-]{43}$/);
  assert.equal(asked.get('redirect_uri'), `${world.issuer}/account/federation/${connection}`);
  assert.equal(asked.get('prompt'), null);
  const fresh = await begin(openBrowser(world.issuer), { prompt: 'login' });
  await there(fresh.browser, fresh.page);
  assert.equal(idp.asked.get('prompt'), 'login', 'what the app asks for is asked for there');
});

test('who is no member, whose address is not verified or of a foreign domain, is told so and gets nothing', async () => {
  await makeMember('bob@shop.test');
  await makeMember('bob@foreign.test');
  for (const claims of [
    someone('s-2', 'nobody@shop.test'),
    { ...someone('s-2', 'bob@shop.test'), email_verified: false },
    { ...someone('s-2', 'bob@shop.test'), email_verified: 'true' },
    someone('s-2', 'bob@foreign.test'),
    someone('s-2', 'bob@shop.test@foreign.test'),
    { sub: 's-2' },
  ]) {
    idp.claims = claims;
    const page = await through(await begin());
    assert.equal(page.status, 403, JSON.stringify(claims));
    assert.match(page.text, /no member/);
  }
  const [row] = await run(({ sql }) => sql`select user_id from members where email = 'bob@shop.test'`);
  assert.equal(row?.['user_id'], null);
});

test('another subject with the address of a member who is known by the provider is nobody', async () => {
  await makeMember('cat@shop.test');
  idp.claims = someone('s-3', 'cat@shop.test');
  assert.match((await through(await begin())).text, /Allow Till/);
  idp.claims = someone('s-4', 'cat@shop.test');
  assert.equal((await through(await begin())).status, 403);
});

test('a provider of one tenant opens nothing that the person behind an address has at another', async () => {
  const [victim, other] = [world.viewer, '0199c5a0-0000-7000-8000-00000000000b'];
  const now = new Date();
  await run(async ({ sql }) => {
    await sql`insert into tenants (tenant_id, slug, name, created_at, updated_at) values (${other}, 'other', 'other', ${now}, ${now})`;
    await sql`insert into members (tenant_id, id, email, role, user_id, created_at, updated_at)
      values (${other}, ${newId('member', clock, random)}, 'viewer@shop.test', 'owner', ${victim}, ${now}, ${now})`;
  });
  idp.claims = someone('s-evil', 'viewer@shop.test');
  const begun = await begin();
  const { sub = '' } = decodeJwt((await finish(begun, await through(begun))).access_token);
  assert.notEqual(sub, victim);
  assert.equal(await run((tx) => findMembership(tx, other, sub)), undefined);
  assert.equal((await run((tx) => findMembership(tx, other, victim)))?.role, 'owner');
  assert.ok(await world.denied(`user:${victim}`), 'what the other account had in this tenant ends');
  await run(
    ({ sql }) =>
      sql`update members set user_id = ${victim} where tenant_id = ${world.tenant.uuid} and user_id = ${sub}`,
  );
});

test('an admin’s provider becomes no owner: neither one who has joined, nor one who is invited', async () => {
  await makeMember('boss@shop.test', 'owner');
  for (const email of ['owner@shop.test', 'boss@shop.test']) {
    idp.claims = someone(`s-${email}`, email);
    assert.equal((await through(await begin())).status, 403, email);
  }
  assert.equal((await run((tx) => findMembership(tx, world.tenant.uuid, world.user)))?.role, 'owner');
  await run(({ sql }) => sql`update connections set owners = true`);
  idp.claims = someone('s-boss', 'boss@shop.test');
  const begun = await begin();
  const { sub = '' } = decodeJwt((await finish(begun, await through(begun))).access_token);
  assert.equal((await run((tx) => findMembership(tx, world.tenant.uuid, sub)))?.role, 'owner');
  // An owner revokes the approval: an owner according to that provider has at most the rights of an admin.
  await run(({ sql }) => sql`update connections set owners = false`);
  assert.equal((await run((tx) => findMembership(tx, world.tenant.uuid, sub)))?.role, 'admin');
});

test('an admin’s provider that is enforced does not shut out an owner', async () => {
  await run(({ sql }) => sql`update connections set enforced = true`);
  assert.equal((await run((tx) => findMembership(tx, world.tenant.uuid, world.user)))?.role, 'owner');
  const { browser, page } = await begin();
  assert.match(page.text, /type="password"/);
  const consent = await browser.submit(page, { do: 'sign-in', email: 'owner@shop.test', password });
  assert.match(consent.text, /Allow Till/);
});

test('a person whom an operator has disabled is not let in by the next connection', async () => {
  await makeMember('ida@shop.test');
  idp.claims = someone('s-10', 'ida@shop.test');
  const begun = await begin();
  const { sub = '' } = decodeJwt((await finish(begun, await through(begun))).access_token);
  await run(async ({ sql }) => {
    await sql`update users set disabled_at = now() where id = ${sub}`;
    await sql`update members set user_id = null where user_id = ${sub}`;
    await sql`delete from connections`;
  });
  connection = await connect();
  assert.equal((await through(await begin())).status, 403);
});

test('answers that are not right sign nobody in: forged, for another, of another, replayed nonce, expired', async () => {
  await makeMember('dan@shop.test');
  idp.claims = someone('s-5', 'dan@shop.test');
  const now = Math.floor(Date.now() / 1000);
  const faults: readonly (readonly [string, () => void])[] = [
    ['forged signature', () => (idp.forged = true)],
    ['other audience', () => (idp.twist = { aud: 'somebody else' })],
    ['other issuer', () => (idp.twist = { iss: 'https://other.test' })],
    ['other nonce', () => (idp.twist = { nonce: 'another' })],
    ['expired', () => (idp.twist = { exp: now - 3600, iat: now - 7200 })],
    ['other state', () => (idp.back = { state: 'another' })],
    ['unknown code', () => (idp.back = { code: 'another' })],
    ['other iss in the answer', () => (idp.back = { iss: 'https://other.test' })],
    ['refused there', () => (idp.back = { error: 'access_denied' })],
  ];
  for (const [name, breakIt] of faults) {
    breakIt();
    const page = await through(await begin());
    assert.equal(page.status, 403, name);
    assert.match(page.text, /did not sign you in/, name);
    [idp.forged, idp.twist, idp.back] = [false, {}, {}];
  }
  assert.match((await through(await begin())).text, /Allow Till/);
});

test('an answer in another browser, or a second time, or at another connection, is of no use', async () => {
  await makeMember('eve@shop.test');
  idp.claims = someone('s-6', 'eve@shop.test');
  const begun = await begin();
  const back = await there(begun.browser, begun.page);
  assert.equal((await openBrowser(world.issuer).open(back)).status, 400);
  const second = await connect();
  assert.equal((await begun.browser.open(back.replace(connection, second))).status, 400);
  assert.match((await begun.browser.open(back)).text, /Allow Till/);
  assert.equal((await begun.browser.open(back)).status, 400);
});

test('where the tenant enforces it, there is no other way in, and who came another way has no say', async () => {
  const browser = openBrowser(world.issuer);
  const before = await begin(browser);
  const signedIn = await browser.submit(before.page, { do: 'sign-in', email: 'owner@shop.test', password });
  const tokens = await finish(before, signedIn);
  await run(({ sql }) => sql`update connections set enforced = true, owners = true`);
  const refused = (error: unknown) => error instanceof client.ResponseBodyError && error.error === 'invalid_target';
  await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token ?? '', { resource }), refused);
  const { page } = await begin();
  assert.doesNotMatch(page.text, /type="password"/);
  assert.match(page.text, /Sign in with Shop SSO.*Cancel/s);
  // A form that was open before, or is forged, does not bypass it.
  const forged = await openAndSubmit();
  assert.equal(forged.status, 403);
  assert.equal(await run((tx) => findMembership(tx, world.tenant.uuid, world.user)), undefined);
  await makeMember('fay@shop.test', 'admin');
  idp.claims = someone('s-7', 'fay@shop.test');
  const begun = await begin();
  const { sub = '' } = decodeJwt((await finish(begun, await through(begun))).access_token);
  assert.equal((await run((tx) => findMembership(tx, world.tenant.uuid, sub)))?.role, 'admin');
});

test('who is signed in with an account that may not act there is asked for another, and is not sent away', async () => {
  const browser = openBrowser(world.issuer);
  const first = await begin(browser, { scope: 'openid', resource: '' });
  await browser.submit(first.page, { do: 'sign-in', email: 'owner@shop.test', password });
  await run(({ sql }) => sql`update connections set enforced = true, owners = true`);
  await makeMember('hal@shop.test');
  idp.claims = someone('s-9', 'hal@shop.test');
  const begun = await begin(browser);
  assert.match(begun.page.text, /not act there|no member of the tenant/);
  const silent = await begin(browser, { prompt: 'none' });
  assert.equal(new URL(silent.page.url).searchParams.get('error'), 'login_required');
  const consent = await through(begun);
  assert.match(consent.text, /Ann \(hal@shop\.test\)/);
});

async function openAndSubmit(): Promise<Page> {
  const { browser, page } = await begin();
  return browser.submit(page, { do: 'sign-in', email: 'owner@shop.test', password });
}

test('a paused connection, a disabled person and one of another tenant’s app are let in by nobody', async () => {
  await makeMember('gus@shop.test');
  idp.claims = someone('s-8', 'gus@shop.test');
  const begun = await begin();
  const { sub = '' } = decodeJwt((await finish(begun, await through(begun))).access_token);
  await run(({ sql }) => sql`update users set disabled_at = now() where id = ${sub}`);
  assert.equal((await through(await begin())).status, 403);
  const way = wayOf((await begin()).page);
  await run(({ sql }) => sql`update connections set state = 'paused'`);
  assert.equal(wayOf((await begin()).page), '');
  assert.equal((await openBrowser(world.issuer).open(world.issuer + way)).status, 404);
});

test('a provider at an address that is not allowed is not connected to', async () => {
  const providers = openProviders({ fetch: openGuardedFetch({ allow: [] }, { clock }), clock });
  const found = await run((tx) => findConnection(tx, connection, openVault(masterKey, random)));
  assert.ok(found);
  await assert.rejects(providers.leave(found, `${world.issuer}/back`, false));
  assert.deepEqual(idp.seen, []);
});

test('where no tenant is asked for, there is a way for members of those that have a provider, and only then', async () => {
  const way = 'Sign in with your company';
  const plain = () => begin(openBrowser(world.issuer), { scope: 'openid', resource: '' });
  assert.ok((await plain()).page.text.includes(way));
  assert.ok(!(await begin()).page.text.includes(way));
  await run(({ sql }) => sql`update connections set state = 'paused'`);
  assert.ok(!(await plain()).page.text.includes(way));
});

test('an address finds the provider of its company, at the sign-in page and at the page for companies', async () => {
  const browser = openBrowser(world.issuer);
  const { page } = await begin(browser, { scope: 'openid', resource: '' });
  const offered = await browser.submit(page, { do: 'sign-in', email: 'Ann@Shop.test', password: '' });
  assert.match(offered.text, /Sign in with Shop SSO/);
  await makeMember('jon@shop.test');
  idp.claims = someone('s-11', 'jon@shop.test');
  assert.match((await through({ browser, page: offered, verifier: '' })).text, /Allow Till/);
  const choose = await browser.open(`${world.issuer}/account/federation?interaction=abc`);
  assert.match((await browser.submit(choose, { tenant: 'ann@shop.test' })).text, /Sign in with Shop SSO/);
  const [absent, wrong] = await Promise.all(
    ['ann@nowhere.test', 'ann@sub.shop.test'].map((tenant) => browser.submit(choose, { tenant })),
  );
  assert.deepEqual([absent?.status, wrong?.status], [422, 422]);
});

test('a mail domain that its tenant has not verified finds and binds nobody, where names must be proven', async () => {
  const strict = { provenDomainsOnly: true };
  const email = 'kim@shop.test';
  await makeMember(email);
  const found = await run((tx) => findConnection(tx, connection, openVault(masterKey, random)));
  assert.ok(found);
  const visitor = { locale: 'en', address: '', requestId: '' } as const;
  const audit = () => Promise.resolve();
  const deps = { clock, random, audit, bindMember, ...strict };
  const asserted = { subject: 's-12', email, emailVerified: true, name: 'Kim' };
  const scope = fromIdentity('connection', world.tenant.uuid);
  const bound = () => world.store.tenant(scope, (tx) => personOf(tx, found, asserted, visitor, deps));
  assert.equal(await bound(), undefined);
  assert.deepEqual(await run((tx) => offeredTo(tx, email, true)), []);
  await run(
    ({ sql }) => sql`insert into domain_owners (host, owner, method) values ('shop.test', ${world.tenant.uuid}, 'dns')`,
  );
  assert.equal((await run((tx) => offeredTo(tx, email, true))).length, 1);
  assert.match((await bound()) ?? '', /^usr_/);
});

test('who does not say for which tenant says it at a page, which does not tell tenants that are not there', async () => {
  const path = `${world.issuer}/account/federation?interaction=abc`;
  const browser = openBrowser(world.issuer);
  const page = await browser.open(path);
  const found = await browser.submit(page, { tenant: 'shop' });
  assert.match(found.text, /Sign in with Shop SSO/);
  const [absent, without] = await Promise.all(['nowhere', 'acme'].map((tenant) => browser.submit(page, { tenant })));
  assert.equal(absent?.status, 422);
  assert.equal(absent?.text.replace('value="nowhere"', ''), without?.text.replace('value="acme"', ''));
});
