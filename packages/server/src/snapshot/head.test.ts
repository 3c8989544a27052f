import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock, type Clock } from '../kernel/clock.ts';
import { openLog } from '../kernel/log.ts';
import type { Store } from '../store/store.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness.ts';
import { readHead, watchHead } from './head.ts';

let database: TestDatabase;
before(async () => void (database = await openTestDatabase()));
after(() => database.close());

const log = openLog('test', 'silent');
/** The store, with a count of the transactions that have ended. */
function counting(): { store: Store; reads: () => number } {
  let reads = 0;
  const store: Store = {
    ...database.store,
    system: (reason, work) => database.store.system(reason, work).finally(() => (reads += 1)),
  };
  return { store, reads: () => reads };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const commitInSilence = (): Promise<unknown> =>
  database.store.system('a commit without NOTIFY', ({ sql }) => sql`update snapshot_head set seq = seq + 1`);

test('a change whose announcement is lost is found at the next second', async () => {
  const ticks: (() => void | Promise<void>)[] = [];
  const every: Clock['every'] = (_period, task) => {
    ticks.push(task);
    return { cancel: () => undefined };
  };
  const { store, reads } = counting();
  const watch = await watchHead({ store, clock: { ...systemClock, every }, log });
  const known = await database.store.system('test', readHead);
  let woken = false;
  const moved = watch.moved(known, 600_000, new AbortController().signal).then(() => (woken = true));
  await until(() => reads() === 1);
  await commitInSilence();
  assert.equal(woken, false);
  for (const tick of ticks) await tick();
  await moved;
  await watch.close();
});

test('however many wait, the head is read once for all of them', async () => {
  const { store, reads } = counting();
  const clock: Clock = { ...systemClock, every: () => ({ cancel: () => undefined }) };
  const watch = await watchHead({ store, clock, log });
  const known = await database.store.system('test', readHead);
  const signal = new AbortController().signal;
  const waiting = Array.from({ length: 500 }, () => watch.moved(known, 600_000, signal));
  await commitInSilence();
  await Promise.all([...waiting, watch.moved(known, 600_000, signal)]);
  assert.ok(reads() <= 3, `${reads()} reads`);
  await watch.close();
});

test('who waits is let go when the signal is aborted and when the watch closes', async () => {
  const watch = await watchHead({ store: database.store, clock: systemClock, log });
  const known = await database.store.system('test', readHead);
  const abort = new AbortController();
  const one = watch.moved(known, 600_000, abort.signal);
  abort.abort();
  await one;
  const two = watch.moved(known, 600_000, new AbortController().signal);
  await watch.close();
  await two;
});
