/** Signing in, with a whole platform on the other side and a browser that follows, fills in and agrees. */
import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openBrowser } from '../../server/test/identity/browser.ts';
import { startRunning, type Running } from '../../server/test/running.ts';
import { openStage, type Ran, type Scene, type Stage } from './stage.ts';

let platform: Running;
let stage: Stage;

before(async () => {
  platform = await startRunning();
  for (const slug of ['acme', 'globex']) await platform.call('POST', '/tenants', { body: { slug, name: slug } });
  await platform.addPerson('acme', 'owner@acme.test', 'owner');
  const { member } = await platform.addPerson('globex', 'viewer@globex.test', 'viewer');
  await platform.database.store.system('test', async ({ sql }) => {
    await sql`update members set user_id = (select id from users where email = 'owner@acme.test') where id = ${member}`;
  });
});
after(() => platform.stop());
beforeEach(async () => {
  stage = await openStage();
});

const configPath = (): string => `${stage.dir}/home/.config/tulou/config.json`;

interface Saved {
  current: string;
  contexts: Record<
    string,
    { url: string; login?: { refresh_token: string; access_token: string; expires_at: number } }
  >;
}
const saved = async (): Promise<Saved> => JSON.parse(await readFile(configPath(), 'utf8')) as Saved;
const save = (config: Saved): Promise<void> => writeFile(configPath(), JSON.stringify(config), { mode: 0o600 });

/** Signs in as the owner, with a browser that does what it is asked. */
async function login(words: readonly string[] = [], scene: Scene = {}): Promise<Ran> {
  const pages: Promise<string>[] = [];
  const browse = (url: string): void => void pages.push(platform.signIn('owner@acme.test', url));
  const ran = await stage.tulou(['login', ...words, '--url', platform.url], { browse, ...scene });
  for (const page of await Promise.all(pages)) assert.match(page, /Return to your terminal/);
  return ran;
}

async function done(line: string, scene?: Scene): Promise<Ran> {
  const ran = await stage.tulou(line.split(' '), scene);
  assert.equal(ran.code, 0, `${line}\n${ran.err}`);
  return ran;
}

test('by a browser: signed in, kept for the owner’s eyes, and in use at once, with the rights of each member', async () => {
  const ran = await login();
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.err, /Signed in as owner@acme\.test/);
  assert.equal((await stat(configPath())).mode & 0o777, 0o600);
  const name = new URL(platform.url).host.replace(':', '-');
  assert.equal((await saved()).current, name);
  await done('apis create acme --slug mine --name Mine');
  const refused = await stage.tulou(['apis', 'create', 'globex', '--slug', 'mine', '--name', 'Mine']);
  assert.equal(refused.code, 77);
  assert.match((await done('whoami')).out, /owner@acme\.test/);
  assert.match((await done('whoami --json')).out, /"slug":"globex","name":"globex","member":"mem_\w+","role":"viewer"/);
  assert.match((await done('context list')).out, /signed in/);
  for (const secret of Object.values((await saved()).contexts[name]?.login ?? {}))
    assert.ok(!`${ran.out}${ran.err}`.includes(String(secret)));
});

test('by another device: the person enters the code that is shown here', async () => {
  let page = '';
  const asked: { code?: string; at?: string } = {};
  const io = stage.io();
  const entering = async (): Promise<void> => {
    const [, at = ''] = /open\s+(\S+)/.exec(io.written.err) ?? [];
    const [, code = ''] = /code\s+([A-Z]{4}-[A-Z]{4})/.exec(io.written.err) ?? [];
    if (asked.code !== undefined) return;
    Object.assign(asked, { code, at });
    page = await enterCode(at, code);
  };
  const { run } = await import('../src/main.ts');
  const code = await run(['login', 'laptop', '--device', '--url', platform.url], { ...io, sleep: entering });
  assert.equal(code, 0, io.written.err);
  assert.match(page, /connected/);
  assert.equal((await saved()).current, 'laptop');
  await done('tenants get acme');
});

async function enterCode(at: string, code: string): Promise<string> {
  const browser = openBrowser(platform.url);
  let page = await browser.submit(await browser.open(at), { user_code: code });
  for (let steps = 0; steps < 5 && page.text.includes('<form'); steps += 1) {
    const fields: Record<string, string> = page.text.includes('type="password"')
      ? { do: 'sign-in', email: 'owner@acme.test', password: 'correct horse battery' }
      : page.text.includes('value="allow"')
        ? { do: 'allow' }
        : {};
    page = await browser.submit(page, fields);
  }
  return page.text;
}

test('an access token that has ended is renewed, and the refresh token with it; ten commands at once spend it once', async () => {
  await login(['one']);
  const before = await saved();
  const kept = before.contexts['one']?.login;
  assert.ok(kept !== undefined);
  await save({ ...before, contexts: { one: { url: platform.url, login: { ...kept, expires_at: 1 } } } });
  const sleep = (durationMs: number): Promise<void> => delay(durationMs);
  const all = await Promise.all(Array.from({ length: 10 }, () => stage.tulou(['tenants', 'get', 'acme'], { sleep })));
  assert.deepEqual(
    all.map(({ code, err }) => `${code} ${err}`),
    Array<string>(10).fill('0 '),
  );
  const renewed = (await saved()).contexts['one']?.login;
  assert.notEqual(renewed?.refresh_token, kept.refresh_token);
  assert.notEqual(renewed?.access_token, kept.access_token);
  await done('tenants get acme');
});

test('an access token that is refused before its time is renewed once; the write is sent with the same key', async () => {
  await login(['two']);
  const before = await saved();
  const kept = before.contexts['two']?.login;
  assert.ok(kept !== undefined);
  const [head, body] = kept.access_token.split('.');
  const broken = { ...kept, access_token: `${head}.${body}.${'A'.repeat(86)}` };
  await save({ ...before, contexts: { two: { url: platform.url, login: broken } } });
  const keys: (string | null)[] = [];
  const fetch: typeof globalThis.fetch = (url, init) => {
    if (String(url).includes('/api/v1/')) keys.push(new Headers(init?.headers).get('idempotency-key'));
    return globalThis.fetch(url, init);
  };
  await done('apis create acme --slug renewed --name Renewed', { fetch });
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
});

test('signed out, what was got is refused by the platform, and a stolen copy is of no use', async () => {
  await login(['three']);
  const stolen = await saved();
  const token = stolen.contexts['three']?.login?.access_token;
  assert.equal((await platform.call('GET', '/whoami', { token })).status, 200);
  assert.match((await done('logout')).err, /Signed out of "three"/);
  assert.equal((await saved()).contexts['three']?.login, undefined);
  assert.equal((await platform.call('GET', '/whoami', { token })).status, 401);
  await save(stolen);
  const refused = await stage.tulou(['tenants', 'get', 'acme']);
  assert.equal(refused.code, 77);
  assert.match(refused.err, /sign-in at "three" has ended[\s\S]*tulou login three/);
});

test('signing in anew ends the sign-in before', async () => {
  await login(['four']);
  const token = (await saved()).contexts['four']?.login?.access_token;
  await login(['four']);
  assert.equal((await platform.call('GET', '/whoami', { token })).status, 401);
  await done('tenants get acme');
});

test('each sign-in of one browser asks for all again, and ends by itself', async () => {
  const browser = openBrowser(platform.url);
  const asked: string[] = [];
  const visit = async (url: string): Promise<void> => {
    const first = await browser.open(url);
    const fields = { do: 'sign-in', email: 'owner@acme.test', password: 'correct horse battery' };
    const page = first.text.includes('type="password"') ? await browser.submit(first, fields) : first;
    asked.push(page.text);
    await fetch((await browser.submit(page, { do: 'allow' })).url);
  };
  for (const name of ['here', 'there', 'here']) {
    const ran = await login([name], { browse: (url) => void visit(url) });
    assert.equal(ran.code, 0, ran.err);
  }
  assert.equal(asked.length, 3);
  for (const page of asked) assert.match(page, /Do everything that you may do/);
  for (const name of ['here', 'there']) await done(`tenants get acme --context ${name}`);
  await done('logout here');
  await done('tenants get acme --context there');
  const before = await saved();
  const kept = before.contexts['there']?.login;
  assert.ok(kept !== undefined);
  await save({ ...before, contexts: { there: { url: platform.url, login: { ...kept, expires_at: 1 } } } });
  await done('tenants get acme --context there');
});

test('a sign-in is sent to its own platform and to no other', async () => {
  await login(['five']);
  const sent: (string | null)[] = [];
  const fetch: typeof globalThis.fetch = (_url, init) => {
    sent.push(new Headers(init?.headers).get('authorization'));
    return Promise.resolve(Response.json({ items: [], next: null }));
  };
  await stage.tulou(['tenants', 'list', '--url', 'http://127.0.0.1:9'], { fetch });
  assert.deepEqual(sent, [null]);
});

test('who does not agree is not signed in, and the command says so', async () => {
  const deny = async (url: string): Promise<void> => {
    const browser = openBrowser(platform.url);
    const page = await browser.submit(await browser.open(url), { do: 'deny' });
    await fetch(page.url);
  };
  const ran = await login([], { browse: (url) => void deny(url) });
  assert.equal(ran.code, 77);
  assert.match(ran.err, /sign-in was denied/);
  await assert.rejects(stat(configPath()), { code: 'ENOENT' });
});

test('the door of the browser opens only for the state that was sent', async () => {
  const answers: number[] = [];
  const knock = async (url: string): Promise<void> => {
    const back = new URL(new URL(url).searchParams.get('redirect_uri') ?? '');
    answers.push((await fetch(`${back.href}?code=stolen&state=guessed`)).status);
    await platform.signIn('owner@acme.test', url);
  };
  const ran = await login([], { browse: (url) => void knock(url) });
  assert.equal(ran.code, 0, ran.err);
  assert.deepEqual(answers, [404]);
});

test('what calls itself by another address is not signed in to', async () => {
  const ran = await stage.tulou(['login', '--url', platform.url.replace('127.0.0.1', 'localhost')]);
  assert.equal(ran.code, 1);
  assert.match(ran.err, /own public address/);
  assert.equal((await stage.tulou(['logout'])).code, 64);
});
