import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scanJson, type Scan } from './json-scan.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const scan = (text: string, bounds: { depthMax?: number; valuesMax?: number; raw?: readonly string[] } = {}) =>
  scanJson(bytesOf(text), { depthMax: 10, valuesMax: 1000, raw: [], ...bounds });

const rawOf = (text: string, found: Scan): string[] =>
  'spans' in found
    ? found.spans.map(({ start, end }) => new TextDecoder().decode(bytesOf(text).subarray(start, end)))
    : [];

test('a text is refused at its depth, wherever it stands', async () => {
  const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
  assert.deepEqual(await scan(nested(10)), { spans: [] });
  assert.deepEqual(await scan(nested(11)), { refused: 'the JSON is nested deeper than 10 levels' });
  assert.deepEqual(await scan('[{'.repeat(1_000_000)), { refused: 'the JSON is nested deeper than 10 levels' });
});

test('brackets and commas in strings are text', async () => {
  assert.deepEqual(await scan(JSON.stringify({ a: '[{'.repeat(100), '[[[[[[[[[[[[': ',"\\,'.repeat(1000) })), {
    spans: [],
  });
});

test('a text of too many values is refused', async () => {
  assert.deepEqual(await scan(JSON.stringify(Array.from({ length: 1000 }, () => 1))), { spans: [] });
  assert.ok('refused' in (await scan(JSON.stringify(Array.from({ length: 1002 }, () => [])))));
});

test('an object under a raw name is found, and nothing in it is measured', async () => {
  const inner = `{"x": ${'['.repeat(5000)}${']'.repeat(5000)}, "openapi": {}}`;
  const text = `{"name": "openapi", "openapi": ${inner}, "other": {"openapi": {}}}`;
  assert.deepEqual(rawOf(text, await scan(text, { raw: ['openapi'] })), [inner]);
});

test('a raw name that holds no object is like any other', async () => {
  for (const value of ['"{}"', 'null', '[{}]', '5']) {
    assert.deepEqual(await scan(`{"openapi": ${value}, "a": {}}`, { raw: ['openapi'] }), { spans: [] }, value);
  }
});

test('of any JSON object the raw members are found whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })),
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })),
      fc.nat(3),
      async (around, raw, indent) => {
        const { doc: _, ...others } = around;
        const text = JSON.stringify({ ...others, doc: raw }, null, indent);
        const [found] = rawOf(text, await scan(text, { raw: ['doc'] }));
        assert.deepEqual(JSON.parse(found ?? 'null'), JSON.parse(JSON.stringify(raw)));
      },
    ),
  );
});

test('a text of several slices is scanned as one', async () => {
  const long = JSON.stringify('\\"'.repeat(400_000));
  const text = `{"a": ${long}, "openapi": {"b": ${long}}, "c": ${long}}`;
  assert.deepEqual(rawOf(text, await scan(text, { raw: ['openapi'] })), [`{"b": ${long}}`]);
});
