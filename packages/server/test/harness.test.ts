import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestDatabase } from './harness.ts';

test('each test database is its own, migrated, and gone after close', async () => {
  const [one, two] = await Promise.all([openTestDatabase(), openTestDatabase()]);
  assert.notEqual(one.url, two.url);
  const [row] = await one.store.system('test', ({ sql }) => sql`select count(*)::int as tenants from tenants`);
  assert.deepEqual(row, { tenants: 0 });
  await one.close();
  const others = await two.store.system(
    'test',
    ({ sql }) => sql<{ datname: string }[]>`select datname from pg_database`,
  );
  assert.equal(
    others.some(({ datname }) => one.url.includes(`/${datname}?`)),
    false,
  );
  await two.close();
});
