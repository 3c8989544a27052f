import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { answering, count, dial, openWorld, parseAnswer } from '../../../test/wire/peers.ts';

const hello = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: Sun, 22 Nov 2026 00:00:00 GMT\r\n\r\nhello';
const get = 'GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n';

test('extra octets behind an answer poison the connection', async (t) => {
  const { engine, origin } = await openWorld(t, answering(`${hello}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`));
  const client = dial(engine.port).send(get);
  await client.until((text) => text.endsWith('hello'));
  client.send(get);
  const text = await client.until((received) => count(received, 'hello') === 2);
  assert.equal(text.includes('evil'), false);
  assert.equal(origin.peers.length, 2);
});

test('octets on an idle connection end it', async (t) => {
  const { engine, origin } = await openWorld(t, answering(hello));
  const client = dial(engine.port).send(get);
  await client.until((text) => text.endsWith('hello'));
  const peer = (await origin.peer(0)).send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
  await peer.end();
  assert.equal(engine.server.stats().upstream.connections, 0);
  assert.equal(client.send(get).received.includes('evil'), false);
  await client.until((text) => count(text, 'hello') === 2);
});

const badAnswers: readonly (readonly [string, string])[] = [
  ['both lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello'],
  ['a bad status line', 'HTTP/1.1 OK\r\n\r\n'],
  ['bare LF', 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello'],
  ['a folded field', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n'],
  ['101', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['interim answers without end', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50)],
  ['a chunk size that is none, with the head', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
];

for (const [reason, octets] of badAnswers) {
  test(`a malformed answer is a 502, and its connection is not used again: ${reason}`, async (t) => {
    const { engine, origin } = await openWorld(t, answering(octets));
    const client = dial(engine.port).send(get);
    const text = await client.until((received) => received.endsWith('}'));
    assert.equal(parseAnswer(text).status, 502);
    assert.match(parseAnswer(text).content, /upstream_malformed/);
    await (await origin.peer(0)).end();
    assert.partialDeepStrictEqual(await engine.outcome(0), {
      status: 502,
      error: 'upstream_malformed',
      complete: true,
    });
  });
}

test('an answer that breaks off after its head breaks off at the client too, and is recorded as incomplete', async (t) => {
  for (const head of ['Content-Length: 10\r\n\r\nhello', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n']) {
    const { engine, origin } = await openWorld(t, answering(`HTTP/1.1 200 OK\r\n${head}`));
    const client = dial(engine.port).send(get);
    await client.until((text) => text.includes('hello'));
    (await origin.peer(0)).socket.end();
    assert.equal((await client.end()).endsWith('0\r\n\r\n'), false);
    assert.partialDeepStrictEqual(await engine.outcome(0), {
      status: 200,
      complete: false,
      error: 'upstream_aborted',
      responseBytes: 5,
    });
    assert.deepEqual(
      engine.commits.flat().map(({ outcome }) => outcome.complete),
      [false],
    );
  }
});

test('an answer to HTTP/1.0 that breaks off ends with a reset, as a mere end would look complete', async (t) => {
  const { engine, origin } = await openWorld(
    t,
    answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'),
  );
  const client = dial(engine.port).send('GET /a HTTP/1.0\r\n\r\n');
  await client.until((text) => text.endsWith('hello'));
  (await origin.peer(0)).socket.end();
  await client.end();
  assert.equal(client.error, 'ECONNRESET');
  assert.partialDeepStrictEqual(await engine.outcome(0), { status: 200, complete: false, error: 'upstream_aborted' });
});

test('malformed chunks in the middle of an answer break it off', async (t) => {
  const { engine, origin } = await openWorld(
    t,
    answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'),
  );
  const client = dial(engine.port).send(get);
  await client.until((text) => text.includes('hello'));
  (await origin.peer(0)).send('0x5\r\n');
  assert.equal((await client.end()).endsWith('hello\r\n'), true);
  assert.partialDeepStrictEqual(await engine.outcome(0), { status: 200, complete: false, error: 'upstream_malformed' });
});

test('an idle connection that died is replaced once, for a request that may be repeated', async (t) => {
  const { engine, origin } = await openWorld(t, answering(hello));
  const client = dial(engine.port).send(get);
  await client.until((text) => text.endsWith('hello'));
  const first = await origin.peer(0);
  first.socket.removeAllListeners('data');
  first.socket.on('data', () => first.socket.resetAndDestroy());
  client.send(get);
  await client.until((text) => count(text, 'hello') === 2);
  assert.equal(origin.peers.length, 2);
  assert.equal((await engine.outcome(1)).status, 200);
});

test('a request with content, or that is not idempotent, is never sent twice', async (t) => {
  for (const request of [
    'POST /a HTTP/1.1\r\nHost: a\r\n\r\n',
    'PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx',
  ]) {
    const { engine, origin } = await openWorld(t, answering(hello));
    const client = dial(engine.port).send(get);
    await client.until((text) => text.endsWith('hello'));
    const first = await origin.peer(0);
    first.socket.removeAllListeners('data');
    first.socket.on('data', () => first.socket.resetAndDestroy());
    client.send(request);
    await client.until((text) => text.includes('upstream_unreachable'));
    assert.equal(origin.peers.length, 1);
  }
});

test('a fresh connection that dies is not tried again', async (t) => {
  const { engine, origin } = await openWorld(t, (peer) =>
    peer.socket.once('data', () => peer.socket.resetAndDestroy()),
  );
  await dial(engine.port)
    .send(get)
    .until((text) => text.includes('upstream_unreachable'));
  assert.equal(origin.peers.length, 1);
});

test('an upstream that can not be reached is a 502', async (t) => {
  const { engine, origin } = await openWorld(t, () => undefined);
  origin.server.close();
  await once(origin.server, 'close');
  await dial(engine.port)
    .send(get)
    .until((text) => text.includes('upstream_unreachable'));
  origin.server.listen(0);
  await engine.until(() => engine.server.stats().upstream.connecting === 0);
});
