/** 10,000 slow readers, slow writers and aborts each, over a few hundred concurrent connections. Run by CI; takes a minute. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { abuse, leaks } from './abuse.ts';

test('10,000 slow readers, slow writers and aborts each leave no connection, exchange or octet behind', async (t) => {
  const seed = 7;
  t.diagnostic(`seed ${seed}`);
  const result = await abuse({ seed, runs: 10_000, concurrency: 300 });
  t.after(() => result.close());
  const { begun, ended, upstream } = result.engine.server.stats();
  t.diagnostic(
    `${begun} exchanges began, ${ended} ended, at most ${result.bufferedBytesPeak} octets buffered, ${upstream.idle} upstreams idle`,
  );
  assert.deepEqual(leaks(result), []);
  assert.ok(begun > 10_000, `only ${begun} exchanges began`);
});
