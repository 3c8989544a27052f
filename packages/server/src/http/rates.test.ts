import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Rates } from './rates.ts';
import type { Refusal } from './refusal.ts';

const open = (perSecond: number, burst: number, keysMax = 10) => {
  let nowMs = 0;
  const clock = { monotonic: () => nowMs };
  const rates = new Rates({ name: 'tenant', what: 'requests', perSecond, burst, keysMax }, clock);
  return { rates, pass: (ms: number) => void (nowMs += ms) };
};

test('a burst passes, then as many as the rate says, and each key counts apart', () => {
  const { rates, pass } = open(10, 5);
  const taken = (key: string, times: number) =>
    Array.from({ length: times }, () => rates.take(key)).filter(({ allowed }) => allowed).length;
  assert.deepEqual([taken('a', 9), taken('b', 5)], [5, 5]);
  pass(100);
  assert.deepEqual([taken('a', 3), taken('b', 3)], [1, 1]);
  pass(60_000);
  assert.equal(taken('a', 9), 5);
});

test('in any span of time no more pass than the burst and the rate allow, and who waits as told passes', () => {
  const steps = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 3000 }) }), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }), steps, (perSecond, burst, list) => {
      const { rates, pass } = open(perSecond, burst);
      const times: number[] = [];
      let nowMs = 0;
      for (const { afterMs } of list) {
        pass(afterMs);
        nowMs += afterMs;
        const { allowed, waitMs } = rates.take('k');
        if (allowed) times.push(nowMs);
        else {
          assert.ok(waitMs > 0);
          pass(waitMs);
          nowMs += waitMs;
          assert.ok(rates.look('k').allowed);
        }
      }
      for (const [i, from] of times.entries())
        for (const [n, to] of times.slice(i).entries())
          assert.ok(n + 1 <= burst + ((to - from) * perSecond) / 1000 + 1e-3, `${n + 1} in ${to - from} ms`);
    }),
    { numRuns: 200 },
  );
});

test('a request of a cost takes as much of the burst, and one above the burst takes all of it', () => {
  const { rates, pass } = open(10, 20);
  assert.deepEqual([rates.take('a', 15).remaining, rates.take('a', 15).allowed], [5, false]);
  assert.equal(rates.take('a', 15).waitMs, 1000);
  pass(1000);
  assert.equal(rates.take('a', 15).allowed, true);
  assert.deepEqual([rates.take('b', 500).remaining, rates.take('b').allowed], [0, false]);
});

test('a refusal says when to come again, and answers say how many are left', () => {
  const { rates } = open(2, 4);
  assert.deepEqual(rates.hold('a'), { 'ratelimit-policy': '"tenant";q=4;w=2', ratelimit: '"tenant";r=3;t=1' });
  for (let i = 0; i < 3; i += 1) rates.hold('a');
  assert.throws(
    () => rates.hold('a'),
    (error: Refusal) => {
      assert.equal(error.code, 'too_many_requests');
      const policy = { 'ratelimit-policy': '"tenant";q=4;w=2', ratelimit: '"tenant";r=0;t=1' };
      assert.deepEqual(error.headers, { ...policy, 'retry-after': '1' });
      return true;
    },
  );
});

test('a million addresses take no more memory than the bound', () => {
  const { rates } = open(1, 1, 100);
  for (let i = 0; i < 10_000; i += 1) rates.take(`address-${i}`);
  assert.equal(rates.keys, 100);
});
