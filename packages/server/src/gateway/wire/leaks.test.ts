import assert from 'node:assert/strict';
import { test } from 'node:test';
import { abuse, leaks } from '../../../test/wire/abuse.ts';
import { dial } from '../../../test/wire/peers.ts';

test('1,000 slow readers, slow writers and aborts each leave no connection, exchange or octet behind', async (t) => {
  const seed = 20_261_122;
  t.diagnostic(`seed ${seed}`);
  const result = await abuse({ seed, runs: 1000, concurrency: 200 });
  t.after(() => result.close());
  assert.deepEqual(leaks(result), []);
  assert.ok(result.engine.begun.length > 1000, `only ${result.engine.begun.length} exchanges began`);
  // The pool still works.
  const client = dial(result.engine.port).send('GET /extra HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  assert.match(await client.end(), /^HTTP\/1\.1 200 OK.*ok$/s);
});
