import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResponseReader } from './response-head.ts';

const bounds = { headBytesMax: 2048, fieldsMax: 20 };

function read(text: string): { reading: string; reader: ResponseReader } {
  const reader = new ResponseReader(bounds);
  const bytes = Buffer.from(text, 'latin1');
  return { reading: reader.read(bytes, 0, bytes.length), reader };
}

const ok = 'HTTP/1.1 200 OK\r\n';

const malformed: readonly (readonly [string, string])[] = [
  ['Content-Length and Transfer-Encoding', `${ok}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ['two different lengths', `${ok}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`],
  ['two equal lengths', `${ok}Content-Length: 5\r\nContent-Length: 5\r\n\r\n`],
  ['a list of lengths', `${ok}Content-Length: 5, 5\r\n\r\n`],
  ['a signed length', `${ok}Content-Length: +5\r\n\r\n`],
  ['a length beyond 2^53', `${ok}Content-Length: 9007199254740993\r\n\r\n`],
  ['another coding than chunked', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n`],
  ['chunked twice', `${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ['chunked in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['bare LF behind the status line', 'HTTP/1.1 200 OK\nX: a\r\n\r\n'],
  ['bare LF behind a field', `${ok}X: a\n\r\n`],
  ['bare LF as the empty line', `${ok}X: a\r\n\n`],
  ['bare CR in a value', `${ok}X: a\rb\r\n\r\n`],
  ['bare CR in the reason', 'HTTP/1.1 200 O\rK\r\n\r\n'],
  ['a folded value', `${ok}X: a\r\n b\r\n\r\n`],
  ['space before a colon', `${ok}X : a\r\n\r\n`],
  ['NUL in a value', `${ok}X: \0\r\n\r\n`],
  ['a control character in the reason', 'HTTP/1.1 200 \x01\r\n\r\n'],
  ['a name that is no token', `${ok}X(: a\r\n\r\n`],
  ['an empty line before the status line', `\r\n${ok}\r\n`],
  ['another protocol', 'ICY 200 OK\r\n\r\n'],
  ['HTTP/2', 'HTTP/2 200 OK\r\n\r\n'],
  ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n'],
  ['HTTP/0.9', '<html>\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
  ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
  ['a status above 599', 'HTTP/1.1 600 OK\r\n\r\n'],
  ['two spaces before the status', 'HTTP/1.1  200 OK\r\n\r\n'],
  ['101, which nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n'],
  ['an interim answer with a length', 'HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\n'],
  ['an interim answer in chunks', 'HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['Connection names Content-Length', `${ok}Content-Length: 5\r\nConnection: content-length\r\n\r\n`],
  ['a length spelt with an underscore', `${ok}Content_Length: 5\r\n\r\n`],
  ['too many fields', `${ok}${'X: a\r\n'.repeat(21)}\r\n`],
  ['too large a head', `${ok}X: ${'a'.repeat(2048)}\r\n\r\n`],
];

for (const [reason, text] of malformed) {
  test(`refused: ${reason}`, () => {
    assert.equal(read(text).reading, 'failed');
  });
}

test('neither a refusal nor what is understood depends on where the octets are split', () => {
  const sound = [
    `${ok}Content-Length: 5\r\nDate: x\r\n\r\n`,
    'HTTP/1.0 204 \r\nConnection: x\r\nX: 1\r\n\r\n',
    'HTTP/1.1 103 E\r\nLink: a\r\n\r\n',
  ];
  for (const text of [...malformed.map(([, malformedText]) => malformedText), ...sound]) {
    const whole = read(text);
    for (let split = 0; split < text.length; split += 1) {
      const reader = new ResponseReader(bounds);
      const bytes = Buffer.from(text, 'latin1');
      let reading = reader.read(bytes.subarray(0, split), 0, split);
      if (reading === 'more') reading = reader.read(bytes, 0, bytes.length);
      assert.equal(reading, whole.reading, JSON.stringify(text));
      if (reading === 'done')
        assert.deepEqual(
          [reader.status, reader.fields, reader.contentLength],
          [whole.reader.status, whole.reader.fields, whole.reader.contentLength],
        );
    }
  }
});

test('understood: a status line without a reason, and without the space before it', () => {
  assert.equal(read('HTTP/1.1 299 \r\n\r\n').reader.status, 299);
  assert.equal(read('HTTP/1.1 299\r\n\r\n').reader.status, 299);
});

test('fields for this hop only, those that Connection names and forged fields of ours are dropped', () => {
  const { reading, reader } = read(
    `${ok}Connection: x-hop\r\nX-Hop: 1\r\nUpgrade: h2c\r\nKeep-Alive: max=9, timeout=5\r\n` +
      'Tulou-Request-Id: x\r\nTrailer: y\r\nServer: s\r\n\r\n',
  );
  assert.equal(reading, 'done');
  assert.deepEqual(reader.fields, ['server', 's']);
  assert.equal(reader.idleSeconds, 5);
});

test('a connection is kept only where the upstream keeps it', () => {
  assert.equal(read(`${ok}\r\n`).reader.persistent, true);
  assert.equal(read(`${ok}Connection: close\r\n\r\n`).reader.persistent, false);
  assert.equal(read('HTTP/1.0 200 OK\r\n\r\n').reader.persistent, false);
  assert.equal(read('HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n').reader.persistent, true);
});
