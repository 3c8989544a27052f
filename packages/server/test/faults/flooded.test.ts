/** One tenant floods, another works: the requests of the other succeed and the flood is refused, on a machine of any speed. */
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { formatCredential, uuidFromId } from '@tulou/contract';
import { systemClock } from '../../src/kernel/clock.ts';
import { systemRandom as random } from '../../src/kernel/random.ts';
import { planes } from '../../src/planes.ts';
import { startTestControl, type TestControl, type TestTenant } from '../control/fixture.ts';

let control: TestControl;
let flooder: TestTenant;
let victim: TestTenant;
const environment = {
  TULOU_API_REQUESTS_PER_SECOND: '20',
  TULOU_FAILED_CREDENTIALS_PER_SECOND: '1',
  TULOU_IDENTITY_REQUESTS_PER_SECOND: '5',
  TULOU_EXPORTS_AT_ONCE: '2',
};
before(async () => {
  // For rates no time passes, so the number of admitted requests does not depend on the duration of the test.
  const clock = { ...systemClock, monotonic: () => 0 };
  control = await startTestControl(clock, undefined, ['loopback'], planes, environment);
  [flooder, victim] = [await control.makeTenant('flooder'), await control.makeTenant('victim')];
});
after(() => control.stop());

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Without fetch's own pool, which would queue the flood. */
function send(path: string, headers: Record<string, string>, method = 'GET', body = ''): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${control.url}${path}`, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.once('error', reject).end(body);
  });
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const list = (tenant: TestTenant): Promise<Got> =>
  send(`/api/v1/tenants/${tenant.id}/apis`, bearer(tenant.tokens.owner));
const statuses = (answers: readonly Got[]): ReadonlySet<number> => new Set(answers.map(({ status }) => status));
const many = (times: number, work: (i: number) => Promise<Got>): Promise<Got[]> =>
  Promise.all(Array.from({ length: times }, (_, i) => work(i)));

test('a flood at the control API gets 429 with its limits; another tenant notices nothing', async () => {
  const flood = many(600, () => list(flooder));
  const own = await many(20, () => list(victim));
  assert.deepEqual([...statuses(own)], [200]);
  const answers = await flood;
  assert.ok(
    [...statuses(answers)].every((status) => [200, 429, 503].includes(status)),
    [...statuses(answers)].join(),
  );
  assert.ok(answers.filter(({ status }) => status === 200).length <= 200);
  const refused = answers.filter(({ status }) => status === 429);
  for (const { headers } of refused) assert.match(String(headers['retry-after']), /^[1-9]\d*$/);
  const rated = refused.filter(({ headers }) => headers['ratelimit'] !== undefined);
  assert.ok(rated.length > 0);
  assert.match(String(rated[0]?.headers['ratelimit']), /^"tenant";r=0;t=\d+$/);
  assert.equal(rated[0]?.headers['ratelimit-policy'], '"tenant";q=200;w=10');
  assert.match(String(own[0]?.headers['ratelimit']), /^"tenant";r=\d+;t=\d+$/);
});

test('a client that sends wrong credentials of a tenant does not use up the limits of that tenant', async () => {
  const forged = formatCredential('member', uuidFromId('tenant', victim.id) ?? '', random.bytes(8), random.bytes(32));
  const guesses = await many(60, () => send('/api/v1/whoami', bearer(forged)));
  assert.deepEqual([...statuses(guesses)].toSorted(), [401, 429]);
  assert.ok(guesses.filter(({ status }) => status === 401).length <= 40);
  assert.equal((await list(victim)).status, 200, 'from the same address, with the right one');
  const [other] = Object.values(victim.tokens).slice(1);
  const fresh = await send('/api/v1/whoami', bearer(other ?? ''));
  assert.equal(fresh.status, 429, 'one that is not known yet is not looked up from there');
});

test('slow bodies hold no place of those at work', async () => {
  const head = `POST /api/v1/tenants/${victim.id}/apis HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${victim.tokens.owner}\r\n`;
  const { port, hostname } = new URL(control.url);
  const sockets = Array.from({ length: 30 }, () => connect(Number(port), hostname));
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  for (const socket of sockets)
    socket.write(`${head}content-type: application/json\r\ncontent-length: 1000\r\n\r\n{"slug":`);
  assert.equal((await list(victim)).status, 200);
  for (const socket of sockets) socket.destroy();
});

test('exports of one tenant run one at a time, and another tenant has its turn', async () => {
  const take = (tenant: TestTenant): Promise<Got> =>
    send(`/api/v1/tenants/${tenant.id}/export`, bearer(tenant.tokens.owner));
  const flood = many(60, () => take(flooder));
  assert.equal((await take(victim)).status, 200);
  const answers = await flood;
  assert.ok(statuses(answers).has(429), [...statuses(answers)].join());
});

test('a flood of sign-in pages is refused by address with 429, and the control API goes on', async () => {
  const flood = many(120, () =>
    send('/oauth2/token', { 'content-type': 'application/x-www-form-urlencoded' }, 'POST', 'a=b'),
  );
  assert.equal((await list(victim)).status, 200);
  const answers = await flood;
  assert.deepEqual([...statuses(answers)].toSorted(), [400, 429]);
  const refused = answers.find(({ status }) => status === 429);
  assert.match(String(refused?.headers['ratelimit']), /^"issuer";r=0;t=\d+$/);
  assert.ok(refused?.headers['retry-after'] !== undefined);
});

test('a browser that is refused gets a page in its language, a program a problem document; both say when to try again', async () => {
  const browse = (path: string, language: string): Promise<Got> =>
    send(path, { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'accept-language': language });
  for (const [path, language, words] of [
    ['/account', 'en', /<h1>Too many requests<\/h1>.*Wait \d+ second/s],
    ['/oauth2/authorize?client_id=%3Cb%3E', 'en', /<html lang="en">.*load this page again/s],
    ['/oauth2/interaction/x', 'zh-CN', /<html lang="zh-CN">.*请求过多/s],
  ] as const) {
    const page = await browse(path, language);
    assert.equal(page.status, 429);
    assert.match(String(page.headers['content-type']), /^text\/html/);
    assert.match(String(page.headers['retry-after']), /^\d+$/);
    assert.match(String(page.headers['content-security-policy']), /^default-src 'none'/);
    assert.match(page.text, words);
    assert.ok(!page.text.includes('<b>'));
  }
  const program = await send('/account', { accept: 'application/json' });
  const token = await send('/oauth2/token', { accept: 'text/html' }, 'POST');
  for (const answer of [program, token])
    assert.deepEqual([answer.status, answer.headers['content-type']], [429, 'application/problem+json']);
});

test('what was refused is in the metrics', async () => {
  const text = await (await fetch(`${control.adminUrl}/metrics`)).text();
  assert.match(text, /tulou_admission_refused_total\{class="requests",reason="too_many_requests"\} [1-9]/);
  assert.match(text, /tulou_admission_admitted_total\{class="requests"\} [1-9]/);
  assert.match(text, /tulou_identity_refused_total\{class="identity",reason="too_many_requests"\} [1-9]/);
  assert.match(text, /tulou_admission_wait_seconds_count\{class="requests"\} [1-9]/);
});
