import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock, type Clock } from '../../kernel/clock.ts';
import { openLog } from '../../kernel/log.ts';
import type { Store } from '../../store/store.ts';
import { openTestDatabase, type TestDatabase } from '../../../test/harness.ts';
import { readHead, watchHead } from './head.ts';

let database: TestDatabase;
before(async () => void (database = await openTestDatabase()));
after(() => database.close());

const log = openLog('test', 'silent');
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const commitInSilence = (): Promise<unknown> =>
  database.store.system('a commit without NOTIFY', ({ sql }) => sql`update snapshot_head set seq = seq + 1`);

test('a change whose announcement is lost is found at the next second', async () => {
  let tick: (() => void | Promise<void>) | undefined;
  const clock: Clock = { ...systemClock, every: (_period, task) => ((tick = task), { cancel: () => undefined }) };
  let reads = 0;
  const store: Store = {
    ...database.store,
    system: (reason, work) => database.store.system(reason, work).finally(() => (reads += 1)),
  };
  const watch = await watchHead({ store, clock, log });
  const known = await database.store.system('test', readHead);
  let woken = false;
  const moved = watch.moved(known, 600_000, new AbortController().signal).then(() => (woken = true));
  while (reads === 0) await turn();
  await commitInSilence();
  assert.equal(woken, false);
  await tick?.();
  await moved;
  await watch.close();
});

test('however many wait, the head is read once for all of them', async () => {
  let reads = 0;
  const store: Store = {
    ...database.store,
    system: (reason, work) => database.store.system(reason, work).finally(() => (reads += 1)),
  };
  const clock: Clock = { ...systemClock, every: () => ({ cancel: () => undefined }) };
  const watch = await watchHead({ store, clock, log });
  const known = await database.store.system('test', readHead);
  const signal = new AbortController().signal;
  const waiting = Array.from({ length: 500 }, () => watch.moved(known, 600_000, signal));
  await commitInSilence();
  await Promise.all([...waiting, watch.moved(known, 600_000, signal)]);
  assert.ok(reads <= 3, `${reads} reads`);
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
