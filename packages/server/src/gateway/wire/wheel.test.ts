import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Clock } from '../../kernel/clock.ts';
import { Wheel, WheelEntry } from './wheel.ts';

class Hand {
  time = 0;
  task: () => void | Promise<void> = () => undefined;
  readonly clock: Clock = {
    now: () => this.time,
    monotonic: () => this.time,
    after: () => ({ cancel: () => undefined }),
    every: (_periodMs, task) => {
      this.task = task;
      return { cancel: () => (this.task = () => undefined) };
    },
  };

  advance(durationMs: number): void {
    this.time += durationMs;
    void this.task();
  }
}

class Entry extends WheelEntry {
  readonly #onDeadline: () => void;

  constructor(onDeadline: () => void) {
    super();
    this.#onDeadline = onDeadline;
  }

  override onDeadline(): void {
    this.#onDeadline();
  }
}

test('a deadline passes once, never early, and at most two ticks late', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400_000 }), fc.integer({ min: 1, max: 100 }), (durationMs, stepMs) => {
      const hand = new Hand();
      const wheel = new Wheel(hand.clock, 100);
      const passed: number[] = [];
      wheel.arm(new Entry(() => passed.push(hand.time)), wheel.ticks(durationMs));
      while (hand.time < durationMs + 300) hand.advance(stepMs);
      assert.equal(passed.length, 1);
      assert.ok((passed[0] as number) >= durationMs && (passed[0] as number) <= durationMs + 200 + stepMs);
    }),
    { seed: 20261122, numRuns: 60 },
  );
});

test('deadlines that are moved, cleared and dropped behave as a list of timers would', () => {
  const commands = fc.array(
    fc.tuple(fc.constantFrom('arm', 'disarm', 'drop', 'advance'), fc.nat(7), fc.integer({ min: 1, max: 2500 })),
    { maxLength: 120 },
  );
  fc.assert(
    fc.property(commands, (list) => {
      const hand = new Hand();
      const wheel = new Wheel(hand.clock, 10);
      const expected = new Map<number, number>();
      const passed: number[] = [];
      const entries = Array.from({ length: 8 }, (_, index) => new Entry(() => passed.push(index)));
      for (const [command, index, amount] of list) {
        const entry = entries[index] as Entry;
        if (command === 'arm') {
          wheel.arm(entry, amount);
          expected.set(index, wheel.now + amount);
        } else if (command === 'advance') {
          hand.advance(amount * 10);
          const due = [...expected].filter(([, tick]) => tick <= wheel.now).map(([which]) => which);
          for (const which of due) expected.delete(which);
          assert.deepEqual(passed.splice(0).toSorted(), due.toSorted());
        } else {
          wheel[command](entry);
          expected.delete(index);
        }
      }
    }),
    { seed: 20261122, numRuns: 1000 },
  );
});

test('a deadline may take others off the wheel, and set its own again', () => {
  const hand = new Hand();
  const wheel = new Wheel(hand.clock, 10);
  const passed: string[] = [];
  const victims = [new Entry(() => passed.push('victim')), new Entry(() => passed.push('victim'))];
  const again = new Entry(() => {
    passed.push('again');
    for (const victim of victims) wheel.drop(victim);
    wheel.arm(again, 5);
  });
  const bystander = new Entry(() => passed.push('bystander'));
  for (const entry of [victims[0] as Entry, bystander, again, victims[1] as Entry]) wheel.arm(entry, 5);
  hand.advance(50);
  assert.deepEqual(passed.filter((name) => name === 'bystander' || name === 'again').toSorted(), [
    'again',
    'bystander',
  ]);
  passed.length = 0;
  hand.advance(50);
  assert.deepEqual(passed, ['again']);
});
