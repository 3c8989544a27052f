import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { answering, dial, forwardTo, openEngine, openOrigin, parseAnswer } from '../../../test/wire/peers.ts';
import { plainAddress, resolveGuarded, type Resolve } from './resolve.ts';

const hello = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const get = 'GET /a HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n';

test('the guard judges literal addresses, and an IPv4-mapped one as the IPv4 address that it reaches', () => {
  const seen: string[] = [];
  const judge = (host: string): void =>
    resolveGuarded(
      host,
      () => assert.fail('nothing to resolve'),
      (address, family) => void seen.push(`${address}/${family}`),
      () => undefined,
    );
  for (const host of ['127.0.0.1', '::1', '[::1]', '::ffff:169.254.169.254', '[::FFFF:10.0.0.1]']) judge(host);
  assert.deepEqual(seen, ['127.0.0.1/4', '::1/6', '::1/6', '169.254.169.254/4', '10.0.0.1/4']);
  assert.equal(plainAddress('2001:db8::1'), '2001:db8::1');
});

test('an upstream whose address is not allowed is a 502, and nothing is sent to it', async (t) => {
  const origin = await openOrigin(answering(hello));
  const engine = await openEngine({
    begin: forwardTo(origin.upstream),
    guard: (address) => (address === '127.0.0.1' ? 'loopback' : undefined),
  });
  t.after(() => Promise.all([engine.server.close(), origin.close()]));
  assert.match(await dial(engine.port).send(get).end(), /upstream_refused/);
  assert.equal(origin.peers.length, 0);
});

test('a name that resolves to another address the second time cannot bypass the guard: the checked address is used', async (t) => {
  const origin = await openOrigin(answering(hello));
  const answers = ['192.0.2.1', '127.0.0.1', '127.0.0.1'];
  let asked = 0;
  const resolve: Resolve = (_host, done) => done([{ address: answers[asked++] as string, family: 4 }]);
  const judged: string[] = [];
  const engine = await openEngine({
    begin: forwardTo({ ...origin.upstream, host: 'rebind.example', key: 'http://rebind.example' }),
    resolve,
    guard: (address) => {
      judged.push(address);
      return address === '127.0.0.1' ? 'loopback' : undefined;
    },
    limits: { connectTimeoutMs: 300 },
  });
  t.after(() => Promise.all([engine.server.close(), origin.close()]));
  assert.match(await dial(engine.port).send(get).end(), /upstream_(?:timeout|unreachable)/);
  assert.deepEqual([asked, judged, origin.peers.length], [1, ['192.0.2.1'], 0]);
});

test('addresses that the guard refuses or that do not answer are passed over for the next', async (t) => {
  const origin = await openOrigin(answering(hello));
  const closed = createServer().listen(0, '127.0.0.2');
  await once(closed, 'listening');
  closed.close();
  const addresses = ['10.0.0.1', '127.0.0.3', '127.0.0.1'].map((address) => ({ address, family: 4 as const }));
  const engine = await openEngine({
    begin: forwardTo({ ...origin.upstream, host: 'many.example' }),
    resolve: (_host, done) => done(addresses),
    guard: (address) => (address.startsWith('10.') ? 'private' : undefined),
  });
  t.after(() => Promise.all([engine.server.close(), origin.close()]));
  assert.equal(parseAnswer(await dial(engine.port).send(get).end()).status, 200);
});

test('a name that does not resolve is a 502', async (t) => {
  const engine = await openEngine({
    begin: forwardTo({ key: 'k', tls: false, host: 'nowhere.example', port: 1, hostField: 'nowhere.example' }),
    resolve: (_host, done) => setImmediate(() => done([])),
  });
  t.after(() => engine.server.close());
  assert.match(await dial(engine.port).send(get).end(), /upstream_unreachable/);
});

test('the system resolves names such as localhost', async (t) => {
  const origin = await openOrigin(answering(hello));
  const engine = await openEngine({ begin: forwardTo({ ...origin.upstream, host: 'localhost' }) });
  t.after(() => Promise.all([engine.server.close(), origin.close()]));
  assert.equal(parseAnswer(await dial(engine.port).send(get).end()).status, 200);
});

test('no more connections than allowed go to one origin; a waiting request gets the next free one', async (t) => {
  const origin = await openOrigin();
  const engine = await openEngine({ begin: forwardTo(origin.upstream), limits: { upstreamConnectionsMax: 2 } });
  t.after(() => Promise.all([engine.server.close(), origin.close()]));
  const clients = Array.from({ length: 6 }, () => dial(engine.port).send(get));
  await engine.until(() => engine.server.stats().upstream.waiting === 4);
  assert.equal(engine.server.stats().upstream.connections, 2);
  // A waiting client that disconnects leaves the queue.
  (clients[5] as (typeof clients)[0]).socket.destroy();
  await engine.until(() => engine.server.stats().upstream.waiting <= 3);
  for (const peer of [await origin.peer(0), await origin.peer(1)]) answering(hello)(peer);
  for (const peer of origin.peers) peer.send(hello);
  const done = await Promise.all(clients.slice(0, 5).map((client) => client.end()));
  assert.ok(done.every((text) => text.endsWith('hello')));
  assert.equal(origin.peers.length, 2);
});

test('a request that waits too long for a connection gets a 503', async (t) => {
  const origin = await openOrigin();
  const engine = await openEngine({
    begin: forwardTo(origin.upstream),
    limits: { upstreamConnectionsMax: 1, connectTimeoutMs: 200 },
  });
  t.after(() => Promise.all([engine.server.close(), origin.close()]));
  dial(engine.port).send(get);
  await engine.until(() => engine.server.stats().upstream.connections === 1);
  assert.match(await dial(engine.port).send(get).end(), /"overloaded"/);
});

test('a place that becomes free at an upstream goes to a waiting request', async (t) => {
  const origin = await openOrigin((peer) =>
    peer.socket.once('data', () => peer.socket.end('HTTP/1.1 200 OK\r\n\r\nbye')),
  );
  const engine = await openEngine({ begin: forwardTo(origin.upstream), limits: { upstreamConnectionsMax: 1 } });
  t.after(() => Promise.all([engine.server.close(), origin.close()]));
  const texts = await Promise.all(Array.from({ length: 5 }, () => dial(engine.port).send(get).end()));
  assert.ok(texts.every((text) => text.includes('bye')));
  assert.equal(origin.peers.length, 5);
});

test('the connection used last is used first', async (t) => {
  const origin = await openOrigin();
  const engine = await openEngine({ begin: forwardTo(origin.upstream) });
  t.after(() => Promise.all([engine.server.close(), origin.close()]));
  const clients = [dial(engine.port).send(get), dial(engine.port).send(get)];
  const [first, second] = [await origin.peer(0), await origin.peer(1)];
  for (const peer of [first, second]) {
    await peer.until((text) => text.endsWith('\r\n\r\n'));
    peer.send(hello);
    await engine.until(() => engine.ended.length === origin.peers.indexOf(peer) + 1);
  }
  await Promise.all(clients.map((client) => client.end()));
  answering(hello)(second);
  await dial(engine.port).send(get).end();
  assert.ok(second.received.length > first.received.length);
});

test('an idle connection ends in time, and before the upstream would end it', async (t) => {
  const origin = await openOrigin(answering(hello.replace('\r\n\r\n', '\r\nKeep-Alive: timeout=1\r\n\r\n')));
  const engine = await openEngine({ begin: forwardTo(origin.upstream) });
  t.after(() => Promise.all([engine.server.close(), origin.close()]));
  await dial(engine.port).send(get).end();
  // One second, less a margin of one: the connection is not kept.
  assert.equal(engine.server.stats().upstream.connections, 0);
  const patient = await openEngine({
    begin: forwardTo((await openOriginFor(t)).upstream),
    limits: { upstreamIdleMs: 100 },
  });
  t.after(() => patient.server.close());
  await dial(patient.port).send(get).end();
  assert.equal(patient.server.stats().upstream.idle, 1);
  await patient.until(() => patient.server.stats().upstream.connections === 0);
});

async function openOriginFor(t: { after(task: () => Promise<void>): void }): ReturnType<typeof openOrigin> {
  const origin = await openOrigin(answering(hello));
  t.after(() => origin.close());
  return origin;
}

test('idle connections are bounded over all origins', async (t) => {
  const origins = await Promise.all(Array.from({ length: 4 }, () => openOriginFor(t)));
  let turn = 0;
  const engine = await openEngine({
    begin: (exchange) => forwardTo((origins[turn++ % origins.length] as (typeof origins)[0]).upstream)(exchange),
    limits: { connectionsMax: 2 },
  });
  t.after(() => engine.server.close());
  for (const _ of origins) await dial(engine.port).send(get).end();
  assert.deepEqual(engine.server.stats().upstream, { connections: 2, idle: 2, connecting: 0, waiting: 0 });
});

test('concurrent requests for one name share one query', async (t) => {
  const origin = await openOriginFor(t);
  const asked: (() => void)[] = [];
  const engine = await openEngine({
    begin: forwardTo({ ...origin.upstream, host: 'busy.example' }),
    resolve: (_host, done) => void asked.push(() => done([{ address: '127.0.0.1', family: 4 }])),
  });
  t.after(() => engine.server.close());
  const clients = Array.from({ length: 5 }, () => dial(engine.port).send(get));
  await engine.until(() => engine.server.stats().upstream.connecting === 5);
  assert.equal(asked.length, 1);
  asked[0]?.();
  assert.ok((await Promise.all(clients.map((client) => client.end()))).every((text) => text.endsWith('hello')));
});
