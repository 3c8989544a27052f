import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, METHODS } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { dial, forwardTo, openEngine } from '../../../test/wire/peers.ts';
import { ChunkedReader } from './chunked.ts';
import type { ForwardOptions, RequestHead } from './exchange.ts';
import { RequestReader } from './request-head.ts';
import { ResponseReader } from './response-head.ts';
import { ownFields, passedFields, requestHead, statusLine } from './serialise.ts';

const SEED = 20_261_122;
const bounds = { headBytesMax: 4096, fieldsMax: 50, targetBytesMax: 1000 };
const forward: ForwardOptions = {
  upstream: { key: 'http://origin', tls: false, host: 'origin', port: 80, hostField: 'a.example' },
  target: '',
  dropFields: new Set(),
  addFields: [],
  answerFields: [],
  timeoutMs: 1,
  requestBytesMax: 1,
};

/** Mostly the first; sometimes the second. */
function mostly<T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: odd });
}

const joined = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...parts).map((strings) => strings.join(''));
const one = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);

const plainField = joined(
  one('X-A', 'x', 'Cookie', 'Accept', 'TE', 'Tulou-App', 'Keep-Alive', 'Date'),
  one(':', ': ', ':\t'),
  mostly(one('a', 'b=c; d', '', 'timeout=5', '\xe9'), fc.string({ unit: 'binary-ascii', maxLength: 20 })),
  one('\r\n'),
);
const framingField = one(
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close\r\n',
  'Connection: keep-alive, x-a\r\n',
  'Expect: 100-continue\r\n',
  'Upgrade: h2c\r\n',
);
const oddName = one(
  'Host',
  'X-A',
  'Content-Length',
  'Transfer-Encoding',
  'Connection',
  'Expect',
  'Upgrade',
  'content_length',
  '',
);
const oddValue = mostly(
  one('+5', '5, 5', '0x5', 'gzip, chunked', 'host', 'websocket', 'a b'),
  fc.string({ unit: 'binary-ascii', maxLength: 20 }),
);
const oddField = joined(oddName, one(':', ': ', ' :', ''), oddValue, one('\r\n', '\n', '\r', '\r\n '));
const fieldsArb = fc
  .array(mostly(fc.oneof(plainField, plainField, plainField, framingField), oddField), { maxLength: 6 })
  .map((fields) => fields.join(''));
const startArb = joined(
  mostly(one('GET', 'POST', 'OPTIONS', 'get'), one('CONNECT', 'G(T', '')),
  mostly(one(' '), one('  ', '\t')),
  mostly(
    fc.oneof(
      one('/', '/a?b=c', 'http://a.example/'),
      fc.webPath().map((path) => `/${path}`),
    ),
    one('*', 'a:80', '/a#b', '/%zz', ''),
  ),
  mostly(one(' '), one('  ')),
  mostly(one('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'), one('HTTP/2.0', 'http/1.1', 'HTTP/1.1 ')),
  mostly(one('\r\n'), one('\n')),
);
const statusArb = mostly(
  one('HTTP/1.1 200 OK\r\n', 'HTTP/1.0 200\r\n', 'HTTP/1.1 204 \r\n', 'HTTP/1.1 103 E\r\n'),
  one('HTTP/1.1 101 S\r\n', 'HTTP/1.1 2000 O\r\n', 'HTTP/1.1 200 OK\n'),
);
const hostArb = mostly(
  one('Host: a.example\r\n'),
  one('', 'Host: b.example\r\n', 'Host: a.example\r\nHost: a.example\r\n'),
);
const endArb = mostly(one('\r\n'), one('\n', '', '\r'));

/** Valid or nearly valid messages, with octets removed, inserted, repeated and swapped. */
function mutated(messages: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const mutation = fc.tuple(
    one('insert', 'remove', 'repeat', 'replace'),
    fc.nat(),
    fc.nat({ max: 40 }),
    one('\r', '\n', '\0', ' ', '\t', ':', ',', ';', '\x7f', '\xff', '0', 'a', '\r\n', '\r\n\r\n', '%'),
  );
  return fc
    .tuple(
      messages,
      mostly(fc.constant<[string, number, number, string][]>([]), fc.array(mutation, { minLength: 1, maxLength: 4 })),
    )
    .map(([message, mutations]) => {
      let text = message;
      for (const [kind, place, size, octets] of mutations) {
        const at = text.length === 0 ? 0 : place % text.length;
        if (kind === 'insert') text = text.slice(0, at) + octets + text.slice(at);
        else if (kind === 'remove') text = text.slice(0, at) + text.slice(at + 1 + (size % 4));
        else if (kind === 'repeat') text = text.slice(0, at + size) + text.slice(at);
        else text = text.slice(0, at) + octets + text.slice(at + octets.length);
      }
      return text;
    });
}

interface Reader {
  read(bytes: Buffer, start: number, end: number): string;
  readonly code: string;
  readonly length: number;
}

/** Feeds the octets in pieces that end at `splits`. */
function feed(reader: Reader, bytes: Buffer, splits: readonly number[]): string {
  let reading = 'more';
  for (const end of [...splits.map((split) => split % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    reading = reader.read(bytes, 0, end);
    if (reading !== 'more') break;
  }
  return reading;
}

const understood = { requests: 0, responses: 0, contents: 0 };

function readRequest(
  text: string,
  splits: readonly number[] = [],
): { reading: string; code: string; head: RequestHead; length: number } {
  const reader = new RequestReader(bounds, false);
  const reading = feed(reader, Buffer.from(text, 'latin1'), splits);
  return { reading, code: reading === 'failed' ? reader.code : '', head: reader.head(), length: reader.length };
}

test('any request is refused, incomplete, or understood in one way, for every split; our own form of it reads the same', (t) => {
  const requests = mutated(joined(startArb, hostArb, fieldsArb, endArb));
  fc.assert(
    fc.property(requests, fc.array(fc.nat(), { maxLength: 6 }), (text, splits) => {
      const whole = readRequest(text);
      const split = readRequest(text, splits);
      assert.deepEqual([split.reading, split.code], [whole.reading, whole.code]);
      if (whole.reading !== 'done') return;
      understood.requests += 1;
      assert.deepEqual(split, whole);
      // No octet after the head changes the result.
      assert.deepEqual(
        readRequest(`${text.slice(0, whole.length)}GET / HTTP/1.1\r\nContent-Length: 9\r\n\r\n`).head,
        whole.head,
      );
      const again = readRequest(requestHead(whole.head, { ...forward, target: whole.head.target }));
      assert.equal(again.reading, 'done');
      assert.deepEqual({ ...again.head, minor: whole.head.minor, host: whole.head.host }, whole.head);
    }),
    { seed: SEED, numRuns: 20_000 },
  );
  t.diagnostic(`seed ${SEED}, 20,000 runs, ${understood.requests} understood`);
  assert.ok(understood.requests > 4000);
});

test('any answer is refused, incomplete, or understood in one way, for every split; our own form of it reads the same', (t) => {
  const read = (text: string, splits: readonly number[] = []): { reading: string; reader: ResponseReader } => {
    const reader = new ResponseReader(bounds);
    return { reading: feed(reader, Buffer.from(text, 'latin1'), splits), reader };
  };
  const answers = mutated(joined(statusArb, fieldsArb, endArb));
  fc.assert(
    fc.property(answers, fc.array(fc.nat(), { maxLength: 6 }), (text, splits) => {
      const whole = read(text);
      const split = read(text, splits);
      assert.equal(split.reading, whole.reading);
      if (whole.reading !== 'done') return;
      understood.responses += 1;
      const { status, fields, contentLength, chunked, length } = whole.reader;
      assert.deepEqual(
        [
          split.reader.status,
          split.reader.fields,
          split.reader.contentLength,
          split.reader.chunked,
          split.reader.length,
        ],
        [status, fields, contentLength, chunked, length],
      );
      const framing = chunked
        ? 'transfer-encoding: chunked\r\n'
        : contentLength === -1
          ? ''
          : `content-length: ${contentLength}\r\n`;
      const again = read(`${statusLine(status)}${passedFields(fields, [])}${ownFields([])}${framing}\r\n`);
      assert.equal(again.reading, 'done');
      assert.deepEqual(
        [again.reader.status, again.reader.fields, again.reader.contentLength, again.reader.chunked],
        [status, fields, contentLength, chunked],
      );
    }),
    { seed: SEED, numRuns: 20_000 },
  );
  t.diagnostic(`seed ${SEED}, 20,000 runs, ${understood.responses} understood`);
  assert.ok(understood.responses > 4000);
});

test('any chunked content is refused, incomplete, or understood in one way, for every split', (t) => {
  const read = (text: string, splits: readonly number[] = []): (string | boolean | number)[] => {
    const reader = new ChunkedReader();
    const bytes = Buffer.from(text, 'latin1');
    let content = '';
    let at = 0;
    for (const end of [...splits.map((split) => split % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
      at = reader.read(bytes, at, Math.max(at, end), {
        content: (piece, from, to) => (content += piece.toString('latin1', from, to)),
      });
    }
    if (reader.done) understood.contents += 1;
    return [reader.done, reader.failed, at, content];
  };
  const extension = mostly(one('', '', ';a', ';a=b;c="d"'), one(' ', ';', ';a=', ';a\n'));
  const chunk = fc
    .tuple(fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 40 }), extension)
    .map(([data, odd]) => `${data.length.toString(16)}${odd}\r\n${data}\r\n`);
  const contents = mutated(
    joined(
      fc.array(chunk, { maxLength: 5 }).map((chunks) => chunks.join('')),
      mostly(one('0\r\n\r\n', '0\r\nX: y\r\n\r\n'), one('00\r\nHost: y\r\n\r\n', '')),
    ),
  );
  fc.assert(
    fc.property(contents, fc.array(fc.nat(), { maxLength: 6 }), (text, splits) => {
      assert.deepEqual(read(text, splits), read(text));
    }),
    { seed: SEED, numRuns: 20_000 },
  );
  t.diagnostic(`seed ${SEED}, 20,000 runs, ${understood.contents / 2} understood`);
  assert.ok(understood.contents > 4000);
});

test("whatever a client sends, Node's own parser behind the engine only ever sees a well-formed request", async (t) => {
  const faults: string[] = [];
  let served = 0;
  const origin = createServer((request, response) => {
    request.resume().on('end', () => {
      served += 1;
      response.end('ok');
    });
  });
  // An upload that the client breaks off is broken off at the origin too: this is the only valid complaint.
  origin.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code !== 'ECONNRESET' && error.code !== 'HPE_INVALID_EOF_STATE') faults.push(String(error.code));
    socket.destroy();
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const { port } = origin.address() as AddressInfo;
  const forwardIt = forwardTo({ key: 'origin', tls: false, host: '127.0.0.1', port, hostField: 'origin' });
  // Node's parser has a fixed list of methods. Other methods would hide the searched fault: content that is read as a
  // request.
  const engine = await openEngine({
    begin: (exchange) => (METHODS.includes(exchange.head.method) ? forwardIt(exchange) : exchange.respond(405, [], '')),
  });
  t.after(async () => {
    await engine.server.close();
    origin.close();
  });
  const contentArb = one(
    '',
    '',
    'hello',
    '5\r\nhello\r\n0\r\n\r\n',
    '5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n',
    '3\r\nabc\r\n',
  );
  const messages = mutated(joined(startArb, hostArb, fieldsArb, endArb, contentArb, startArb, hostArb, endArb));
  const runs = 3000;
  const samples = fc.sample(fc.tuple(messages, fc.nat()), { seed: SEED, numRuns: runs });
  const send = async ([text, split]: [string, number]): Promise<void> => {
    const client = dial(engine.port);
    client.send(text.slice(0, split % (text.length + 1)));
    await new Promise((resolve) => setImmediate(resolve));
    client.send(text.slice(split % (text.length + 1)));
    // When nothing has changed for many turns, no more work will happen. Then the client disconnects.
    for (let still = 0, last = ''; still < 50 && !client.closed; still += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = `${engine.begun.length} ${engine.ended.length} ${client.received.length}`;
      if (now !== last) still = 0;
      last = now;
    }
    client.socket.end();
    await client.end();
  };
  for (let at = 0; at < runs; at += 50) await Promise.all(samples.slice(at, at + 50).map(send));
  await engine.until(() => engine.server.stats().exchanges === 0);
  t.diagnostic(`seed ${SEED}, ${runs} connections, ${engine.begun.length} exchanges, ${served} requests served`);
  assert.deepEqual(faults, []);
  assert.equal(engine.ended.length, engine.begun.length);
  assert.ok(served > 200, String(served));
});
