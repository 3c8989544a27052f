import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ChunkedReader } from './chunked.ts';
import { chunkLine, LAST_CHUNK } from './serialise.ts';

interface Read {
  readonly content: string;
  readonly done: boolean;
  readonly failed: boolean;
  readonly length: number;
}

function read(text: string, splits: readonly number[] = []): Read {
  const reader = new ChunkedReader();
  const bytes = Buffer.from(text, 'latin1');
  let content = '';
  let at = 0;
  for (const end of [...splits, bytes.length]) {
    at = reader.read(bytes, at, end, { content: (piece, from, to) => (content += piece.toString('latin1', from, to)) });
    if (reader.done || reader.failed) break;
  }
  return { content, done: reader.done, failed: reader.failed, length: at };
}

const malformed: readonly (readonly [string, string])[] = [
  ['a sign before the size', '+5\r\nabcde\r\n0\r\n\r\n'],
  ['a minus before the size', '-5\r\nabcde\r\n0\r\n\r\n'],
  ['0x before the size', '0x5\r\nabcde\r\n0\r\n\r\n'],
  ['a space before the size', ' 5\r\nabcde\r\n0\r\n\r\n'],
  ['a space behind the size', '5 \r\nabcde\r\n0\r\n\r\n'],
  ['a tab behind the size', '5\t\r\nabcde\r\n0\r\n\r\n'],
  ['no size', '\r\nabcde\r\n0\r\n\r\n'],
  ['a size that is not hexadecimal', 'g\r\n'],
  ['an underscore in the size', '1_0\r\n'],
  ['a comma in the size', '5,5\r\n'],
  ['a size beyond 2^53', '20000000000000\r\n'],
  ['a size that would wrap 64 bits', '10000000000000005\r\n'],
  ['more digits than any size has', `${'0'.repeat(17)}5\r\nabcde\r\n`],
  ['bare LF behind the size', '5\nabcde\r\n0\r\n\r\n'],
  ['bare CR behind the size', '5\rabcde\r\n0\r\n\r\n'],
  ['CR CR LF behind the size', '5\r\r\nabcde\r\n'],
  ['bare LF behind the data', '5\r\nabcde\n0\r\n\r\n'],
  ['no CRLF behind the data', '5\r\nabcde0\r\n\r\n'],
  ['more data than the size', '5\r\nabcdef\r\n0\r\n\r\n'],
  ['less data than the size', '6\r\nabcde\r\n0\r\n\r\n'],
  ['bare LF behind the last chunk', '0\n\r\n'],
  ['bare LF as the end', '0\r\n\n'],
  ['CR and something else as the end', '0\r\n\rX'],
  ['an extension without a name', '5;\r\nabcde\r\n'],
  ['an extension without a value', '5;a=\r\nabcde\r\n'],
  ['bare LF in an extension', '5;a\nabcde\r\n'],
  ['bare CR in an extension', '5;a\rb\r\nabcde\r\n'],
  ['a control character in an extension', '5;a\x01\r\nabcde\r\n'],
  ['NUL in an extension', '5;a=\0\r\nabcde\r\n'],
  ['a space in an extension', '5; a=b\r\nabcde\r\n'],
  ['bare LF in a quoted extension', '5;a="b\n"\r\nabcde\r\n'],
  ['CRLF in a quoted extension', '5;a="\r\n"\r\nabcde\r\n'],
  ['an escaped CR in a quoted extension', '5;a="\\\r"\r\nabcde\r\n'],
  ['something behind a quoted extension', '5;a="b"c\r\nabcde\r\n'],
  ['extensions without end', `5;${'a'.repeat(5000)}\r\n`],
  ['extensions of many chunks that together are too long', `1;${'a'.repeat(500)}\r\nx\r\n`.repeat(10)],
  ['a folded trailer', '0\r\nX: a\r\n b\r\n\r\n'],
  ['a trailer without a colon', '0\r\nX\r\n\r\n'],
  ['a trailer with a space before the colon', '0\r\nX : a\r\n\r\n'],
  ['a trailer without a name', '0\r\n: a\r\n\r\n'],
  ['a trailer that ends in bare LF', '0\r\nX: a\n\r\n'],
  ['NUL in a trailer', '0\r\nX: \0\r\n\r\n'],
  ['Content-Length as a trailer', '0\r\nContent-Length: 5\r\n\r\n'],
  ['Transfer-Encoding as a trailer', '0\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['Host as a trailer', '0\r\nHost: a\r\n\r\n'],
  ['Authorization as a trailer', '0\r\nAuthorization: a\r\n\r\n'],
  ['a forged field of ours as a trailer', '0\r\nTulou-Tenant: a\r\n\r\n'],
  ['Connection as a trailer', '0\r\nConnection: close\r\n\r\n'],
  ['trailers without end', `0\r\n${'X: aaaaaaaaaaaaaaaa\r\n'.repeat(500)}`],
];

for (const [reason, text] of malformed) {
  test(`refused, wherever it is split: ${reason}`, () => {
    assert.equal(read(text).failed, true);
    for (let split = 0; split < Math.min(text.length, 200); split += 1) assert.equal(read(text, [split]).failed, true);
  });
}

const wellFormed: readonly (readonly [string, string, string])[] = [
  ['no content', '0\r\n\r\n', ''],
  ['two chunks', '5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n', 'abcdefgh'],
  [
    'sizes in either case with zeros before them',
    '00a\r\n0123456789\r\nB\r\n0123456789a\r\n000\r\n\r\n',
    '01234567890123456789a',
  ],
  ['extensions', '5;a;b=c;d="e \\" f"\r\nabcde\r\n0;x\r\n\r\n', 'abcde'],
  ['trailers, which are dropped', '1\r\na\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n', 'a'],
  ['content that looks like framing', '7\r\n0\r\n\r\n0\r\r\n0\r\n\r\n', '0\r\n\r\n0\r'],
];

for (const [reason, text, content] of wellFormed) {
  test(`understood, wherever it is split: ${reason}`, () => {
    for (let split = 0; split <= text.length; split += 1) {
      assert.deepEqual(read(text, [split]), { content, done: true, failed: false, length: text.length });
    }
  });
}

test('octets behind the message are left alone', () => {
  assert.equal(read('1\r\na\r\n0\r\n\r\nGET /').length, 11);
});

test('content that is written in chunks is read back unchanged, for every cut and split', () => {
  const pieces = fc.array(fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 300 }), { maxLength: 8 });
  fc.assert(
    fc.property(pieces, fc.array(fc.nat(2000), { maxLength: 12 }), (parts, cuts) => {
      const text = parts.map((part) => `${chunkLine(part.length)}${part}\r\n`).join('') + LAST_CHUNK;
      const splits = cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b);
      assert.deepEqual(read(text, splits), { content: parts.join(''), done: true, failed: false, length: text.length });
    }),
    { seed: 20261122, numRuns: 500 },
  );
});
