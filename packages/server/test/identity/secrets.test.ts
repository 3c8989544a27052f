/**
 * No secret reaches a log. `tulou up` runs with all its logs (debug, the access log, PostgreSQL's own lines). People send and
 * receive secrets in every way, correctly and wrongly. Then the whole output of its processes is searched for each secret.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { signed } from '../../src/gateway/signatures/sample-signer.ts';
import { codeOf } from '../../src/identity/people/totp.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { systemRandom as random } from '../../src/kernel/random.ts';
import { clientOf, type Client } from '../control/fixture.ts';
import { temporary, until, up, type Started } from '../faults/platform.ts';
import { startSmtp, type SmtpServer } from '../smtp.ts';
import { basic, challengeOf, formOf, post as send } from './attack.ts';
import { openBrowser, type Browser, type Page } from './browser.ts';
import { idpClient, startIdp } from './idp.ts';
import { callback, deviceGrant, exchangeGrant } from './world.ts';

const secrets = new Map<string, string>();
const scope = 'acme/orders:read';
const basicGrants = ['authorization_code', 'refresh_token', 'client_credentials', deviceGrant, exchangeGrant];
const email = 'ann@shop.test';
const unguessable = (): string => Buffer.from(random.bytes(32)).toString('base64url');
const verifier = unguessable();
let folder: Awaited<ReturnType<typeof temporary>>;
let started: Started & { readonly at: { readonly platform: string; readonly gateway: string } };
let smtp: SmtpServer;
let service: Server;
let call: Client;
let resource: string;

/** The texts to look for: the secret part of it, so that a log cannot hide it by cutting it off or by omitting its beginning. */
function marksOf(text: string): readonly string[] {
  const own = /^tl[a-z]_/.test(text) ? text.split('_').slice(-2, -1) : text.split('.');
  return own.filter((part) => part.length >= 8).map((part) => part.slice(0, 32));
}

/** Remembers a secret that was given or shown. Returns it. */
function seen(what: string, value: unknown): string {
  assert.ok(typeof value === 'string' && value.length >= 8, `${what}: ${String(value)}`);
  // The head of a JWT, which comes first, holds no secret.
  const shown = value.startsWith('ey') ? value.slice(value.indexOf('.') + 1) : value;
  for (const mark of marksOf(shown)) secrets.set(mark, what);
  return value;
}

const leaksIn = (text: string): readonly string[] =>
  [...secrets].filter(([mark]) => text.includes(mark)).map(([, what]) => what);

before(async () => {
  folder = await temporary();
  smtp = await startSmtp();
  service = createServer((request, response) => void request.resume().once('end', () => response.end('here')));
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const data = join(folder.path, 'data');
  const env = {
    TULOU_LOG_LEVEL: 'debug',
    TULOU_ACCESS_LOG: 'true',
    TULOU_SIGN_UP: 'open',
    TULOU_SMTP_URL: smtp.url,
    TULOU_MAIL_FROM: 'tulou@shop.test',
    TULOU_UPSTREAM_ALLOW: 'loopback',
  };
  started = await up({ data, env });
  await readFiles(data, seenInFile);
  const operator = seen('the operator’s token', (await readFile(join(data, 'operator.token'), 'utf8')).trim());
  call = clientOf(`${started.at.platform}/api/v1`, operator);
});
after(async () => {
  started.kill('SIGTERM');
  await started.ended;
  service.closeAllConnections();
  service.close();
  await smtp.close();
  await folder.remove();
});

/** A running gateway renames its files: one may be gone between the listing and the reading. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** Every small file below, but for the database's own. */
async function readFiles(directory: string, read: (name: string, text: string) => void): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || /\/(?:base|global|pg_[a-z]+)\//.test(path)) continue;
    const text = await readFile(path, 'latin1').catch(absent);
    if (text !== undefined) read(path, text);
  }
}
function seenInFile(path: string, text: string): void {
  const [, own] = /"d": *"([\w-]{43})"/.exec(text) ?? [];
  if (own !== undefined) seen('a private key', own);
  if (!/(?:token|secret|password|key|jwk|\.pem)[^/]*$/.test(path)) return;
  for (const [long] of text.matchAll(/[A-Za-z0-9_+/-]{32,}/g)) seen(path, long);
}

async function make(path: string, body: object): Promise<Record<string, unknown>> {
  const answer = await call('POST', path, { body });
  assert.equal(answer.status, 201, `${path} ${answer.text}`);
  return answer.body;
}

const words = { en: 'Read', zh: '读取' };
async function configure(): Promise<void> {
  for (const slug of ['acme', 'maker', 'shop']) {
    const { id } = await make('/tenants', { slug, name: slug });
    if (slug === 'shop') resource = `urn:tulou:tenant:${String(id)}`;
  }
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  await make('/tenants/acme/apis', { slug: 'orders', name: 'Orders', visibility: 'public' });
  await make('/tenants/acme/apis/orders/scopes', { name: 'read', risk: 'low', title: words, description: words });
  await make('/tenants/acme/apis/orders/versions', { name: 'v1', upstreams: [{ url }], state: 'live', access: 'any' });
  const limits = [{ requests: 10_000, per: 'minute' }];
  await make('/tenants/acme/apis/orders/plans', { slug: 'basic', name: 'Basic', limits, approval: 'auto' });
  const app = { slug: 'till', name: 'Till', visibility: 'public', scopes: [scope], redirect_uris: [callback] };
  await make('/tenants/maker/apps', app);
  await make('/tenants/maker/subscriptions', { app: 'till', api: 'acme/orders', plan: 'basic' });
  await make('/tenants/shop/installations', { app: 'maker/till', scopes: [scope] });
}

/** The link of the newest mail. The secrets in it are remembered. */
async function linkOf(count: number): Promise<string> {
  const { data = '' } = (await smtp.waitFor(count)).at(-1) ?? {};
  const body = /quoted-printable/i.test(data)
    ? data
        .replaceAll('=\r\n', '')
        .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : data;
  const link = /http\S+(?:proof|secret)=\S+/.exec(body)?.[0] ?? '';
  assert.notEqual(link, '', data);
  const { searchParams } = new URL(link);
  seen('a mailed link', searchParams.get('secret') ?? searchParams.get('proof')?.split('.')[1]);
  return link;
}

const found = (page: Page, shape: RegExp): string => {
  const [, part = ''] = shape.exec(page.text) ?? [];
  assert.notEqual(part, '', `${String(shape)} is not in ${page.url} ${page.status} ${page.text}`);
  return part;
};
const formToken = (page: Page): string => seen('a form token', found(page, /name="form_token" value="([^"]+)"/));

function seenCookies(browser: Browser, path: string): void {
  for (const pair of browser.cookies(path).split('; ')) {
    const [name = '', value = ''] = pair.split('=', 2);
    // The address of an interaction holds the same id; only the signature makes the cookie valid.
    if (value.length >= 20 && name !== 'tulou_interaction') seen(`the cookie ${name}`, value);
  }
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const bytesOf = (text: string): Buffer => {
  const bits = Array.from(text, (one) => alphabet.indexOf(one).toString(2).padStart(5, '0'));
  return Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
};

/** Comes by a mailed link, sets up a second factor, forgets the password; mistypes on the way. Returns the browser. */
async function becomePerson(): Promise<Browser> {
  const { platform } = started.at;
  const [first, second] = [seen('a password', unguessable()), seen('a password', unguessable())];
  const browser = openBrowser(platform);
  await browser.submit(await browser.open(`${platform}/account/sign-up`), { email });
  const page = await browser.open(await linkOf(1));
  seenCookies(browser, '/account/sign-up');
  formToken(page);
  assert.match((await browser.submit(page, { name: 'Ann', password: first })).text, /Your account is there/);
  await browser.submit(await browser.open(`${platform}/account/reset`), { email });
  const reset = await browser.open(await linkOf(2));
  assert.match((await browser.submit(reset, { password: second })).text, /The password is set/);
  const login = await browser.open(`${platform}/account/authenticator`);
  seenCookies(browser, new URL(login.url).pathname);
  const mistyped = seen('a mistyped password', `${second.slice(1)}x`);
  const wrong = await browser.submit(login, { do: 'sign-in', email, password: mistyped });
  assert.equal(wrong.status, 422);
  const begun = await browser.submit(wrong, { do: 'sign-in', email, password: second });
  const seed = found(begun, /<code class="key"[^>]*>([A-Z2-7 ]+)</);
  seen('a seed', seed.replaceAll(' ', ''));
  seen('a seed, as it is shown', seed);
  const code = codeOf(bytesOf(seed.replaceAll(' ', '')), Math.floor(clock.now() / 30_000));
  const codes = await browser.submit(await browser.submit(begun, { do: 'on', code }));
  const recovery = [...codes.text.matchAll(/<code>([0-9a-z-]{19})<\/code>/g)].map(([, one]) =>
    seen('a recovery code', one),
  );
  assert.equal(recovery.length, 10);
  const other = openBrowser(platform);
  const asked = await other.submit(await other.open(`${platform}/account`), { do: 'sign-in', email, password: second });
  const missed = await other.submit(asked, {
    do: 'recovery',
    recovery: seen('a wrong recovery code', 'aaaa-bbbb-cccc-dddd'),
  });
  assert.equal(missed.status, 422);
  const entered = await other.submit(missed, { do: 'recovery', recovery: recovery[0] ?? '' });
  assert.equal(entered.url, `${platform}/account`);
  seenCookies(other, '/account');
  await joinTenant(other, second);
  return other;
}

/** Accepts the invitation to the tenant, at the second try. */
async function joinTenant(browser: Browser, password: string): Promise<void> {
  await make('/tenants/shop/members', { email, role: 'owner' });
  const { length } = smtp.received;
  const isInvited = (): Promise<boolean> =>
    Promise.resolve(smtp.received.some(({ data }) => /account\/invitation/.test(data.replaceAll('=\r\n', ''))));
  await until(isInvited);
  const page = await browser.open(await linkOf(length));
  seenCookies(browser, '/account/invitation');
  const wrong = await browser.submit(page, { password: seen('a wrong password', unguessable()) });
  assert.equal(wrong.status, 422);
  assert.equal((await browser.submit(wrong, { password })).status, 200);
}

type Told = Readonly<Record<string, unknown>>;
const secretFields = ['access_token', 'refresh_token', 'id_token', 'device_code', 'user_code', 'request_uri'];

/** A request of the client, with all that is secret in it and in its answer. */
async function ask(
  client: { id: string; secret: string },
  path: string,
  fields: Record<string, string>,
): Promise<Told> {
  const headers = basic(client);
  seen('a client’s credentials', headers['authorization']?.slice('Basic '.length));
  const { said: told } = await send(`${started.at.platform}/oauth2/${path}`, fields, headers);
  for (const name of secretFields) if (name in told) seen(name, String(told[name]).split(':').at(-1));
  return told;
}

async function useClient(browser: Browser): Promise<string> {
  const facts = { name: 'web', environment: 'live', authentication: 'client_secret_basic', redirect_uris: [callback] };
  const made = await make('/tenants/maker/apps/till/clients', { ...facts, grant_types: basicGrants });
  const client = { id: String(made['id']), secret: seen('a client’s secret', made['client_secret']) };
  const wrong = { id: client.id, secret: seen('a wrong client secret', unguessable()) };
  const { platform } = started.at;
  const request = {
    client_id: client.id,
    response_type: 'code',
    redirect_uri: callback,
    scope: `openid offline_access ${scope}`,
    prompt: 'consent',
    resource,
    code_challenge: challengeOf(seen('a verifier', verifier)),
    code_challenge_method: 'S256',
  };
  const { request_uri: pushed } = await ask(client, 'par', request);
  assert.equal((await ask(wrong, 'par', request))['error'], 'invalid_client');
  const asked = await browser.open(
    `${platform}/oauth2/authorize?${formOf({ client_id: client.id, request_uri: String(pushed) })}`,
  );
  seenCookies(browser, new URL(asked.url).pathname);
  const end = await browser.submit(asked, { do: 'allow' });
  const code = seen('a code', new URL(end.url).searchParams.get('code'));
  const redemption = { grant_type: 'authorization_code', code, redirect_uri: callback, resource };
  const miss = { ...redemption, code: seen('a wrong code', unguessable()), code_verifier: verifier };
  assert.equal((await ask(client, 'token', miss))['error'], 'invalid_grant');
  const tokens = await ask(client, 'token', { ...redemption, code_verifier: verifier });
  const [token, refresh] = [String(tokens['access_token']), String(tokens['refresh_token'])];
  const fresh = await ask(client, 'token', { grant_type: 'refresh_token', refresh_token: refresh });
  assert.ok('access_token' in fresh, JSON.stringify(fresh));
  const own = await ask(client, 'token', { grant_type: 'client_credentials', resource });
  const subject = { subject_token: token, subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
  assert.ok('access_token' in (await ask(client, 'token', { grant_type: exchangeGrant, ...subject, scope })));
  const bad = seen('a wrong token', `${token.slice(0, -20)}${unguessable().slice(0, 20)}`);
  assert.ok('error' in (await ask(client, 'token', { grant_type: exchangeGrant, ...subject, subject_token: bad })));
  for (const one of [token, refresh, bad, unguessable()])
    await ask(client, 'introspect', { token: seen('a token', one) });
  assert.equal((await ask(wrong, 'introspect', { token }))['error'], 'invalid_client');
  await useDevice(client, browser);
  await ask(client, 'revoke', { token: String(fresh['refresh_token']) });
  await ask(client, 'revoke', { token: seen('a wrong token', unguessable()) });
  const again = await ask(client, 'token', { grant_type: 'refresh_token', refresh_token: refresh });
  assert.equal(again['error'], 'invalid_grant', 'it is used, and says so to nobody else');
  return String(own['access_token']);
}

async function useDevice(client: { id: string; secret: string }, browser: Browser): Promise<void> {
  const { platform } = started.at;
  const device = await ask(client, 'device/authorize', { scope: 'openid' });
  const page = await browser.open(`${platform}/oauth2/device`);
  const missed = await browser.submit(page, { user_code: seen('a wrong user code', 'BBBB-CCCC') });
  const shown = await browser.submit(missed, { user_code: String(device['user_code']) });
  const agreed = await browser.submit(shown, { confirm: 'yes' });
  await browser.submit(agreed, { do: 'allow' });
  await ask(client, 'token', { grant_type: deviceGrant, device_code: String(device['device_code']) });
  await ask(client, 'token', { grant_type: deviceGrant, device_code: seen('a wrong device code', unguessable()) });
}

/** Calls the API with each kind of credential, and with each of them spoilt; also where none belongs. */
async function useGateway(token: string): Promise<void> {
  const url = `${started.at.gateway}/acme/orders/v1/orders`;
  const keys = '/tenants/maker/apps/till/keys';
  const key = seen('an API key', (await make(keys, { environment: 'live' }))['key']);
  const hmac = await make(keys, { environment: 'live', kind: 'hmac-sha256' });
  const text = seen('a signing secret', hmac['key']);
  const signer = {
    object: { key: String(hmac['credential_id']) },
    sign: (base: string) => createHmac('sha256', text).update(base, 'latin1').digest(),
  };
  const statusOf = async (headers: [string, string][], query = ''): Promise<number> =>
    (await fetch(url + query, { headers })).status;
  const signature = (nonce: string): [string, string][] => {
    const flat = signed(signer, clock.now(), { url, params: { nonce } });
    return flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1] ?? ''] as [string, string]] : []));
  };
  const given = signature('one');
  for (const [, value] of given.slice(-1)) seen('a signature', value.slice('sig=:'.length, -1));
  await until(async () => (await statusOf([['x-api-key', key]])) === 200);
  await until(async () => (await statusOf([['authorization', `Bearer ${token}`]])) === 200);
  await until(async () => (await statusOf(signature(unguessable()))) === 200);
  assert.equal(await statusOf(given), 200);
  assert.equal(await statusOf(given), 401, 'a signature is good once');
  const spoilt = (one: string): string =>
    seen('a spoilt credential', one.replace(/.{12}$/, unguessable().slice(0, 12)));
  for (const headers of [
    [['x-api-key', spoilt(key)]],
    [['authorization', `Bearer ${spoilt(token)}`]],
    [['authorization', `Basic ${seen('credentials', unguessable())}`]],
    [['x-api-key', text]],
  ] as [string, string][][])
    assert.equal(await statusOf(headers), 401);
  for (const name of ['access_token', 'api_key'])
    assert.equal(await statusOf([], `?${formOf({ [name]: token, k: key })}`), 401);
}

/** A tenant's own provider signs somebody in with a token that is not good; its secret, and the way there and back. */
async function failAtProvider(): Promise<void> {
  const idp = await startIdp();
  try {
    const client = { client_id: idpClient.id, client_secret: seen('a provider’s secret', idpClient.secret) };
    const facts = { name: 'SSO', issuer: idp.issuer, domains: ['shop.test'], ...client };
    const { id } = await make('/tenants/shop/connections', facts);
    idp.claims = { sub: 's', email, email_verified: true };
    idp.forged = true;
    const { platform } = started.at;
    const browser = openBrowser(platform);
    const { url } = await browser.open(`${platform}/account`);
    const path = `/account/federation/${String(id)}`;
    const left = await browser.open(`${platform}${path}?interaction=${url.split('/').at(-1)}`);
    seenCookies(browser, path);
    const back = (await fetch(left.url, { redirect: 'manual' })).headers.get('location') ?? '';
    for (const name of ['state', 'nonce']) seen(name, idp.asked.get(name));
    assert.equal((await browser.open(back)).status, 403);
  } finally {
    await idp.close();
  }
}

/** A member's token of the control API, and one that is none. */
async function useControl(): Promise<void> {
  const { body } = await call<{ items: { id: string }[] }>('GET', '/tenants/shop/members');
  const made = await make('/tenants/shop/tokens', { member: body.items[0]?.id, name: 'of Ann' });
  const token = seen('a member’s token', made['token']);
  const wrong = seen('a wrong token', unguessable());
  for (const [one, status] of [
    [token, 200],
    [token.replace(/.{12}$/, ''), 401],
    [wrong, 401],
  ] as const)
    assert.equal((await call('GET', '/tenants/shop/members', { token: one })).status, status);
}

/** A mail that its server rejects. */
async function failToMail(): Promise<void> {
  const refused = smtp.answerNext('550 no such mailbox');
  const browser = openBrowser(started.at.platform);
  await browser.submit(await browser.open(`${started.at.platform}/account/sign-up`), { email: 'gone@shop.test' });
  await refused;
}

test('no log has a secret in it, whoever shows it or is given it, rightly or wrongly', async () => {
  await configure();
  await failToMail();
  const browser = await becomePerson();
  await useGateway(await useClient(browser));
  await useControl();
  await failAtProvider();
  // Check of the test itself: the path of a call is in the access log.
  const planted = unguessable();
  await fetch(`${started.at.gateway}/acme/orders/v1/${planted}`);
  await readFiles(join(folder.path, 'data'), seenInFile);
  started.kill('SIGTERM');
  const { stdout, stderr } = await started.ended;
  let said = stdout + stderr;
  await readFiles(join(folder.path, 'data'), (path, text) => {
    if (/\.log$|\/logs?\//.test(path)) said += text;
  });
  for (const shape of [
    /"message":"call"/,
    /"message":"postgres"/,
    /"level":"debug"/,
    /was not taken/,
    /did not sign somebody in/,
  ])
    assert.ok(shape.test(said), `there is nothing of ${String(shape)} to search`);
  assert.ok(secrets.size > 60, `${secrets.size} secrets`);
  assert.deepEqual(leaksIn(said), []);
  seen('planted', planted);
  assert.deepEqual(leaksIn(said), ['planted']);
});
