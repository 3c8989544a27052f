import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readAnswer } from './feed.ts';

const head = { epoch: 'e', seq: 9, full: true, count: 2 };
const lines = [
  head,
  { seq: 8, kind: 'tenant', key: 'a', tenant: 'a', object: { text: '土楼 "\\n"' } },
  { seq: 9, kind: 'app', key: 'b', tenant: 'a', object: null },
  { end: 2 },
];
const text = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');

async function* inPieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const size of sizes) yield bytes.subarray(at, (at += size));
  if (at < bytes.length) yield bytes.subarray(at);
}
const read = (source: string) => readAnswer(inPieces(Buffer.from(source), []));

describe('an answer of the feed', () => {
  it('is the same however the network cuts it', async () => {
    const bytes = Buffer.from(text(lines));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 20 }), async (sizes) => {
        assert.deepEqual(await readAnswer(inPieces(bytes, sizes)), { head, changes: lines.slice(1, 3) });
      }),
    );
  });

  it('is discarded if it was cut short, at any byte before its end', async () => {
    const bytes = Buffer.from(text(lines));
    for (let length = 0; length < bytes.length; length += 1) {
      await assert.rejects(readAnswer(inPieces(bytes.subarray(0, length), [])));
    }
  });

  for (const [what, values] of [
    ['has fewer changes than it says', [head, lines[1], lines[3]]],
    ['has more changes than it says', [head, lines[1], lines[2], lines[2], lines[3]]],
    ['ends with another number', [head, lines[1], lines[2], { end: 3 }]],
    ['goes on after its end', [...lines, lines[1]]],
    ['has no head', lines.slice(1)],
    ['has a change without a key', [head, { seq: 1, kind: 'a', tenant: 'a', object: null }, lines[2], lines[3]]],
  ] as const) {
    it(`is discarded if it ${what}`, () => assert.rejects(read(text(values))));
  }

  it('is discarded if a line is longer than any object may be', () =>
    assert.rejects(read(`${JSON.stringify(head)}\n${'x'.repeat(3_000_000)}`), RangeError));
});
