/** The file and the table of operations: everything that can be created is in a file, or left out for a reason. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from '@tulou/contract';
import { allOperations, nounOf, verbOf } from '../operations/registry.ts';
import { kinds, leftOut } from './schema.ts';

const creates = ['create', 'put'];

/** Nouns of a table that can be created and are neither in a file nor left out for a reason. */
function missingNouns(table: readonly Operation[]): string[] {
  const inFile = new Set(Object.values(kinds).map(({ operations }) => nounOf(operations.create)));
  const nouns = new Set(table.filter((one) => creates.includes(verbOf(one))).map(nounOf));
  return [...nouns].filter((noun) => !inFile.has(noun) && !(noun in leftOut));
}

test('each noun with a create or put operation is in a file, or left out for a reason', () => {
  assert.deepEqual(missingNouns(allOperations), []);
  const invented: Operation = { ...kinds.api.operations.create, id: 'things.create' };
  assert.deepEqual(missingNouns([...allOperations, invented]), ['things'], 'a new noun fails this test');
});

test('each reason belongs to a noun that can be created and is not in a file', () => {
  const nouns = new Set(allOperations.filter((one) => creates.includes(verbOf(one))).map(nounOf));
  for (const [noun, reason] of Object.entries(leftOut)) {
    assert.ok(nouns.has(noun), noun);
    assert.ok(!Object.values(kinds).some(({ operations }) => nounOf(operations.create) === noun), noun);
    assert.ok(reason.length > 20, noun);
  }
});

test('each field of a body that creates or updates is a field of the file', () => {
  for (const [kind, { operations, shape }] of Object.entries(kinds)) {
    for (const { body } of [operations.create, operations.update])
      assert.deepEqual(
        Object.keys(body?.shape ?? {}).filter((name) => !(name in shape.shape)),
        [],
        kind,
      );
  }
});
