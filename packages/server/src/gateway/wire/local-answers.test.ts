import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answering, count, dial, openWorld, parseAnswer } from '../../../test/wire/peers.ts';

const hello = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: Sun, 22 Nov 2026 00:00:00 GMT\r\n\r\nhello';
const get = 'GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n';

test('content beyond the limit is a 413: immediately if its length is known, otherwise at the limit', async (t) => {
  const { engine, origin } = await openWorld(t, () => undefined, { forward: { requestBytesMax: 10 } });
  const known = parseAnswer(
    await dial(engine.port).send('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n').end(),
  );
  assert.deepEqual([known.status, known.fields.connection], [413, 'close']);
  assert.equal(origin.peers.length, 0);
  const chunked = parseAnswer(
    await dial(engine.port)
      .send('POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nabcdef\r\n')
      .end(),
  );
  assert.deepEqual([chunked.status, chunked.fields.connection], [413, 'close']);
  assert.equal(origin.peers.length, 0);
});

test('malformed chunks in the middle of content are a 400 and a close, and the upstream sees no end of the request', async (t) => {
  const { engine, origin } = await openWorld(t, () => undefined);
  const client = dial(engine.port).send(
    'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
  );
  const peer = await origin.peer(0);
  await peer.until((text) => text.includes('abc'));
  const answer = parseAnswer(await client.send('-1\r\n').end());
  assert.deepEqual([answer.status, answer.fields.connection], [400, 'close']);
  assert.equal((await peer.end()).includes('0\r\n\r\n'), false);
});

test('local answers: content that is left is read and dropped where it is little, the connection closed where it is not', async (t) => {
  const { engine } = await openWorld(t, () => undefined, {
    begin: (exchange) => exchange.respond(404, ['x-a', 'b'], 'né'),
    limits: { bufferedBytesMax: 65_536 },
  });
  const client = dial(engine.port).send('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n');
  await client.until((text) => text.includes('404'));
  client.send(`hello${get}`);
  const text = await client.until((received) => count(received, '404 Not Found') === 2);
  assert.equal(parseAnswer(text).fields['content-length'], '3');
  const large = parseAnswer(
    await dial(engine.port).send('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n').end(),
  );
  assert.equal(large.fields.connection, 'close');
  const head = parseAnswer(
    await dial(engine.port).send('HEAD /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n').end(),
  );
  assert.deepEqual([head.content, head.fields['content-length']], ['', '3']);
});

test('a client that disconnects ends its upstream connection', async (t) => {
  const { engine, origin } = await openWorld(t, () => undefined);
  const client = dial(engine.port).send(get);
  const peer = await origin.peer(0);
  await peer.until((text) => text.endsWith('\r\n\r\n'));
  client.socket.destroy();
  await peer.end();
  assert.partialDeepStrictEqual(await engine.outcome(0), { status: 0, complete: false, error: 'client_aborted' });
  assert.equal(engine.commits.length, 0);
  await engine.until(() => engine.server.stats().connections === 0);
  assert.equal(engine.server.stats().upstream.connections, 0);
});

test('an answer decided after the client disconnected is dropped silently', async (t) => {
  const { engine } = await openWorld(t, () => undefined, { begin: () => undefined });
  const client = dial(engine.port).send(get);
  await engine.until(() => engine.begun.length === 1);
  client.socket.destroy();
  await engine.outcome(0);
  engine.begun[0]?.respond(200, [], 'late');
  assert.equal(engine.ended.length, 1);
});

test('an exchange is answered or forwarded once', async (t) => {
  let second: unknown;
  const { engine } = await openWorld(t, () => undefined, {
    begin(exchange) {
      exchange.respond(200, [], 'one');
      try {
        exchange.respond(200, [], 'two');
      } catch (error) {
        second = error;
      }
    },
  });
  const client = dial(engine.port).send(get);
  assert.equal((await client.until((text) => text.endsWith('one'))).includes('two'), false);
  assert.match(String(second), /once/);
});

test('a pipeline that throws is a 500, not the end of the process', async (t) => {
  const { engine } = await openWorld(t, () => undefined, {
    begin() {
      throw new Error('defect');
    },
  });
  await dial(engine.port)
    .send(get)
    .until((text) => text.includes('"internal"'));
  assert.equal((await engine.outcome(0)).error, 'internal');
});

test('own fields that could end a line throw and are not sent', async (t) => {
  const { engine } = await openWorld(t, answering(hello), { forward: { addFields: ['x-a', 'b\r\nevil: 1'] } });
  await dial(engine.port)
    .send(get)
    .until((text) => text.includes('"internal"'));
});

test('an answer whose client goes away in the same turn is not recorded, and its exchange ends once', async (t) => {
  const world = await openWorld(t, () => undefined, {
    begin(exchange) {
      exchange.respond(200, [], 'never seen');
      // Closes the connection before the end of the turn in which the answer would be recorded.
      void world.engine.server.close();
    },
  });
  const client = dial(world.engine.port).send(get);
  assert.equal(await client.end(), '');
  await world.engine.until(() => world.engine.server.stats().exchanges === 0);
  assert.deepEqual(
    world.engine.ended.map(({ outcome }) => [outcome.status, outcome.complete, outcome.error]),
    [[0, false, 'client_aborted']],
  );
  assert.deepEqual(world.engine.commits, []);
});
