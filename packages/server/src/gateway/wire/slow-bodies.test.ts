import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import {
  dial,
  forwardTo,
  openEngine,
  openOrigin,
  parseAnswer,
  type Engine,
  type Origin,
  type Peer,
} from '../../../test/wire/peers.ts';
import type { WireLimits } from './exchange.ts';
import { Shares } from './shares.ts';

const hello = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const get = 'GET /victim HTTP/1.1\r\nHost: a\r\n\r\n';
const post = (path: string, length: number): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;

/** Answers a request when all of its content has arrived; each connection of the client serves one. */
function answeringWhole(peer: Peer): void {
  let at = 0;
  peer.socket.on('data', () => {
    for (;;) {
      const [head = ''] = /^[^]*?\r\n\r\n/.exec(peer.received.slice(at)) ?? [];
      const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
      if (head === '' || peer.received.length < at + head.length + length) return;
      at += head.length + length;
      peer.send(hello);
    }
  });
}

/** An upstream with eight connections; the caller is the first segment of the path. */
async function openShared(t: TestContext, limits: Partial<WireLimits>): Promise<{ origin: Origin; engine: Engine }> {
  const origin = await openOrigin(answeringWhole);
  const engine = await openEngine({
    begin: (exchange) => forwardTo(origin.upstream, { caller: exchange.head.target.split('/')[1] ?? '' })(exchange),
    limits: { upstreamConnectionsMax: 8, ...limits },
  });
  t.after(async () => {
    await engine.server.close();
    await origin.close();
  });
  return { origin, engine };
}

test('requests whose content comes slowly take no connection to the upstream: others are served', async (t) => {
  const { origin, engine } = await openShared(t, { gatheredBytesMax: 1000 });
  for (let index = 0; index < 40; index += 1) dial(engine.port).send(`${post('/slow', 5000)}x`);
  await engine.until(() => engine.begun.length === 40);
  await dial(engine.port)
    .send(get)
    .until((text) => text.endsWith('hello'));
  assert.equal(origin.peers.length, 1);
});

test('one caller with slow content past what is kept has its share of the connections, and the others theirs', async (t) => {
  const { origin, engine } = await openShared(t, { gatheredBytesMax: 4 });
  for (let index = 0; index < 40; index += 1) dial(engine.port).send(`${post('/slow', 5000)}0123456789`);
  await engine.until(() => engine.begun.length === 40 && engine.server.stats().upstream.waiting === 39);
  assert.ok(origin.peers.length <= 1);
  for (const request of [get, `${post('/victim', 3)}abc`]) {
    const text = await dial(engine.port)
      .send(request)
      .until((received) => received.endsWith('hello'));
    assert.equal(parseAnswer(text).status, 200);
  }
  assert.equal(engine.server.stats().upstream.waiting, 39);
});

test('one caller whose calls the upstream answers slowly leaves connections to the others', async (t) => {
  const origin = await openOrigin((peer) => {
    peer.socket.on('data', () => void (peer.received.includes('/victim') && peer.send(hello)));
  });
  const engine = await openEngine({
    begin: (exchange) => forwardTo(origin.upstream, { caller: exchange.head.target })(exchange),
    limits: { upstreamConnectionsMax: 8 },
  });
  t.after(async () => {
    await engine.server.close();
    await origin.close();
  });
  for (let index = 0; index < 40; index += 1) dial(engine.port).send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
  await engine.until(() => engine.server.stats().upstream.waiting === 34);
  await dial(engine.port)
    .send(get)
    .until((text) => text.endsWith('hello'));
});

test('a waiting request continues as soon as its caller has less than its share', async (t) => {
  const { engine } = await openShared(t, { gatheredBytesMax: 4 });
  const peers = Array.from({ length: 5 }, () => dial(engine.port).send(`${post('/slow', 10)}01234`));
  await engine.until(() => engine.server.stats().upstream.waiting === 4);
  for (const peer of peers) peer.send('56789');
  for (const peer of peers) await peer.until((text) => text.endsWith('hello'));
});

test('content that is kept is passed on whole, and in its coding', async (t) => {
  const { origin, engine } = await openShared(t, { gatheredBytesMax: 1000 });
  const client = dial(engine.port).send(`${post('/a', 9)}abc`);
  await engine.until(() => engine.begun.length === 1);
  client.send('def').send('ghi');
  await client.until((text) => text.endsWith('hello'));
  assert.ok((await origin.peer(0)).received.endsWith('content-length: 9\r\n\r\nabcdefghi'));
  assert.equal(engine.server.stats().bufferedBytes, 0);
});

test('content that has come before the pipeline decides to forward is passed on', async (t) => {
  const origin = await openOrigin(answeringWhole);
  const forward = forwardTo(origin.upstream);
  const engine = await openEngine({ begin: (exchange) => void setImmediate(() => forward(exchange)) });
  t.after(async () => {
    await engine.server.close();
    await origin.close();
  });
  await dial(engine.port)
    .send(`${post('/late', 3)}abc`)
    .until((text) => text.endsWith('hello'));
});

test('content that arrives too slowly in total is a 408, although it never pauses for long', async (t) => {
  const { origin, engine } = await openShared(t, {
    gatheredBytesMax: 1000,
    bodyGraceMs: 200,
    bodyBytesPerSecondMin: 1_000_000,
  });
  const client = dial(engine.port).send(post('/slow', 5000));
  const drip = setInterval(() => client.socket.writable && client.send('x'), 20);
  t.after(() => clearInterval(drip));
  assert.equal(parseAnswer(await client.end()).status, 408);
  assert.equal(origin.peers.length, 0);
  assert.equal(engine.server.stats().bufferedBytes, 0);
});

test('shares are exact: what is taken is given back once', () => {
  const shares = new Shares(16);
  const holds = Array.from({ length: 2 }, () => shares.take('a', true, () => undefined));
  assert.deepEqual(
    [shares.allows('a', true), shares.allows('a', false), shares.allows('b', true)],
    [false, true, true],
  );
  holds[0]?.endStreaming();
  assert.equal(shares.allows('a', true), true);
  for (const hold of holds) {
    hold.giveBack();
    hold.giveBack();
  }
  const many = Array.from({ length: 12 }, () => shares.take('a', false, () => undefined));
  assert.deepEqual([shares.allows('a', false), shares.allows('b', false)], [false, true]);
  many[0]?.giveBack();
  assert.equal(shares.allows('a', false), true);
});
