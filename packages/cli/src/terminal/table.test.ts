import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { schemaOf } from '../schema.ts';
import { columnsOf, detailLines, tableLines } from './table.ts';
import { fitted, padded, printable, widthOf, wrapped } from './text.ts';

const plain = { columns: undefined, paint: (_: string, text: string) => text };

test('names come first, then id and state; minor columns and objects without a name are for --wide', () => {
  const item = z.object({
    id: z.string(),
    created_at: z.string(),
    updated_at: z.string(),
    limits: z.array(z.object({ requests: z.int(), per: z.string() })),
    before: z.unknown(),
    sums: z.object({ requests: z.int() }),
    app: z.object({ id: z.string(), name: z.string().nullable() }).nullable(),
    slug: z.string(),
    state: z.enum(['on']),
    description: z.string().nullable(),
  });
  assert.deepEqual(columnsOf(schemaOf(item, 'output')), {
    shown: ['slug', 'app', 'id', 'state', 'created_at', 'limits', 'description'],
    more: ['updated_at', 'before', 'sums'],
  });
});

test('a table is aligned, also under wide characters, and empty columns are gone', () => {
  const rows = [
    { slug: 'acme', name: '土楼', hosts: [] },
    { slug: 'b', name: 'Umbrella', hosts: [] },
  ];
  assert.deepEqual(tableLines(['slug', 'name', 'hosts'], rows, plain).lines, [
    'SLUG  NAME',
    'acme  土楼',
    'b     Umbrella',
  ]);
});

test('cells show lists, limits, addresses and times in short', () => {
  const {
    lines: [, line],
  } = tableLines(
    ['limits', 'upstreams', 'at', 'scopes'],
    [
      {
        limits: [{ requests: 5, per: 'day', by: 'app' }],
        upstreams: [{ url: 'http://a', weight: 1 }],
        at: '2026-01-02T03:04:05.678Z',
        scopes: ['r', 'w'],
      },
    ],
    plain,
  );
  assert.equal(line, '5/day   http://a   2026-01-02T03:04:05Z  r, w');
});

test('no line is wider than the terminal, whatever stands in it', () => {
  const cell = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer(), fc.constant('土楼'.repeat(20)));
  const rows = fc.array(fc.record({ slug: cell, name: cell, a: cell, b: cell }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(rows, fc.integer({ min: 10, max: 200 }), (list, columns) => {
      for (const line of tableLines(['slug', 'name', 'a', 'b'], list, { ...plain, columns }).lines) {
        assert.ok(widthOf(line) <= columns, `${widthOf(line)} > ${columns}: ${line}`);
      }
    }),
  );
});

test('in a narrow terminal long words are cut and the last columns go, but what is copied stays whole', () => {
  const id = 'api_01m82pscr2ewjtpdvxdt47wxxb';
  const row = { slug: 'orders', name: 'A rather long name of an API', id, created_at: '2026-11-22T22:42:19Z' };
  const { lines, hidden } = tableLines(Object.keys(row), [row], { ...plain, columns: 62 });
  assert.deepEqual(hidden, ['created_at']);
  assert.deepEqual(lines, ['SLUG    NAME             ID', `orders  A rather long …  ${id}`]);
});

test('nothing that is printed can move the cursor or turn the text around', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(printable(text), /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      for (const line of detailLines({ [text]: text, nested: { [text]: [{ [text]: text }] } }, plain.paint)) {
        assert.doesNotMatch(line, /\p{Cc}/u);
      }
    }),
  );
});

test('cutting, filling and wrapping keep to the width', () => {
  assert.equal(fitted('土楼土楼', 5), '土楼…');
  assert.equal(padded('土', 4), '土  ');
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 10 })), (words) => {
      for (const line of wrapped(words.join(' '), 12)) assert.ok(widthOf(line) <= 12 || !line.includes(' '));
    }),
  );
});
