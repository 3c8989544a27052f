import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../../http/refusal.ts';
import { systemClock } from '../../kernel/clock.ts';
import { nilTenant } from '../../tenancy/nil-tenant.ts';
import { hashesAtOnce, openHashing, type HashedFor, type Place } from './hashing.ts';

const of = (address: string, account: string): HashedFor => ({ tenantUuid: nilTenant, address, account });
const codeOf = (work: () => Place): string | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error);
  }
};

test('half of the cores hash, at least one, and two threads are left to the others', () => {
  assert.deepEqual([1, 2, 3, 4, 64].map(hashesAtOnce), [1, 1, 1, 2, 2]);
});

test('an address that floods is refused before any work; another one is not', () => {
  const hashing = openHashing(systemClock, 1);
  const places = Array.from({ length: 16 }, (_, i) => hashing.reserve(of('192.0.2.1', `account ${i}`)));
  assert.equal(
    codeOf(() => hashing.reserve(of('192.0.2.1', 'another'))),
    'too_many_at_once',
  );
  assert.equal(
    codeOf(() => hashing.reserve(of('192.0.2.2', 'another'))),
    undefined,
  );
  places[0]?.leave();
  places[0]?.leave();
  assert.equal(
    codeOf(() => hashing.reserve(of('192.0.2.1', 'another'))),
    undefined,
  );
  assert.equal(
    codeOf(() => hashing.reserve(of('192.0.2.1', 'another'))),
    'too_many_at_once',
    'one place came back',
  );
});

test('one account is tried from few addresses at once', () => {
  const hashing = openHashing(systemClock, 1);
  for (let i = 0; i < 6; i += 1) hashing.reserve(of(`192.0.2.${i}`, 'ann@shop.test'));
  assert.equal(
    codeOf(() => hashing.reserve(of('192.0.2.9', 'ann@shop.test'))),
    'too_many_at_once',
  );
  assert.equal(
    codeOf(() => hashing.reserve(of('192.0.2.9', 'bob@shop.test'))),
    undefined,
  );
});

test('addresses take turns: one sign-in beside a flood is hashed next, not last', async () => {
  const hashing = openHashing(systemClock, 1);
  const done: string[] = [];
  const run = (address: string, name: string): Promise<void> =>
    hashing.reserve(of(address, name)).hash(async () => void done.push(name));
  const flood = Array.from({ length: 10 }, (_, i) => run('192.0.2.1', `flood ${i}`));
  await Promise.all([...flood, run('192.0.2.2', 'ann')]);
  assert.ok(done.indexOf('ann') <= 2, done.join(', '));
});
