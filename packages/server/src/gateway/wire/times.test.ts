import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { answering, dial, openWorld, parseAnswer, type Peer, type World } from '../../../test/wire/peers.ts';
import type { ForwardOptions, WireLimits } from './exchange.ts';

const hello = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const get = 'GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n';
const SHORT_MS = 200;

function open(
  t: TestContext,
  onPeer: (peer: Peer) => void,
  limits: Partial<WireLimits>,
  forward: Partial<ForwardOptions> = {},
): Promise<World> {
  return openWorld(t, onPeer, { limits, forward });
}

test('a head that does not end in time is a 408, also when octets keep coming', async (t) => {
  const { engine } = await open(t, () => undefined, { headTimeoutMs: SHORT_MS });
  const client = dial(engine.port).send('GET /a HTTP/1.1\r\n');
  const drip = setInterval(() => client.socket.writable && client.send('X: y\r\n'), SHORT_MS / 10);
  t.after(() => clearInterval(drip));
  const answer = parseAnswer(await client.end());
  assert.deepEqual([answer.status, answer.fields.connection], [408, 'close']);
  assert.deepEqual(engine.refused, ['request_timeout']);
});

test('a connection that sends nothing is closed without an answer', async (t) => {
  const { engine } = await open(t, () => undefined, { headTimeoutMs: SHORT_MS });
  assert.equal(await dial(engine.port).end(), '');
  assert.deepEqual(engine.refused, []);
});

test('a connection that is idle for too long between requests is closed', async (t) => {
  const { engine } = await open(t, answering(hello), { keepAliveMs: SHORT_MS });
  assert.match(await dial(engine.port).send(get).end(), /hello$/);
});

test('content that stops coming is a 408, and the upstream sees no end of the request', async (t) => {
  const { engine, origin } = await open(t, () => undefined, { bodyTimeoutMs: SHORT_MS }, { timeoutMs: SHORT_MS / 4 });
  const client = dial(engine.port).send(
    'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
  );
  assert.equal(parseAnswer(await client.end()).status, 408);
  assert.equal((await (await origin.peer(0)).end()).endsWith('abc\r\n'), true);
  assert.equal((await engine.outcome(0)).error, 'request_timeout');
});

test('an upstream that does not answer in time is a 504', async (t) => {
  const { engine, origin } = await open(t, () => undefined, {}, { timeoutMs: SHORT_MS });
  const client = dial(engine.port).send(get);
  assert.match(await client.until((text) => text.endsWith('}')), /504 Gateway Timeout.*upstream_timeout/s);
  await (await origin.peer(0)).end();
  assert.partialDeepStrictEqual(await engine.outcome(0), { status: 504, error: 'upstream_timeout', complete: true });
});

test('an upstream that stops in the middle of its answer breaks it off', async (t) => {
  const { engine } = await open(
    t,
    answering('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello'),
    {},
    { timeoutMs: SHORT_MS },
  );
  assert.match(await dial(engine.port).send(get).end(), /hello$/);
  assert.partialDeepStrictEqual(await engine.outcome(0), { status: 200, error: 'upstream_timeout', complete: false });
});

test('an upstream that takes no content is a 504', async (t) => {
  const { engine } = await open(
    t,
    (peer) => peer.socket.pause(),
    { bufferedBytesMax: 65_536 },
    { timeoutMs: SHORT_MS },
  );
  const client = dial(engine.port).send('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n');
  client.socket.write(Buffer.alloc(100_000_000));
  assert.match(await client.until((text) => text.endsWith('}')), /upstream_timeout/);
});

test('a client that does not read is dropped in time', async (t) => {
  const { engine } = await open(
    t,
    answering(`HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n${'x'.repeat(50_000_000)}`),
    { writeTimeoutMs: SHORT_MS },
  );
  const client = dial(engine.port);
  client.socket.pause();
  client.send(get);
  assert.partialDeepStrictEqual(await engine.outcome(0), { status: 200, complete: false, error: 'client_aborted' });
  await engine.until(() => engine.server.stats().connections === 0);
});

test('a client that reads slowly but steadily is not dropped', async (t) => {
  const size = 3_000_000;
  const { engine } = await open(
    t,
    answering(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}`),
    { writeTimeoutMs: 1000, bufferedBytesMax: 65_536 },
    { timeoutMs: SHORT_MS },
  );
  const client = dial(engine.port);
  client.socket.removeAllListeners('data');
  client.socket.pause();
  client.send(get);
  let received = 0;
  const sip = setInterval(() => {
    for (
      let chunk = client.socket.read() as Buffer | null;
      chunk !== null;
      chunk = client.socket.read() as Buffer | null
    )
      received += chunk.length;
  }, 50);
  t.after(() => clearInterval(sip));
  assert.equal((await engine.outcome(0)).complete, true);
  await engine.until(() => received > size);
});

test('draining: what is under way is answered with Connection: close, idle connections end, new ones are refused', async (t) => {
  const { engine, origin } = await open(t, () => undefined, {});
  const idle = dial(engine.port);
  const busy = dial(engine.port).send(get);
  const peer = await origin.peer(0);
  await peer.until((text) => text.endsWith('\r\n\r\n'));
  const drained = engine.server.drain(10_000);
  const late = dial(engine.port);
  assert.equal(await late.end(), '');
  peer.send(hello);
  assert.equal(parseAnswer(await busy.end()).fields.connection, 'close');
  assert.equal(await idle.end(), '');
  await drained;
  assert.equal(engine.server.stats().connections, 0);
});

test('draining: a request that comes on an idle connection just then is still answered', async (t) => {
  const { engine } = await open(t, answering(hello), {});
  const client = dial(engine.port).send(get);
  await client.until((text) => text.endsWith('hello'));
  const drained = engine.server.drain(10_000);
  const text = await client.send(get).end();
  assert.equal(text.split('hello').length, 3);
  assert.match(text, /connection: close/);
  await drained;
});

test('closing ends every exchange, each once', async (t) => {
  const { engine, origin } = await open(t, () => undefined, { upstreamConnectionsMax: 5 });
  for (let index = 0; index < 10; index += 1) dial(engine.port).send(get);
  await engine.until(() => engine.begun.length === 10);
  await origin.peer(0);
  await engine.server.close();
  assert.equal(engine.ended.length, 10);
  assert.deepEqual(engine.server.stats(), {
    connections: 0,
    exchanges: 0,
    begun: 10,
    ended: 10,
    bufferedBytes: 0,
    upstream: { connections: 0, idle: 0, connecting: 0, waiting: 0 },
  });
});

test('connections beyond the bound are closed immediately, and counted', async (t) => {
  const { engine } = await open(t, answering(hello), { connectionsMax: 2 });
  const kept = [dial(engine.port).send(get), dial(engine.port).send(get)];
  await Promise.all(kept.map((client) => client.until((text) => text.endsWith('hello'))));
  assert.equal(await dial(engine.port).end(), '');
  assert.deepEqual(engine.refused, ['overloaded']);
  for (const client of kept) client.socket.destroy();
  await engine.until(() => engine.server.stats().connections === 0);
  assert.match(
    await dial(engine.port)
      .send(get)
      .until((text) => text.endsWith('hello')),
    /200 OK/,
  );
});

test('a connection ends after the allowed number of requests, and announces it', async (t) => {
  const { engine } = await open(t, answering(hello), { requestsPerConnectionMax: 2 });
  const text = await dial(engine.port)
    .send(get + get + get)
    .end();
  assert.equal(text.split('hello').length, 3);
  assert.equal(text.split('connection: close').length, 2);
});

test('a port that is in use is reported', async (t) => {
  const { engine } = await open(t, () => undefined, {});
  const { openWireServer } = await import('./server.ts');
  const { systemClock } = await import('../../kernel/clock.ts');
  const { limits } = await import('../../../test/wire/peers.ts');
  const handler = {
    begin: () => undefined,
    commit: () => undefined,
    end: () => undefined,
    refused: () => undefined,
    problem: () => ({ fields: [], body: '' }),
  };
  await assert.rejects(
    openWireServer({
      listen: { host: '127.0.0.1', port: engine.port },
      reusePort: false,
      limits,
      handler,
      clock: systemClock,
      guard: () => undefined,
    }),
    { code: 'EADDRINUSE' },
  );
});
