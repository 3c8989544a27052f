import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Lines } from './lines.ts';

const bounds = { charactersMax: 20, linesPerSecond: 10, burstLines: 50, bytesPerSecondMax: 1000 };

describe('lines of a stream', () => {
  test('are the same however the bytes are cut', () => {
    const text = fc.array(
      fc.string({ unit: 'grapheme', maxLength: 10 }).filter((each) => !/[\n\r]/.test(each)),
      {
        maxLength: 10,
      },
    );
    fc.assert(
      fc.property(text, fc.array(fc.nat({ max: 30 })), (expected, cuts) => {
        const lines = new Lines({ ...bounds, charactersMax: 1000 }, 0);
        const bytes = Buffer.from(expected.map((line) => `${line}\n`).join(''));
        const got: string[] = [];
        let at = 0;
        for (const cut of [...cuts, bytes.byteLength]) {
          got.push(...lines.push(bytes.subarray(at, at + cut), 0).lines);
          at += cut;
        }
        assert.deepEqual([...got, ...lines.end(0)], expected);
      }),
    );
  });

  test('are cut at their bound, and keep no more than it', () => {
    const lines = new Lines(bounds, 0);
    for (let i = 0; i < 1000; i += 1) assert.deepEqual(lines.push(Buffer.from('abcdefghij'), 0).lines, []);
    assert.deepEqual(lines.push(Buffer.from('\nnext\n'), 0).lines, ['abcdefghijabcdefghi…', 'next']);
  });

  test('past their rate are dropped, counted, and come again with time', () => {
    const lines = new Lines(bounds, 0);
    const flood = Buffer.from('x\n'.repeat(200));
    assert.equal(lines.push(flood, 0).lines.length, 50);
    assert.equal(lines.takeDropped(), 150);
    assert.equal(lines.takeDropped(), 0);
    assert.equal(lines.push(flood, 1000).lines.length, 10);
  });

  test('a flood of bytes pauses the reader until its second is over', () => {
    const lines = new Lines(bounds, 0);
    assert.equal(lines.push(Buffer.alloc(900), 100).pauseMs, 0);
    assert.equal(lines.push(Buffer.alloc(200), 300).pauseMs, 700);
    assert.equal(lines.push(Buffer.alloc(200), 1000).pauseMs, 0);
  });

  test('bytes that are no text, and an unfinished last line, are lines too', () => {
    const lines = new Lines(bounds, 0);
    assert.deepEqual(lines.push(Buffer.from([0xff, 0xfe, 10]), 0).lines, ['\ufffd\ufffd']);
    assert.deepEqual(lines.push(Buffer.from('rest'), 0).lines, []);
    assert.deepEqual(lines.end(0), ['rest']);
  });
});
