import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Problem } from '@tulou/contract';
import { stringify } from 'yaml';
import { systemClock, type Clock } from '../../kernel/clock.ts';
import { completeDocument, largeDocument } from '@tulou/openapi/sample-documents';
import { openReader } from './reader.ts';
import { readHere } from './reading.ts';

describe('the reader of OpenAPI documents', () => {
  it('gives the same result as a direct read, for small and large documents', async () => {
    const reader = openReader(systemClock);
    for (const text of [
      stringify(completeDocument('3.1.1')),
      stringify(largeDocument(20)),
      `${stringify(largeDocument(20))}\nnonsense: 1\n`,
    ]) {
      assert.deepEqual(await reader.read(text, 'a'), readHere(text));
    }
  });

  it('leaves the event loop free while a large document is read', async () => {
    const text = stringify(largeDocument(100));
    let turns = 0;
    let over = false;
    const turn = (): void => {
      turns += 1;
      if (!over) setImmediate(turn);
    };
    setImmediate(turn);
    const result = await openReader(systemClock).read(text, 'a');
    over = true;
    assert.ok(result.ok);
    assert.ok(turns > 100, `${turns} turns of the event loop`);
  });

  it('stops reading a document that takes too long, and reports it', async () => {
    const impatient: Clock = { ...systemClock, after: (_, task) => systemClock.after(0, task) };
    const result = await openReader(impatient).read(stringify(largeDocument(1000)), 'a');
    assert.ok(!result.ok);
    assert.match(result.report.items[0]?.message ?? '', /cannot be read within 20 seconds/);
  });

  it('queues a bounded number of large documents, and refuses more', async () => {
    const reader = openReader(systemClock);
    const text = JSON.stringify(largeDocument(20));
    const all = await Promise.allSettled(Array.from({ length: 25 }, () => reader.read(text, 'a')));
    const refused = all.filter((one) => one.status === 'rejected');
    assert.equal(refused.length, 25 - 9);
    for (const { reason } of refused) assert.ok(reason instanceof Problem && reason.code === 'unavailable');
    assert.ok((await reader.read(text, 'a')).ok);
  });

  it('checks the usage of a thread that has ended without an error', async () => {
    const curious: Clock = { ...systemClock, every: (_, task) => systemClock.every(0, task) };
    const reader = openReader(curious);
    for (let n = 0; n < 10; n += 1) assert.ok(!(await reader.read('a: *b\n', 'a')).ok);
  });
});
