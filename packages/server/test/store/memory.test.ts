/** A transaction leaves nothing in memory: a control process runs for months on the same few connections. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openTestDatabase, type TestDatabase } from '../harness.ts';

let database: TestDatabase;
before(async () => void (database = await openTestDatabase()));
after(() => database.close());

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes in use after so many transactions, with all garbage gone. */
async function heapAfter(transactions: number): Promise<number> {
  for (let i = 0; i < transactions; i += 1) await database.store.system('test', ({ sql }) => sql`select 1`);
  collect();
  return process.memoryUsage().heapUsed;
}

test('two thousand transactions keep no more than a few hundred do', async () => {
  const before = await heapAfter(500);
  const grown = (await heapAfter(2000)) - before;
  assert.ok(grown < 1_000_000, `${grown} bytes, ${Math.round(grown / 2000)} for each transaction`);
});
