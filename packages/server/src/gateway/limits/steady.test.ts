import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock, type Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import { hash64 } from './hash.ts';
import { SteadyTime } from './steady.ts';
import { Windows } from './windows.ts';

const minute = 60_000;
const day = 86_400_000;
const start = Date.UTC(2026, 0, 31, 12);

/** A clock whose wall time and elapsed time are set by the test. */
function handClock(): Clock & { jump(ms: number): void; pass(ms: number): void } {
  let [wall, monotonic] = [start, 1000];
  return {
    ...systemClock,
    now: () => wall,
    monotonic: () => monotonic,
    jump: (ms) => (wall += ms),
    pass(ms) {
      wall += ms;
      monotonic += ms;
    },
  };
}

function opened(lengthMs: number, max: number) {
  const clock = handClock();
  const time = new SteadyTime(clock);
  const windows = new Windows(Windows.memoryFor(64), 1, time);
  const warned: object[] = [];
  const log: Log = { debug() {}, info() {}, warn: (fields) => void warned.push(fields), error() {}, child: () => log };
  const window = { ...hash64('a', { low: 1, high: 2 }), lengthMs, max };
  const take = (): boolean => windows.take([window], clock.now());
  const follow = (): void => time.follow(log);
  return { clock, time, take, follow, warned };
}

describe('limits under a wall clock that is set', () => {
  for (const jumpMs of [-10 * 365 * day, -day, -90_000, 90_000, day, 10 * 365 * day]) {
    it(`by ${jumpMs} ms grant no call again, and hold no caller back longer than a window`, () => {
      const { clock, take, follow } = opened(minute, 3);
      for (let i = 0; i < 3; i += 1) assert.equal(take(), true);
      clock.jump(jumpMs);
      follow();
      for (let i = 0; i < 5; i += 1) assert.equal(take(), false);
      clock.jump(-jumpMs);
      follow();
      assert.equal(take(), false);
      clock.jump(jumpMs);
      clock.pass(2 * minute);
      follow();
      assert.equal(take(), true);
    });
  }

  it('into the next month begin it only after the change has lasted, and report it', () => {
    const { clock, take, follow, warned } = opened(0, 2);
    assert.deepEqual([take(), take(), take()], [true, true, false]);
    clock.jump(2 * day);
    for (let i = 0; i < 9 * 60; i += 1) {
      clock.pass(1000);
      follow();
    }
    assert.equal(take(), false);
    assert.deepEqual(warned, [{ seconds: 2 * 86_400 }]);
    for (let i = 0; i < 2 * 60; i += 1) {
      clock.pass(1000);
      follow();
    }
    assert.equal(take(), true);
  });

  it('in small steps are followed by months immediately', () => {
    const { clock, time, follow } = opened(0, 2);
    for (let i = 0; i < 100; i += 1) {
      clock.jump(1000);
      follow();
    }
    assert.equal(time.calendarNow(), clock.now());
    assert.equal(time.now(), start);
  });

  it('are the same for a thread that starts after it', () => {
    const { clock, time } = opened(minute, 1);
    clock.pass(5000);
    clock.jump(day);
    const later = new SteadyTime(clock, time.memory, time.aheadMs);
    clock.pass(1000);
    assert.equal(later.now(), time.now());
  });
});
