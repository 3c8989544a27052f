import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Clock, Timer } from '../kernel/clock.ts';
import { Lanes, type LaneBounds, type Leave } from './lanes.ts';
import type { Refusal } from './refusal.ts';

interface Waiting {
  readonly atMs: number;
  readonly task: () => void;
}

/** Time that passes when the test says so. */
function openClock(): { clock: Clock; pass: (ms: number) => void } {
  let nowMs = 0;
  const timers = new Set<Waiting>();
  const after = (delayMs: number, task: () => void): Timer => {
    const one = { atMs: nowMs + delayMs, task };
    timers.add(one);
    return { cancel: () => void timers.delete(one) };
  };
  const every = (): Timer => ({ cancel: () => undefined });
  return {
    clock: { now: () => nowMs, monotonic: () => nowMs, after, every },
    pass(ms) {
      nowMs += ms;
      for (const one of [...timers]) if (one.atMs <= nowMs && timers.delete(one)) one.task();
    },
  };
}

const bounds: LaneBounds = { atOnceMax: 2, laneAtOnceMax: 2, waitingMax: 6, laneWaitingMax: 4, waitMsMax: 1000 };

/** Notes who was admitted, in which order, and who was refused. */
function open(given: Partial<LaneBounds> = {}) {
  const { clock, pass } = openClock();
  const lanes = new Lanes('requests', { ...bounds, ...given }, clock);
  const served: string[] = [];
  const refused: string[] = [];
  const leaves: Leave[] = [];
  const enter = (name: string, cost = 1, gone?: () => AbortSignal): void => {
    const [lane = ''] = name;
    lanes.enter(lane, cost, gone).then(
      (leave) => {
        served.push(name);
        leaves.push(leave);
      },
      (error: Refusal) => refused.push(`${name} ${error.code}`),
    );
  };
  /** Waits for settled promises, and for one place to be released. */
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const next = async (): Promise<void> => {
    leaves.shift()?.();
    await settle();
  };
  return { lanes, served, refused, enter, settle, next, pass };
}

test('lanes take turns: one that comes after a flood is served next, not last', async () => {
  const one = open({ atOnceMax: 1, waitingMax: 100, laneWaitingMax: 100 });
  for (let i = 0; i < 10; i += 1) one.enter(`a${i}`);
  one.enter('b0');
  one.enter('b1');
  one.enter('c0');
  for (let i = 0; i < 13; i += 1) await one.next();
  assert.deepEqual(one.served.slice(0, 7), ['a0', 'a1', 'b0', 'c0', 'a2', 'b1', 'a3']);
  assert.equal(one.served.length, 13);
});

test('what costs more takes more turns', async () => {
  const one = open({ atOnceMax: 1, waitingMax: 100, laneWaitingMax: 100 });
  one.enter('x');
  for (let i = 0; i < 3; i += 1) one.enter(`a${i}`, 3);
  for (let i = 0; i < 9; i += 1) one.enter(`b${i}`);
  for (let i = 0; i < 9; i += 1) await one.next();
  const before = one.served.slice(1, 9);
  assert.deepEqual(
    before.filter((name) => name.startsWith('a')),
    ['a0', 'a1'],
    String(before),
  );
});

test('one lane never takes all places', async () => {
  const one = open({ atOnceMax: 3, laneAtOnceMax: 2 });
  for (let i = 0; i < 4; i += 1) one.enter(`a${i}`);
  one.enter('b0');
  await one.settle();
  assert.deepEqual(one.served, ['a0', 'a1', 'b0']);
});

test('a lane past its own bound is told so; the other lanes are not', async () => {
  const one = open({ atOnceMax: 1 });
  for (let i = 0; i < 8; i += 1) one.enter(`a${i}`);
  one.enter('b0');
  await one.settle();
  assert.deepEqual(one.refused, ['a5 too_many_at_once', 'a6 too_many_at_once', 'a7 too_many_at_once']);
  await one.next();
  await one.next();
  assert.deepEqual(one.served, ['a0', 'a1', 'b0']);
});

test('in a full queue the longest lane gives way to a shorter one', async () => {
  const one = open({ atOnceMax: 1, waitingMax: 4 });
  for (let i = 0; i < 5; i += 1) one.enter(`a${i}`);
  one.enter('b0');
  one.enter('b1');
  one.enter('b2');
  await one.settle();
  assert.deepEqual(
    one.refused,
    ['a4 unavailable', 'a3 unavailable', 'b2 unavailable'].toSorted(() => 0),
  );
  assert.equal(one.lanes.waiting, 4);
});

test('a wait ends: after the bound with 503, and at once where the caller has gone', async () => {
  const one = open({ atOnceMax: 1 });
  const gone = new AbortController();
  one.enter('a0');
  one.enter('a1');
  one.enter('b0', 1, () => gone.signal);
  gone.abort();
  await one.settle();
  assert.deepEqual(one.refused, ['b0 unavailable']);
  one.pass(1000);
  await one.settle();
  assert.deepEqual(one.refused, ['b0 unavailable', 'a1 unavailable']);
  assert.deepEqual([one.lanes.waiting, one.lanes.working], [0, 1]);
});

test('whatever comes and goes, bounds hold, nobody is forgotten, and all places come back', async () => {
  const step = fc.oneof(
    fc.record({ lane: fc.constantFrom('a', 'b', 'c', 'd'), cost: fc.integer({ min: 1, max: 5 }) }),
    fc.constant('leave' as const),
    fc.constant('pass' as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const one = open({ atOnceMax: 3 });
      let asked = 0;
      for (const what of steps) {
        if (what === 'leave') await one.next();
        else if (what === 'pass') one.pass(400);
        else {
          asked += 1;
          one.enter(what.lane, what.cost);
        }
        assert.ok(one.lanes.working <= 3 && one.lanes.waiting <= 6);
      }
      await one.settle();
      while (one.lanes.working > 0) await one.next();
      assert.equal(one.served.length + one.refused.length, asked);
      assert.deepEqual([one.lanes.working, one.lanes.waiting], [0, 0]);
    }),
    { numRuns: 100 },
  );
});
