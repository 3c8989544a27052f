import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import {
  answering,
  dial,
  forwardTo,
  openEngine,
  openOrigin,
  parseAnswer,
  type Engine,
  type EngineOptions,
  type Origin,
  type Peer,
} from '../../../test/wire/peers.ts';
import type { ForwardOptions } from './exchange.ts';

const hello = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: Sun, 22 Nov 2026 00:00:00 GMT\r\n\r\nhello';
const get = 'GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n';

interface World {
  readonly origin: Origin;
  readonly engine: Engine;
}

/** An engine that forwards everything to an origin played by `onPeer`; both are closed with the test. */
async function open(
  t: TestContext,
  onPeer: (peer: Peer) => void,
  options: Partial<EngineOptions> & { forward?: Partial<ForwardOptions> } = {},
): Promise<World> {
  const origin = await openOrigin(onPeer);
  const engine = await openEngine({ begin: forwardTo(origin.upstream, options.forward), ...options });
  t.after(async () => {
    await engine.server.close();
    await origin.close();
  });
  return { origin, engine };
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

test('a request and its answer go through, re-made, without what is for one hop only', async (t) => {
  const answer =
    'HTTP/1.1 200 Fine\r\nCONTENT-LENGTH: 2\r\nX-One: 1\r\nConnection: keep-alive, x-hop\r\nX-Hop: 1\r\nTulou-Tenant: forged\r\nDate: d\r\nServer: s\r\n\r\nok';
  const { origin, engine } = await open(t, answering(answer), {
    forward: {
      target: '/base/a?b=c',
      dropFields: new Set(['x-api-key']),
      addFields: ['tulou-tenant', 'ten_1'],
      answerFields: ['server', 'tulou', 'tulou-request-id', 'r1'],
    },
  });
  const client = dial(engine.port).send(
    'GET /a?b=c HTTP/1.1\r\nhost: a.example\r\nX-API-Key: secret\r\nTulou-Tenant: forged\r\nAccept:   */*  \r\nConnection: x-gone\r\nX-Gone: 1\r\nTE: trailers\r\n\r\n',
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
  const { origin, engine } = await open(t, answering(hello));
  const client = dial(engine.port);
  for (let index = 1; index <= 5; index += 1) {
    client.send(get);
    await client.until((text) => count(text, 'hello') === index);
  }
  assert.equal(origin.peers.length, 1);
  assert.deepEqual(engine.server.stats().upstream, { connections: 1, idle: 1, connecting: 0, waiting: 0 });
});

test('pipelined requests are answered one after the other, in their order', async (t) => {
  const { origin, engine } = await open(t, (peer) => {
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
  const { origin, engine } = await open(t, answering(hello));
  const client = dial(engine.port).send('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nab\0\xff\r\n');
  await client.until((text) => text.endsWith('hello'));
  assert.equal(
    (await origin.peer(0)).received,
    `POST /a HTTP/1.1\r\nhost: ${origin.upstream.hostField}\r\ncontent-length: 6\r\n\r\nab\0\xff\r\n`,
  );
  assert.equal((await engine.outcome(0)).requestBytes, 6);
});

test('chunked content is passed on in chunks made anew, without extensions and trailers', async (t) => {
  const { origin, engine } = await open(t, (peer) => {
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
  const { origin, engine } = await open(t, (peer) => {
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
    'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\nX: y\r\n\r\n',
  ];
  for (const answer of answers) {
    let split = 0;
    const { engine } = await open(t, (peer) => {
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
  const { engine, origin } = await open(t, (peer) => {
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
  const { engine, origin } = await open(t, answering('HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n'));
  const client = dial(engine.port).send(get);
  await client.until((text) => text.endsWith('\r\n\r\n'));
  client.send(get);
  await client.until((text) => count(text, '204 No Content') === 2);
  assert.equal(origin.peers.length, 2);
});

test('content that ends with the connection is passed on in chunks, and to HTTP/1.0 by closing', async (t) => {
  const { engine } = await open(t, (peer) => {
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
  const { engine } = await open(t, answering(hello));
  const kept = dial(engine.port).send('GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  await kept.until((text) => text.endsWith('hello'));
  assert.equal(parseAnswer(kept.received).fields.connection, 'keep-alive');
  assert.equal(count(await kept.send('GET /a HTTP/1.0\r\n\r\n').end(), 'hello'), 2);
});

test('Connection: close is honoured', async (t) => {
  const { engine } = await open(t, answering(hello));
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
  const { engine, origin } = await open(t, (peer) =>
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

test('an expectation that is answered at once gets no 100, and the connection ends', async (t) => {
  const { engine } = await open(t, answering(hello), { begin: (exchange) => exchange.respond(401, [], 'no') });
  const text = await dial(engine.port)
    .send('POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n')
    .end();
  assert.equal(parseAnswer(text).status, 401);
  assert.equal(parseAnswer(text).fields.connection, 'close');
});

test('an answer that comes while the content still does is passed on at once, and ends the connection', async (t) => {
  const { engine, origin } = await open(t, (peer) =>
    peer.socket.once('data', () => peer.send('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig')),
  );
  const client = dial(engine.port).send('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc');
  const answer = parseAnswer(await client.end());
  assert.deepEqual([answer.status, answer.content, answer.fields.connection], [413, 'big', 'close']);
  await (await origin.peer(0)).end();
  assert.equal((await engine.outcome(0)).complete, true);
});

test('an upstream may answer piece by piece while it still reads', async (t) => {
  const { engine } = await open(t, (peer) => {
    peer.socket.once('data', () => peer.send('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n'));
    peer.socket.on('data', (chunk: Buffer) => peer.send(chunk.toString('latin1').replace(/^[^]*\r\n\r\n/, '')));
  });
  const client = dial(engine.port).send('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc');
  await client.until((text) => text.endsWith('abc'));
  client.send('def');
  assert.equal(parseAnswer(await client.end()).content, 'abcdef');
});

test('extra octets behind an answer poison the connection', async (t) => {
  const { engine, origin } = await open(t, answering(`${hello}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`));
  const client = dial(engine.port).send(get);
  await client.until((text) => text.endsWith('hello'));
  client.send(get);
  const text = await client.until((received) => count(received, 'hello') === 2);
  assert.equal(text.includes('evil'), false);
  assert.equal(origin.peers.length, 2);
});

test('octets on an idle connection end it', async (t) => {
  const { engine, origin } = await open(t, answering(hello));
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
    const { engine, origin } = await open(t, answering(octets));
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
    const { engine, origin } = await open(t, answering(`HTTP/1.1 200 OK\r\n${head}`));
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
  const { engine, origin } = await open(
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
  const { engine, origin } = await open(
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
  const { engine, origin } = await open(t, answering(hello));
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
    const { engine, origin } = await open(t, answering(hello));
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
  const { engine, origin } = await open(t, (peer) => peer.socket.once('data', () => peer.socket.resetAndDestroy()));
  await dial(engine.port)
    .send(get)
    .until((text) => text.includes('upstream_unreachable'));
  assert.equal(origin.peers.length, 1);
});

test('large contents go through both ways whole, and what waits in memory stays bounded', async (t) => {
  const size = 30_000_000;
  const bufferedBytesMax = 131_072;
  const { engine } = await open(
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
  const { engine, origin } = await open(
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
  // The kernel's buffers between the two are full when nothing has moved for many turns.
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
  const { engine } = await open(t, () => undefined, { limits: { bufferedBytesMax: 65_536 } });
  const client = dial(engine.port);
  for (let index = 0; index < 20_000; index += 1) client.send(get);
  await engine.until(() => engine.server.stats().bufferedBytes > 65_536);
  for (let turn = 0; turn < 500; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(engine.server.stats().bufferedBytes < 65_536 * 3, String(engine.server.stats().bufferedBytes));
  assert.equal(engine.begun.length, 1);
});

test('content beyond the limit is a 413: at once where its length is known, else when it is passed', async (t) => {
  const { engine, origin } = await open(t, () => undefined, { forward: { requestBytesMax: 10 } });
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
  await (await origin.peer(0)).end();
});

test('malformed chunks in the middle of content are a 400 and a close, and the upstream sees no end of the request', async (t) => {
  const { engine, origin } = await open(t, () => undefined);
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
  const { engine } = await open(t, () => undefined, {
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

test('a client that goes away takes its upstream connection along', async (t) => {
  const { engine, origin } = await open(t, () => undefined);
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

test('an answer decided after the client went away is dropped without a word', async (t) => {
  const { engine } = await open(t, () => undefined, { begin: () => undefined });
  const client = dial(engine.port).send(get);
  await engine.until(() => engine.begun.length === 1);
  client.socket.destroy();
  await engine.outcome(0);
  engine.begun[0]?.respond(200, [], 'late');
  assert.equal(engine.ended.length, 1);
});

test('an exchange is answered or forwarded once', async (t) => {
  let second: unknown;
  const { engine } = await open(t, () => undefined, {
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
  const { engine } = await open(t, () => undefined, {
    begin() {
      throw new Error('defect');
    },
  });
  await dial(engine.port)
    .send(get)
    .until((text) => text.includes('"internal"'));
  assert.equal((await engine.outcome(0)).error, 'internal');
});

test('own fields that could end a line are a defect that is seen, not a header that is sent', async (t) => {
  const { engine } = await open(t, answering(hello), { forward: { addFields: ['x-a', 'b\r\nevil: 1'] } });
  await dial(engine.port)
    .send(get)
    .until((text) => text.includes('"internal"'));
});

test('an upstream that can not be reached is a 502', async (t) => {
  const { engine, origin } = await open(t, () => undefined);
  origin.server.close();
  await once(origin.server, 'close');
  await dial(engine.port)
    .send(get)
    .until((text) => text.includes('upstream_unreachable'));
  origin.server.listen(0);
  await engine.until(() => engine.server.stats().upstream.connecting === 0);
});

test('answers are recorded before their last octets leave, once a turn for all of them', async (t) => {
  const { engine } = await open(t, answering(hello));
  const clients = Array.from({ length: 20 }, () => dial(engine.port));
  await Promise.all(clients.map(({ socket }) => once(socket, 'connect')));
  for (const client of clients) client.send(get);
  await Promise.all(clients.map((client) => client.until((text) => text.endsWith('hello'))));
  assert.equal(engine.commits.flat().length, 20);
  assert.ok(engine.commits.length <= 20);
  assert.deepEqual(new Set(engine.commits.flat().map(({ exchange }) => exchange)).size, 20);
});
