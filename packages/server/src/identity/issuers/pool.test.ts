import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPool } from './pool.ts';

function counting(sizeMax: number) {
  const built: string[] = [];
  const pool = openPool((issuer) => {
    built.push(issuer);
    return Promise.resolve({ issuer, number: built.length });
  }, sizeMax);
  return { built, pool };
}

test('who asks at once gets one and the same', async () => {
  const { built, pool } = counting(2);
  const [one, two] = await Promise.all([pool.get('a'), pool.get('a')]);
  assert.equal(one, two);
  assert.deepEqual(built, ['a']);
});

test('beyond the bound, the one that was used longest ago is built again', async () => {
  const { built, pool } = counting(2);
  for (const issuer of ['a', 'b', 'a', 'c', 'a', 'b']) await pool.get(issuer);
  assert.deepEqual(built, ['a', 'b', 'c', 'b']);
});

test('a renewed one takes the place of the old one; where that fails, the old one stays', async () => {
  let fails = false;
  let number = 0;
  const pool = openPool(() => (fails ? Promise.reject(new Error('no')) : Promise.resolve((number += 1))), 2);
  assert.equal(await pool.get('a'), 1);
  await pool.renew('a');
  assert.equal(await pool.get('a'), 2);
  fails = true;
  await assert.rejects(pool.renew('a'), /no/);
  assert.equal(await pool.get('a'), 2);
});

test('who is not there is not built anew, and who is dropped is built when asked for', async () => {
  const { built, pool } = counting(2);
  await pool.renew('a');
  assert.deepEqual(built, []);
  await pool.get('a');
  pool.drop('a');
  await pool.renew('a');
  assert.deepEqual(built, ['a']);
  await pool.get('a');
  assert.deepEqual(built, ['a', 'a']);
});

test('a failure to build is not kept', async () => {
  let tries = 0;
  const pool = openPool(() => ((tries += 1) === 1 ? Promise.reject(new Error('no')) : Promise.resolve(tries)), 2);
  await assert.rejects(pool.get('a'), /no/);
  assert.equal(await pool.get('a'), 2);
});
