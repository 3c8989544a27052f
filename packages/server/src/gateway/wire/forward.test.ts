import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { answering, count, dial, openWorld, parseAnswer } from '../../../test/wire/peers.ts';

const hello = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: Sun, 22 Nov 2026 00:00:00 GMT\r\n\r\nhello';
const get = 'GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n';

test('a request and its answer are forwarded in our own form, without hop-by-hop fields', async (t) => {
  const answer =
    'HTTP/1.1 200 Fine\r\nCONTENT-LENGTH: 2\r\nX-One: 1\r\nConnection: keep-alive, x-hop\r\nX-Hop: 1\r\n' +
    'Tulou-Tenant: forged\r\nDate: d\r\nServer: s\r\n\r\nok';
  const { origin, engine } = await openWorld(t, answering(answer), {
    forward: {
      target: '/base/a?b=c',
      dropFields: new Set(['x-api-key']),
      addFields: ['tulou-tenant', 'ten_1'],
      answerFields: ['server', 'tulou', 'tulou-request-id', 'r1'],
    },
  });
  const client = dial(engine.port).send(
    'GET /a?b=c HTTP/1.1\r\nhost: a.example\r\nX-API-Key: secret\r\nTulou-Tenant: forged\r\nAccept:   */*  \r\n' +
      'Connection: x-gone\r\nX-Gone: 1\r\nTE: trailers\r\n\r\n',
  );
  assert.equal(
    await client.until((text) => text.endsWith('ok')),
    'HTTP/1.1 200 OK\r\nx-one: 1\r\ndate: d\r\nserver: tulou\r\ntulou-request-id: r1\r\ncontent-length: 2\r\n\r\nok',
  );
  assert.equal(
    (await origin.peer(0)).received,
    `GET /base/a?b=c HTTP/1.1\r\nhost: ${origin.upstream.hostField}\r\naccept: */*\r\ntulou-tenant: ten_1\r\n\r\n`,
  );
  assert.partialDeepStrictEqual(await engine.outcome(0), {
    status: 200,
    requestBytes: 0,
    responseBytes: 2,
    complete: true,
    error: undefined,
  });
});

test('connections are kept on both sides', async (t) => {
  const { origin, engine } = await openWorld(t, answering(hello));
  const client = dial(engine.port);
  for (let index = 1; index <= 5; index += 1) {
    client.send(get);
    await client.until((text) => count(text, 'hello') === index);
  }
  assert.equal(origin.peers.length, 1);
  assert.deepEqual(engine.server.stats().upstream, { connections: 1, idle: 1, connecting: 0, waiting: 0 });
});

test('pipelined requests are answered one after the other, in their order', async (t) => {
  const { origin, engine } = await openWorld(t, (peer) => {
    let seen = 0;
    peer.socket.on('data', () => {
      for (const [, name] of peer.received.slice(seen).matchAll(/GET \/(\d+) /g))
        peer.send(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<${String(name).padStart(2, '0')}>`);
      seen = peer.received.length;
    });
  });
  const client = dial(engine.port);
  for (let index = 0; index < 20; index += 1)
    client.send(
      `POST /x${index} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`.replace('POST', 'GET').replace('/x', '/'),
    );
  const text = await client.until((received) => received.includes('<19>'));
  assert.deepEqual(
    [...text.matchAll(/<(\d\d)>/g)].map(([, name]) => Number(name)),
    Array.from({ length: 20 }, (_, index) => index),
  );
  assert.equal(origin.peers.length, 1);
});

test('content with a length is passed on, together with the head where both came together', async (t) => {
  const { origin, engine } = await openWorld(t, answering(hello));
  const client = dial(engine.port).send('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab\0\xff\r\n');
  await client.until((text) => text.endsWith('hello'));
  assert.equal(
    (await origin.peer(0)).received,
    `POST /a HTTP/1.1\r\nhost: ${origin.upstream.hostField}\r\ncontent-length: 6\r\n\r\nab\0\xff\r\n`,
  );
  assert.equal((await engine.outcome(0)).requestBytes, 6);
});

test('chunked content is passed on in new chunks, without extensions and trailers', async (t) => {
  const { origin, engine } = await openWorld(t, (peer) => {
    peer.socket.on('data', () => {
      if (peer.received.endsWith('0\r\n\r\n'))
        peer.send(
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n003;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n',
        );
    });
  });
  const client = dial(engine.port).send(
    'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n0005;a="b"\r\nhello\r\n000\r\nX: y\r\n\r\n',
  );
  const text = await client.until((received) => received.endsWith('0\r\n\r\n'));
  assert.equal(parseAnswer(text).fields['transfer-encoding'], 'chunked');
  assert.equal(parseAnswer(text).content, '3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n');
  assert.equal((await origin.peer(0)).received.split('\r\n\r\n').slice(1).join('\r\n\r\n'), '5\r\nhello\r\n0\r\n\r\n');
  assert.partialDeepStrictEqual(await engine.outcome(0), { requestBytes: 5, responseBytes: 13, complete: true });
});

test('every way of splitting a request and its content in two goes through the same', async (t) => {
  const { origin, engine } = await openWorld(t, (peer) => {
    let seen = 0;
    peer.socket.on('data', () => {
      for (
        let at = peer.received.indexOf('0\r\n\r\n', seen);
        at !== -1;
        at = peer.received.indexOf('0\r\n\r\n', seen)
      ) {
        seen = at + 5;
        peer.send(hello);
      }
    });
  });
  const message =
    'POST /a HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n';
  const client = dial(engine.port);
  for (let split = 1; split < message.length; split += 1) {
    client.send(message.slice(0, split));
    await new Promise((resolve) => setImmediate(resolve));
    client.send(message.slice(split));
    await client.until((text) => count(text, 'hello') === split);
  }
  assert.equal(
    engine.ended.every(({ outcome }) => outcome.complete && outcome.requestBytes === 7),
    true,
  );
  assert.equal(origin.peers.length, 1);
});

test('every way of splitting an answer in two goes through the same', async (t) => {
  const answers = [
    hello,
    'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n' +
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\nX: y\r\n\r\n',
  ];
  for (const answer of answers) {
    let split = 0;
    const { engine } = await openWorld(t, (peer) => {
      peer.socket.on('data', () => {
        split += 1;
        peer.send(answer.slice(0, split));
        setImmediate(() => peer.send(answer.slice(split)));
      });
    });
    const client = dial(engine.port);
    for (let turn = 1; turn < answer.length; turn += 1) {
      client.send(get);
      await client.until((text) => count(text, answer === hello ? 'hello' : '\r\n0\r\n\r\n') === turn);
    }
    const bytes = answer === hello ? 5 : 7;
    assert.equal(
      engine.ended.every(
        ({ outcome }) => outcome.complete && outcome.responseBytes === bytes && outcome.status === 200,
      ),
      true,
    );
    assert.equal(engine.server.stats().upstream.connections, 1);
  }
});

test('HEAD, 204 and 304 have no content, whatever length they announce', async (t) => {
  const { engine, origin } = await openWorld(t, (peer) => {
    peer.socket.on('data', (chunk: Buffer) => {
      const status = /GET \/(\d+)/.exec(chunk.toString())?.[1] ?? '200';
      peer.send(`HTTP/1.1 ${status} X\r\n${status === '204' ? '' : 'Content-Length: 500\r\n'}\r\n`);
    });
  });
  const client = dial(engine.port);
  client.send('HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.until((text) => text.includes('200 OK') && text.endsWith('content-length: 500\r\n\r\n'));
  client.send('GET /304 HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.until((text) => text.includes('304 Not Modified') && text.endsWith('\r\n\r\n'));
  client.send('GET /204 HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.until((text) => text.includes('204 No Content') && text.endsWith('\r\n\r\n'));
  assert.equal(client.received.slice(client.received.indexOf('204 No')).includes('content-length'), false);
  assert.equal(origin.peers.length, 1);
});

test('a 204 that announces content makes its connection one that is not used again', async (t) => {
  const { engine, origin } = await openWorld(t, answering('HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n'));
  const client = dial(engine.port).send(get);
  await client.until((text) => text.endsWith('\r\n\r\n'));
  client.send(get);
  await client.until((text) => count(text, '204 No Content') === 2);
  assert.equal(origin.peers.length, 2);
});

test('content that ends with the connection is passed on in chunks, and to HTTP/1.0 by closing', async (t) => {
  const { engine } = await openWorld(t, (peer) => {
    peer.socket.once('data', () => {
      peer.send('HTTP/1.0 200 OK\r\n\r\nhello ');
      peer.socket.end('world');
    });
  });
  const modern = dial(engine.port).send(get);
  const text = await modern.until((received) => received.endsWith('0\r\n\r\n'));
  assert.equal(
    parseAnswer(text)
      .content.replace(/[0-9a-f]+\r\n(.*)\r\n/gs, '$1')
      .includes('hello'),
    true,
  );
  const old = dial(engine.port).send('GET /a HTTP/1.0\r\n\r\n');
  const answer = parseAnswer(await old.end());
  assert.equal(answer.content, 'hello world');
  assert.equal(answer.fields.connection, 'close');
});

test('HTTP/1.0 connections are kept where the client asks, and closed where it does not', async (t) => {
  const { engine } = await openWorld(t, answering(hello));
  const kept = dial(engine.port).send('GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  await kept.until((text) => text.endsWith('hello'));
  assert.equal(parseAnswer(kept.received).fields.connection, 'keep-alive');
  assert.equal(count(await kept.send('GET /a HTTP/1.0\r\n\r\n').end(), 'hello'), 2);
});

test('Connection: close is honoured', async (t) => {
  const { engine } = await openWorld(t, answering(hello));
  const answer = parseAnswer(
    await dial(engine.port)
      .send('GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\nHost: a\r\n\r\n')
      .end(),
  );
  assert.equal(answer.fields.connection, 'close');
  assert.equal(answer.content, 'hello');
  assert.equal(engine.begun.length, 1);
});

test('an expectation gets its 100 once there is an upstream to take the content', async (t) => {
  const { engine, origin } = await openWorld(t, (peer) =>
    peer.socket.on('data', () => peer.received.endsWith('abc') && peer.send(hello)),
  );
  const client = dial(engine.port).send(
    'POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n',
  );
  assert.equal(await client.until((text) => text.endsWith('\r\n\r\n')), 'HTTP/1.1 100 Continue\r\n\r\n');
  client.send('abc');
  await client.until((text) => text.endsWith('hello'));
  assert.equal((await origin.peer(0)).received.includes('expect'), false);
});

test('an expectation that is answered immediately gets no 100, and the connection ends', async (t) => {
  const { engine } = await openWorld(t, answering(hello), { begin: (exchange) => exchange.respond(401, [], 'no') });
  const text = await dial(engine.port)
    .send('POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n')
    .end();
  assert.equal(parseAnswer(text).status, 401);
  assert.equal(parseAnswer(text).fields.connection, 'close');
});

test('an answer that arrives before the end of the content is passed on immediately, and ends the connection', async (t) => {
  const { engine, origin } = await openWorld(t, (peer) =>
    peer.socket.once('data', () => peer.send('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig')),
  );
  const client = dial(engine.port).send('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc');
  const answer = parseAnswer(await client.end());
  assert.deepEqual([answer.status, answer.content, answer.fields.connection], [413, 'big', 'close']);
  await (await origin.peer(0)).end();
  assert.equal((await engine.outcome(0)).complete, true);
});

test('an upstream may answer piece by piece while it still reads', async (t) => {
  const { engine } = await openWorld(t, (peer) => {
    peer.socket.once('data', () => peer.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n'));
    peer.socket.on('data', (chunk: Buffer) => peer.send(chunk.toString('latin1').replace(/^[^]*\r\n\r\n/, '')));
  });
  const client = dial(engine.port).send('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc');
  await client.until((text) => text.endsWith('abc'));
  client.send('def');
  assert.equal(parseAnswer(await client.end()).content, 'abcdef');
});

test('large contents go through both ways whole, and what waits in memory stays bounded', async (t) => {
  const size = 30_000_000;
  const bufferedBytesMax = 131_072;
  const { engine } = await openWorld(
    t,
    (peer) => {
      let received = 0;
      peer.socket.removeAllListeners('data');
      peer.socket.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received >= size)
          peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`).socket.end(Buffer.alloc(size, 'b'));
      });
    },
    { limits: { bufferedBytesMax } },
  );
  const client = dial(engine.port);
  client.socket.removeAllListeners('data');
  let peak = 0;
  let answered = 0;
  client.send(`POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`).socket.write(Buffer.alloc(size, 'a'));
  client.socket.on('data', (chunk: Buffer) => {
    answered += chunk.length;
    peak = Math.max(peak, engine.server.stats().bufferedBytes);
  });
  const outcome = await engine.outcome(0);
  assert.partialDeepStrictEqual(outcome, { requestBytes: size, responseBytes: size, complete: true });
  await engine.until(() => answered > size);
  // Either direction: the bound, and one read beyond it.
  assert.ok(peak <= 2 * (bufferedBytesMax + 65_536 + 1024), `peak ${peak}`);
});

test('a client that does not read stops its upstream; nothing piles up', async (t) => {
  let written = 0;
  const { engine, origin } = await openWorld(
    t,
    (peer) => {
      const piece = Buffer.alloc(65_536, 'x');
      const more = (): void => {
        while (written < 200_000_000 && peer.socket.write(piece)) written += piece.length;
      };
      peer.socket.once('data', () => {
        peer.send('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n');
        more();
      });
      peer.socket.on('drain', more);
    },
    { limits: { bufferedBytesMax: 65_536 } },
  );
  const client = dial(engine.port);
  client.socket.pause();
  client.send(get);
  const peer = await origin.peer(0);
  // If nothing has moved for many turns, the kernel's buffers between the two are full.
  for (let still = 0, last = -1; still < 2000; still += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (last !== peer.socket.bytesWritten) still = 0;
    last = peer.socket.bytesWritten;
  }
  assert.ok(written < 100_000_000, `${written} octets were taken`);
  assert.ok(engine.server.stats().bufferedBytes <= 2 * 65_536 + 65_536);
  client.socket.destroy();
  assert.partialDeepStrictEqual(await engine.outcome(0), { status: 200, complete: false, error: 'client_aborted' });
});

test('pipelined requests beyond the bound are left in the kernel', async (t) => {
  const { engine } = await openWorld(t, () => undefined, { limits: { bufferedBytesMax: 65_536 } });
  const client = dial(engine.port);
  for (let index = 0; index < 20_000; index += 1) client.send(get);
  await engine.until(() => engine.server.stats().bufferedBytes > 65_536);
  for (let turn = 0; turn < 500; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(engine.server.stats().bufferedBytes < 65_536 * 3, String(engine.server.stats().bufferedBytes));
  assert.equal(engine.begun.length, 1);
});

test('answers are recorded before their last octets leave, once a turn for all of them', async (t) => {
  const { engine } = await openWorld(t, answering(hello));
  const clients = Array.from({ length: 20 }, () => dial(engine.port));
  await Promise.all(clients.map(({ socket }) => once(socket, 'connect')));
  for (const client of clients) client.send(get);
  await Promise.all(clients.map((client) => client.until((text) => text.endsWith('hello'))));
  assert.equal(engine.commits.flat().length, 20);
  assert.ok(engine.commits.length <= 20);
  assert.deepEqual(new Set(engine.commits.flat().map(({ exchange }) => exchange)).size, 20);
});
