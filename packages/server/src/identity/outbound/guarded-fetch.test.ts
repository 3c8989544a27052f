import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { systemClock as clock } from '../../kernel/clock.ts';
import { openGuardedFetch, OutboundError, type Resolve } from './guarded-fetch.ts';

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close().closeAllConnections();
});

async function serve(listener: RequestListener, host = '127.0.0.1'): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
}

/** Knows of every touch. */
let hits = 0;
let canary = 0;
before(async () => {
  canary = await serve((_, response) => {
    hits += 1;
    response.end('secret');
  });
});

const asked: string[] = [];
const names: Record<string, readonly string[]> = {
  'local.test': ['127.0.0.1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'metadata.test': ['169.254.169.254'],
  'private.test': ['10.0.0.1', 'fd00::1'],
  'odd.test': ['0177.0.0.1', '2130706433', ''],
};
const resolve: Resolve = (host) => {
  asked.push(host);
  const found = names[host];
  return found === undefined ? Promise.reject(new Error('no such name')) : Promise.resolve(found);
};
const strict = openGuardedFetch({ allow: [] }, { clock, resolve });
const local = openGuardedFetch({ allow: ['loopback'] }, { clock, resolve });

const failsFor = (reason: OutboundError['reason']) => (error: unknown) =>
  error instanceof OutboundError && error.reason === reason;

test('no spelling of an inner address, and no name that leads to one, is connected to', async () => {
  const hosts = [
    ...['127.0.0.1', '2130706433', '0x7f000001', '0177.0.0.1', '127.1', '0', '[::1]', '[::]', '[::ffff:127.0.0.1]'],
    ...['[::ffff:7f00:1]', '[64:ff9b::7f00:1]', '169.254.169.254', '10.0.0.1', '[fe80::1]', '[fd00::1]', '100.64.0.1'],
    ...Object.keys(names),
  ];
  for (const host of hosts)
    for (const scheme of ['http', 'https'])
      await assert.rejects(strict(`${scheme}://${host}:${canary}/`), failsFor('refused'), `${scheme} ${host}`);
  assert.equal(hits, 0);
});

test('a name that is public at first and local the next moment is asked for once, and that answer is judged', async () => {
  const answers = [['127.0.0.1'], ['127.0.0.2']];
  let times = 0;
  const turning = openGuardedFetch(
    { allow: ['loopback'] },
    { clock, resolve: () => Promise.resolve(answers[times++] ?? []) },
  );
  const port = await serve((_, response) => response.end('first'));
  assert.equal(await (await turning(`http://turning.test:${port}/`)).text(), 'first');
  assert.equal(times, 1);
});

test('where loopback is allowed nothing else is, and plain http leads nowhere else at all', async () => {
  const all = openGuardedFetch({ allow: ['loopback', 'private', 'link-local'] }, { clock, resolve });
  for (const host of ['metadata.test', 'private.test']) {
    await assert.rejects(local(`https://${host}/`), failsFor('refused'));
    await assert.rejects(all(`http://${host}/`), failsFor('refused'));
  }
  await assert.rejects(all('http://192.0.2.1/'), failsFor('refused'));
});

test('a redirect is an answer, and is not followed', async () => {
  const port = await serve((_, response) => response.writeHead(302, { location: `http://127.0.0.1:${canary}/` }).end());
  const response = await local(`http://127.0.0.1:${port}/`);
  assert.equal(response.status, 302);
  assert.equal(hits, 0);
});

test('other schemes and URLs with a password are refused', async () => {
  for (const url of [
    'file:///etc/passwd',
    'ftp://local.test/',
    'data:,x',
    'nonsense',
    `http://u:p@127.0.0.1:${canary}/`,
  ])
    await assert.rejects(local(url), failsFor('refused'), url);
});

test('method, headers and body arrive; status, headers and body come back', async () => {
  const port = await serve((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      response.writeHead(201, { 'content-type': 'application/json', 'x-two': ['1', '2'] });
      response.end(JSON.stringify([request.method, request.headers['x-own'], request.headers['content-type'], body]));
    });
  });
  const body = new URLSearchParams({ a: 'b c' });
  const response = await local(`http://local.test:${port}/x?y`, { method: 'POST', headers: { 'x-own': '1' }, body });
  assert.equal(response.status, 201);
  assert.equal(response.headers.get('x-two'), '1, 2');
  const type = 'application/x-www-form-urlencoded;charset=UTF-8';
  assert.deepEqual(await response.json(), ['POST', '1', type, 'a=b+c']);
});

test('an answer beyond the bound, or without an end, is broken off', async () => {
  const port = await serve((request, response) => {
    if (request.url === '/long') response.end('x'.repeat(2000));
    else response.write('x');
  });
  const bounded = openGuardedFetch({ allow: ['loopback'], bytesMax: 1000, timeoutMs: 200 }, { clock, resolve });
  await assert.rejects(bounded(`http://127.0.0.1:${port}/long`), failsFor('too_large'));
  await assert.rejects(bounded(`http://127.0.0.1:${port}/slow`), failsFor('timeout'));
});

test('whoever called it off gets their own reason; nobody there is said as such', async () => {
  const reason = new Error('no longer wanted');
  await assert.rejects(local(`http://127.0.0.1:${canary}/`, { signal: AbortSignal.abort(reason) }), reason);
  await assert.rejects(local('https://nowhere.test/'), failsFor('unreachable'));
  assert.equal(hits, 0);
});
