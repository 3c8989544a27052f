import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { Problem } from '@tulou/contract';
import { systemClock } from '../kernel/clock.ts';
import { openLog } from '../kernel/log.ts';
import { systemRandom } from '../kernel/random.ts';
import { openAdmin } from './admin.ts';
import { readJson } from './body.ts';
import { listen, type Listener } from './listen.ts';
import { json, type HttpHandler } from './message.ts';
import { counter, openMetrics } from '../kernel/metrics.ts';
import { compileRouter } from './router.ts';
import { serveRoutes } from './routes.ts';

const deps = { clock: systemClock, random: systemRandom, log: openLog('http', 'silent') };
const anywhere = { host: '127.0.0.1', port: 0 };
let release = (): void => undefined;
/** Called when a call of `/slow` or `/poll` has begun. */
let begun = (): void => undefined;

const handlers: Record<string, HttpHandler> = {
  '/ok': async () => json(200, { ok: true }),
  '/echo': async (request) => json(200, await readJson(request, 100)),
  '/fault': async () => Promise.reject(new Error('the password is hunter2')),
  '/away': async () => Promise.reject(Object.assign(new Error('x'), { code: 'ECONNREFUSED' })),
  '/refused': async () => Promise.reject(new Problem('forbidden', { detail: 'needs more' })),
  '/slow': () =>
    new Promise((resolve) => {
      release = () => resolve(json(200, { slow: true }));
      begun();
    }),
  '/poll': (request) =>
    new Promise((resolve) => {
      request.draining.addEventListener('abort', () => resolve(json(200, { drained: true })));
      begun();
    }),
  '/broken-stream': async () => ({
    status: 200,
    body: Readable.from(
      (async function* () {
        yield 'begin';
        throw new Error('in the middle');
      })(),
    ),
  }),
};

const routes = Object.entries(handlers).flatMap(([path, target]) =>
  ['GET', 'POST'].map((method) => ({ method, path, target })),
);

let listener: Listener;
before(async () => void (listener = await listen(anywhere, serveRoutes(routes, deps.log), deps)));
after(() => listener.close());

test('an error that nobody foresaw is a 500 that says nothing of it', async () => {
  const answer = await fetch(`${listener.url}/fault`);
  const text = await answer.text();
  assert.equal(answer.status, 500);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  assert.equal((JSON.parse(text) as { code: string }).code, 'internal');
  assert.doesNotMatch(text, /hunter2/);
});

test('a database that is away is a 503 with Retry-After; a problem is rendered as it says', async () => {
  const away = await fetch(`${listener.url}/away`);
  assert.deepEqual([away.status, away.headers.get('retry-after')], [503, '2']);
  const refused = await fetch(`${listener.url}/refused`);
  assert.deepEqual([refused.status, ((await refused.json()) as { detail: string }).detail], [403, 'needs more']);
});

test('a body beyond its bound is refused, with and without a length; the connection stays usable', async () => {
  const large = JSON.stringify('x'.repeat(200));
  const headers = { 'content-type': 'application/json' };
  const known = await fetch(`${listener.url}/echo`, { method: 'POST', body: large, headers });
  assert.equal(known.status, 413);
  const chunked = await fetch(`${listener.url}/echo`, {
    method: 'POST',
    body: Readable.toWeb(Readable.from([Buffer.from(large)])),
    headers,
    duplex: 'half',
  });
  assert.equal(chunked.status, 413);
  const fine = await fetch(`${listener.url}/echo`, { method: 'POST', body: '{"a":1}', headers });
  assert.deepEqual(await fine.json(), { a: 1 });
});

test('a problem is written in the language that the caller accepts, and says so; its code stays', async () => {
  for (const [accept, language, title] of [
    ['zh-CN', 'zh-CN', '不支持的媒体类型'],
    ['en', 'en', 'Unsupported media type'],
    ['fr', 'en', 'Unsupported media type'],
  ] as const) {
    const headers = { 'accept-language': accept, 'content-type': 'text/plain' };
    const answer = await fetch(`${listener.url}/echo`, { method: 'POST', body: 'x', headers });
    const problem = (await answer.json()) as { code: string; title: string };
    assert.deepEqual([problem.code, problem.title], ['unsupported_media_type', title]);
    assert.equal(answer.headers.get('content-language'), language);
    assert.equal(answer.headers.get('vary'), 'accept-language');
  }
});

test('bytes that are not UTF-8 or not JSON are a malformed body', async () => {
  for (const body of [Uint8Array.of(0x22, 0xff, 0x22), '{"a":', '']) {
    const answer = await fetch(`${listener.url}/echo`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    assert.deepEqual([answer.status, ((await answer.json()) as { code: string }).code], [400, 'malformed_request']);
  }
});

test('what is not HTTP is answered 400 and closed', async () => {
  const answer = await raw('NOT HTTP\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 400 [\s\S]*malformed_request/);
});

test('a head beyond its bound is refused', async () => {
  const answer = await raw(`GET /ok HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`);
  assert.match(answer, /^HTTP\/1\.1 4\d\d /);
});

test('a stream that fails in the middle breaks the connection, so that nobody takes it for whole', async () => {
  const answer = await fetch(`${listener.url}/broken-stream`);
  await assert.rejects(answer.text());
});

test('closing lets running calls end, tells those that only wait, and accepts no more', async () => {
  const closing = await listen(anywhere, serveRoutes(routes, deps.log), deps);
  const both = new Promise<void>((resolve) => {
    let calls = 0;
    begun = () => ((calls += 1) === 2 ? resolve() : undefined);
  });
  const slow = fetch(`${closing.url}/slow`);
  const poll = fetch(`${closing.url}/poll`);
  await both;
  const closed = closing.close();
  assert.deepEqual(await (await poll).json(), { drained: true });
  release();
  const answer = await slow;
  assert.deepEqual([answer.status, answer.headers.get('connection')], [200, 'close']);
  await answer.text();
  await closed;
  await assert.rejects(fetch(`${closing.url}/ok`));
});

test('a fixed segment wins over a parameter; parameters are decoded; a shape is known whatever its method', () => {
  const router = compileRouter([
    { method: 'GET', path: '/a/{x}', target: 'any' },
    { method: 'GET', path: '/a/verify', target: 'fixed' },
    { method: 'POST', path: '/a/{x}/b/{y}', target: 'deep' },
  ]);
  assert.deepEqual(router('GET', '/a/verify'), { kind: 'target', target: 'fixed', params: {} });
  assert.deepEqual(router('HEAD', '/a/x%2Fy'), { kind: 'target', target: 'any', params: { x: 'x/y' } });
  assert.deepEqual(router('POST', '/a/1/b/2'), { kind: 'target', target: 'deep', params: { x: '1', y: '2' } });
  assert.deepEqual(router('PUT', '/a/1'), { kind: 'methods', allow: ['GET', 'HEAD', 'OPTIONS'] });
  for (const path of ['/', '/a', '/a/', '/a/1/', '/b/1', '/a/%ff', '//a/1'])
    assert.equal(router('GET', path).kind, 'nothing', path);
});

test('the admin listener says alive, ready or why not, and the metrics', async () => {
  let reason: string | undefined = 'still loading';
  const metrics = openMetrics();
  metrics.of({ calls: counter('calls_total', 'Calls', ['kind']) }).calls.add(['a "b"']);
  const admin = await openAdmin({ listen: anywhere, ready: async () => reason, metrics: metrics.render }, deps);
  assert.equal((await fetch(`${admin.url}/healthz`)).status, 200);
  const waiting = await fetch(`${admin.url}/readyz`);
  assert.deepEqual([waiting.status, await waiting.text()], [503, 'still loading\n']);
  reason = undefined;
  assert.equal((await fetch(`${admin.url}/readyz`)).status, 200);
  const scraped = await fetch(`${admin.url}/metrics`);
  assert.match(scraped.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.equal(
    await scraped.text(),
    '# HELP calls_total Calls\n# TYPE calls_total counter\ncalls_total{kind="a \\"b\\""} 1\n',
  );
  await admin.close();
});

/** Sends bytes and reads until the other side closes. */
function raw(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(listener.url).port), '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (piece) => (text += piece.toString()));
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
}
