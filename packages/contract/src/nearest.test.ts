import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editDistance, nearest } from './nearest.ts';

const words = ['create', 'list', 'get', 'update', 'delete'];

test('a mistyped word finds the one that was meant', () => {
  assert.equal(nearest('creat', words), 'create');
  assert.equal(nearest('lsit', words), 'list');
  assert.equal(nearest('upd', words), 'update');
  assert.equal(nearest('DELETE', words), 'delete');
});

test('a word that is like none finds none', () => {
  assert.equal(nearest('zebra', words), undefined);
  assert.equal(nearest('x', words), undefined);
  assert.equal(nearest('', words), undefined);
});

test('the distance is a metric: zero only to itself, the same both ways, and never more than the longer word', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      const distance = editDistance(a, b);
      assert.equal(distance === 0, a === b);
      assert.equal(distance, editDistance(b, a));
      assert.ok(distance <= Math.max(a.length, b.length));
    }),
  );
});
