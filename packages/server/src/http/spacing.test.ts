import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../kernel/clock.ts';
import { Spacing, type SpacingBounds } from './spacing.ts';

/** Time that passes only by `pass`. */
function open(bounds: Partial<SpacingBounds> = {}) {
  let nowMs = 0;
  const timers: { atMs: number; task: () => void }[] = [];
  const clock = {
    monotonic: () => nowMs,
    after: (delayMs: number, task: () => void) => {
      timers.push({ atMs: nowMs + delayMs, task });
      return { cancel: () => undefined };
    },
  } as unknown as Clock;
  const limits = { perSecond: 10, burst: 3, delayMsMax: 1000, waitingMax: 100, keysMax: 10, ...bounds };
  const spacing = new Spacing(limits, clock);
  const sent: string[] = [];
  return {
    spacing,
    sent,
    ask: (key: string) => void spacing.turn(key).then(() => sent.push(`${key}@${nowMs}`)),
    async pass(ms: number) {
      const end = nowMs + ms;
      await new Promise(setImmediate);
      for (const { atMs, task } of timers.splice(0).toSorted((a, b) => a.atMs - b.atMs)) {
        if (atMs > end) timers.push({ atMs, task });
        else {
          nowMs = atMs;
          task();
          await new Promise(setImmediate);
        }
      }
      nowMs = end;
    },
  };
}

test('a burst is sent without delay, then one each period; another key waits for nothing', async () => {
  const { ask, pass, sent } = open();
  for (let i = 0; i < 6; i += 1) ask('a');
  ask('b');
  await pass(1000);
  assert.deepEqual(sent, ['a@0', 'a@0', 'a@0', 'b@0', 'a@100', 'a@200', 'a@300']);
});

test('after silence a key has its burst again', async () => {
  const { ask, pass, sent } = open();
  for (let i = 0; i < 4; i += 1) ask('a');
  await pass(10_000);
  sent.length = 0;
  for (let i = 0; i < 3; i += 1) ask('a');
  await pass(0);
  assert.deepEqual(sent, ['a@10000', 'a@10000', 'a@10000']);
});

test('no delay is longer than the bound, and a flood does not lengthen what follows it', async () => {
  const { ask, pass, sent } = open({ delayMsMax: 300 });
  for (let i = 0; i < 50; i += 1) ask('a');
  await pass(300);
  assert.equal(sent.length, 50);
  await pass(300);
  sent.length = 0;
  ask('a');
  await pass(0);
  assert.equal(sent.length, 1);
});

test('past the bound of those who wait, refusals are sent without delay', async () => {
  const { ask, pass, sent, spacing } = open({ waitingMax: 2 });
  for (let i = 0; i < 9; i += 1) ask('a');
  await pass(0);
  assert.equal(spacing.waiting, 2);
  assert.equal(sent.length, 7);
});
