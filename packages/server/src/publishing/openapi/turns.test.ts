import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '@tulou/contract';
import { Turns } from './turns.ts';

/** Tasks that end on demand, in the order in which they began. */
function openStage(bounds: {
  places?: number;
  shortPlaces?: number;
  waitingPerTenantMax?: number;
  waitingMax?: number;
}) {
  const turns = new Turns({ places: 1, shortPlaces: 0, waitingPerTenantMax: 3, waitingMax: 10, ...bounds });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const take = (tenant: string, name: string, isShort = false): Promise<void> =>
    turns.take(tenant, isShort, async () => {
      begun.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
    });
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await new Promise((resolve) => void setImmediate(resolve));
  };
  return { begun, take, end };
}

test('a tenant waits for one turn of another, not for its queue', async () => {
  const { begun, take, end } = openStage({});
  const all = [take('a', 'a1'), take('a', 'a2'), take('a', 'a3'), take('b', 'b1'), take('b', 'b2')];
  for (const name of ['a1', 'b1', 'a2', 'b2', 'a3']) await end(name);
  await Promise.all(all);
  assert.deepEqual(begun, ['a1', 'b1', 'a2', 'b2', 'a3']);
});

test('a tenant has one turn at a time, even if places are free', async () => {
  const { begun, take, end } = openStage({ places: 3 });
  const all = [take('a', 'a1'), take('a', 'a2'), take('b', 'b1')];
  assert.deepEqual(begun, ['a1', 'b1']);
  for (const name of ['a1', 'b1', 'a2']) await end(name);
  await Promise.all(all);
});

test('a short document does not wait for a long one', async () => {
  const { begun, take, end } = openStage({ shortPlaces: 1 });
  const all = [take('a', 'long'), take('b', 'also long'), take('c', 'short', true)];
  assert.deepEqual(begun, ['long', 'short']);
  for (const name of ['long', 'short', 'also long']) await end(name);
  await Promise.all(all);
});

test('a queue has a bound for each tenant and a bound for all tenants', async () => {
  const { take, end } = openStage({ waitingPerTenantMax: 1, waitingMax: 2 });
  const all = [take('a', 'a1'), take('a', 'a2'), take('b', 'b1')];
  const isUnavailable = (error: unknown): boolean => error instanceof Problem && error.code === 'unavailable';
  await assert.rejects(take('a', 'a3'), isUnavailable);
  await assert.rejects(take('c', 'c1'), isUnavailable);
  for (const name of ['a1', 'b1', 'a2']) await end(name);
  await Promise.all(all);
});

test('a task that fails releases its place', async () => {
  const turns = new Turns({ places: 1, shortPlaces: 0, waitingPerTenantMax: 3, waitingMax: 10 });
  await assert.rejects(
    turns.take('a', false, () => Promise.reject(new Error('broken'))),
    /broken/,
  );
  assert.equal(await turns.take('a', false, () => Promise.resolve(5)), 5);
});
