import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import { systemClock, type Clock } from '../kernel/clock.ts';
import { openLog } from '../kernel/log.ts';
import { keep, type Part } from './keeper.ts';

const log = openLog('test', 'silent');

/** A clock whose time is what the test says; timers fire when the test lets them. */
function standingClock(): Clock & { delays: number[]; atMs: number; fire(): Promise<void> } {
  const tasks: (() => void)[] = [];
  const delays: number[] = [];
  const clock = {
    ...systemClock,
    delays,
    atMs: 0,
    monotonic: () => clock.atMs,
    after(delayMs: number, task: () => void) {
      delays.push(delayMs);
      tasks.push(task);
      return { cancel: () => void tasks.splice(tasks.indexOf(task), 1) };
    },
    async fire() {
      await turn();
      tasks.shift()?.();
      await turn();
    },
  };
  return clock;
}

interface Doll extends Part {
  readonly number: number;
  die(): void;
}

/** Starts parts that do nothing, and end on request. */
function workshop(): { start: () => Promise<Doll>; made: Doll[]; stopped: number[]; failing: boolean } {
  const made: Doll[] = [];
  const stopped: number[] = [];
  const shop = {
    made,
    stopped,
    failing: false,
    start: async (): Promise<Doll> => {
      if (shop.failing) throw new Error('not today');
      const { promise: ended, resolve: die } = Promise.withResolvers<void>();
      const number = made.length;
      const stop = async (): Promise<void> => {
        stopped.push(number);
        die();
      };
      const doll = { number, ended, die, stop };
      made.push(doll);
      return doll;
    },
  };
  return shop;
}

test('a part that ends by itself is started again, more slowly each time, up to a bound', async () => {
  const clock = standingClock();
  const shop = workshop();
  const keeper = await keep('doll', shop.start, clock, log);
  for (let round = 0; round < 10; round += 1) {
    keeper.current().die();
    await clock.fire();
  }
  assert.equal(keeper.current().number, 10);
  assert.deepEqual(clock.delays, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
  await keeper.stop();
});

test('a part that ran for long is started again at once', async () => {
  const clock = standingClock();
  const shop = workshop();
  const keeper = await keep('doll', shop.start, clock, log);
  keeper.current().die();
  await clock.fire();
  clock.atMs += 61_000;
  keeper.current().die();
  await clock.fire();
  assert.deepEqual(clock.delays, [100, 100]);
  await keeper.stop();
});

test('a start that fails is tried again until it works', async () => {
  const clock = standingClock();
  const shop = workshop();
  const keeper = await keep('doll', shop.start, clock, log);
  shop.failing = true;
  keeper.current().die();
  await clock.fire();
  await clock.fire();
  assert.equal(shop.made.length, 1);
  shop.failing = false;
  await clock.fire();
  assert.equal(keeper.current().number, 1);
  assert.deepEqual(clock.delays, [100, 200, 400]);
  await keeper.stop();
});

test('the first start that fails is the caller’s to know', async () => {
  const shop = workshop();
  shop.failing = true;
  await assert.rejects(keep('doll', shop.start, standingClock(), log), /not today/);
});

test('a part that is stopped is not started again', async () => {
  const clock = standingClock();
  const shop = workshop();
  const keeper = await keep('doll', shop.start, clock, log);
  await keeper.stop();
  assert.deepEqual([shop.made.length, clock.delays], [1, []]);
});

test('stopping while it waits to start again ends the waiting', async () => {
  const clock = standingClock();
  const shop = workshop();
  const keeper = await keep('doll', shop.start, clock, log);
  keeper.current().die();
  await turn();
  assert.deepEqual(clock.delays, [100]);
  await keeper.stop();
  await clock.fire();
  assert.equal(shop.made.length, 1);
});

test('stopping while it starts again undoes that start', async () => {
  const clock = standingClock();
  const shop = workshop();
  const gate = Promise.withResolvers<void>();
  let first = true;
  const start = async (): Promise<Doll> => {
    if (!first) await gate.promise;
    first = false;
    return shop.start();
  };
  const keeper = await keep('doll', start, clock, log);
  keeper.current().die();
  await clock.fire();
  const stopped = keeper.stop();
  gate.resolve();
  await stopped;
  assert.deepEqual(shop.stopped, [0, 1]);
});
