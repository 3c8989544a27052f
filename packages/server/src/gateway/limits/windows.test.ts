import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hash64 } from './hash.ts';
import { Windows, type Window } from './windows.ts';

const seed = { low: 1, high: 2 };
const start = Date.UTC(2026, 0, 15, 12);
const lengths = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function windowOf(name: string, lengthMs: number, max: number): Window {
  return { ...hash64(name, seed), lengthMs, max };
}
const open = (slots = 1024): Windows => new Windows(Windows.memoryFor(slots), 1);

/** The same rule over plain objects. The shared table must agree with it. */
class Model {
  readonly #subjects = new Map<Window, { start: number; current: number; previous: number }>();

  take(windows: readonly Window[], now: number): boolean {
    const looked = windows.map((window) => ({ window, state: this.#movedOn(window, now) }));
    const fits = ({ window, state }: (typeof looked)[number]): boolean => {
      const fraction = window.lengthMs === 0 ? 0 : (now - state.start) / window.lengthMs;
      return state.current + state.previous * (1 - fraction) < window.max;
    };
    const allowed = looked.every(fits);
    if (allowed) for (const { state } of looked) state.current += 1;
    return allowed;
  }

  #movedOn(window: Window, now: number) {
    const fresh = { start: window.lengthMs === 0 ? monthOf(now) : now, current: 0, previous: 0 };
    const state = this.#subjects.get(window) ?? fresh;
    const passed = window.lengthMs === 0 ? (monthOf(now) > state.start ? 2 : 0) : (now - state.start) / window.lengthMs;
    if (passed >= 2) Object.assign(state, fresh);
    else if (passed >= 1) {
      Object.assign(state, { start: state.start + window.lengthMs, current: 0, previous: state.current });
    }
    this.#subjects.set(window, state);
    return state;
  }
}
const monthOf = (now: number): number => Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth());

describe('the counted windows', () => {
  it('allow exactly the calls of the plan after silence, and not one more in that window', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(lengths)),
        fc.integer({ min: 1, max: 150 }),
        fc.integer({ min: 0, max: 10_000_000 }),
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (lengthMs, max, offset, later) => {
          const windows = open();
          const window = windowOf('a', lengthMs, max);
          const first = start + offset;
          for (let i = 0; i < max; i += 1) assert.equal(windows.take([window], first), true);
          for (const part of later.toSorted()) {
            assert.equal(windows.take([window], first + Math.floor(part * lengthMs)), false);
          }
        },
      ),
    );
  });

  it('agree with a plain model for any calls at any times, with several windows together', () => {
    const call = fc.record({ of: fc.integer({ min: 0, max: 3 }), afterMs: fc.integer({ min: 0, max: 40_000 }) });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 300 }), fc.integer({ min: 1, max: 6 }), (calls, max) => {
        const windows = open();
        const model = new Model();
        const minute = windowOf('minute', lengths.minute, max);
        const hour = windowOf('hour', lengths.hour, max * 3);
        const month = windowOf('month', 0, max * 40);
        const sets = [[minute], [minute, hour], [month, minute], [hour, month, minute]];
        let now = Date.UTC(2026, 0, 31, 23, 30);
        for (const { of, afterMs } of calls) {
          now += afterMs;
          assert.equal(windows.take(sets[of] ?? [], now), model.take(sets[of] ?? [], now));
        }
      }),
    );
  });

  it('count nothing for a call that one of them refuses', () => {
    const windows = open();
    const narrow = windowOf('narrow', lengths.minute, 1);
    const wide = windowOf('wide', lengths.minute, 10);
    assert.equal(windows.take([wide, narrow], start), true);
    for (let i = 0; i < 20; i += 1) assert.equal(windows.take([wide, narrow], start), false);
    for (let i = 0; i < 9; i += 1) assert.equal(windows.take([wide], start), true);
    assert.equal(windows.take([wide], start), false);
  });

  it('report exactly how many calls are left, and when one is allowed again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 60 }),
        (max, steps) => {
          const windows = open();
          const window = windowOf('a', lengths.minute, max);
          let now = start;
          for (const step of steps) {
            now += step;
            if (windows.take([window], now)) continue;
            const { waitMs } = windows;
            assert.ok(waitMs > 0);
            assert.equal(windows.take([window], now + Math.max(0, Math.floor(waitMs) - 1)), false);
            now += Math.ceil(waitMs);
            assert.equal(windows.take([window], now), true);
            const left = windows.remaining[0] ?? -1;
            for (let i = 0; i < left; i += 1) assert.equal(windows.take([window], now), true);
            assert.equal(windows.take([window], now), false);
          }
        },
      ),
    );
  });

  it('begin a new calendar month at midnight UTC of its first day', () => {
    const windows = open();
    const month = windowOf('month', 0, 2);
    const lastMoment = Date.UTC(2026, 1, 28, 23, 59, 59, 999);
    assert.equal(windows.take([month], Date.UTC(2026, 1, 1)), true);
    assert.equal(windows.take([month], lastMoment), true);
    assert.equal(windows.take([month], lastMoment), false);
    assert.equal(windows.waitMs, 1);
    assert.equal(windows.take([month], lastMoment + 1), true);
  });

  it('do not lock a subject out when the wall clock is set back by years', () => {
    const windows = open();
    const minute = windowOf('a', lengths.minute, 1);
    assert.equal(windows.take([minute], start + 10 * 365 * lengths.day), true);
    assert.equal(windows.take([minute], start), true);
  });

  it('accept more subjects than there are slots, and count the evicted ones', () => {
    const windows = open(64);
    for (let i = 0; i < 200; i += 1) assert.equal(windows.take([windowOf(`s${i}`, lengths.hour, 1)], start + i), true);
    assert.equal(windows.table.evictions, 200 - 64);
    // Idle slots are reused and not counted as evicted.
    const before = windows.table.evictions;
    for (let i = 0; i < 60; i += 1) windows.take([windowOf(`t${i}`, lengths.hour, 1)], start + 4 * lengths.hour);
    assert.equal(windows.table.evictions, before);
  });

  it('continue after a restart with the same counts', () => {
    const before = open();
    const minute = windowOf('a', lengths.minute, 5);
    const month = windowOf('b', 0, 7);
    for (let i = 0; i < 4; i += 1) before.take([minute, month], start);
    const after = open();
    before.collect(true, start, (record) => after.restore(record, start + 1000));
    assert.equal(after.take([minute, month], start + 1000), true);
    assert.equal(after.take([minute, month], start + 1000), false);
    assert.equal(after.take([month], start + 1000), true);
    assert.equal(after.remaining[0], 1);
  });

  it('hand out only what changed since the last time', () => {
    const windows = open();
    const [a, b] = [windowOf('a', lengths.minute, 5), windowOf('b', lengths.minute, 5)];
    const changed = (): number => {
      let count = 0;
      windows.collect(false, start, () => (count += 1));
      return count;
    };
    windows.take([a, b], start);
    assert.equal(changed(), 2);
    assert.equal(changed(), 0);
    windows.take([b], start);
    assert.equal(changed(), 1);
  });
});
