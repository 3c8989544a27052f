import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PlanLimit } from '@tulou/contract';
import { addressSubject } from './address.ts';
import { rateLimitField, retryAfter } from './fields.ts';
import { hash64 } from './hash.ts';
import { compileLimits, windowsFor } from './plan.ts';
import { Windows } from './windows.ts';

const seed = { low: 5, high: 6 };
const caller = { key: hash64('key_1', seed), installation: hash64('ins_1', seed) };
const start = Date.UTC(2026, 0, 15);
const subjects = (n: number, environment: 'test' | 'live' = 'live') => ({
  subscription: `sub_${n}`,
  app: `app_${n}`,
  tenant: 'ten_1',
  environment,
});
const planWith = (...limits: PlanLimit[]) => ({
  kind: 'plan' as const,
  key: 'pln_1',
  tenant: 'ten_9',
  api: 'api_1',
  slug: 'basic',
  limits,
  concurrency: null,
});
const open = (): Windows => new Windows(Windows.memoryFor(1024), 1);

describe('the limits of a plan', () => {
  it('are sent in the fields of the draft: a policy, and the calls left of each', () => {
    const compiled = compileLimits(
      planWith(
        { requests: 100, per: 'minute', by: 'subscription' },
        { requests: 5000, per: 'month', by: 'app' },
        { requests: 7, per: 'minute', by: 'subscription' },
      ),
      subjects(1),
      seed,
    );
    assert.equal(compiled.policyField, '"minute";q=100;w=60, "month-app";q=5000, "minute-2";q=7;w=60');
    const windows = open();
    assert.equal(windows.take(windowsFor(compiled, caller, '192.0.2.1', seed), start + 18_000), true);
    assert.equal(
      rateLimitField(compiled, windows),
      `"minute";r=99;t=60, "month-app";r=4999;t=${17 * 86_400 - 18}, "minute-2";r=6;t=60`,
    );
  });

  it('say the time of Retry-After for the one that refused', () => {
    const compiled = compileLimits(planWith({ requests: 1, per: 'minute', by: 'subscription' }), subjects(1), seed);
    const windows = open();
    windows.take(windowsFor(compiled, caller, '', seed), start);
    assert.equal(windows.take(windowsFor(compiled, caller, '', seed), start + 18_000), false);
    assert.equal(rateLimitField(compiled, windows), '"minute";r=0;t=43');
    assert.equal(retryAfter(windows.waitMs), '43');
    assert.equal(windows.take(windowsFor(compiled, caller, '', seed), start + 59_999), false);
    assert.equal(windows.take(windowsFor(compiled, caller, '', seed), start + 61_000), true);
    assert.equal(retryAfter(0.2), '1');
  });

  it('continue with their counts when the figure is changed', () => {
    const windows = open();
    const [small, large] = [2, 3].map((requests) =>
      compileLimits(planWith({ requests, per: 'day', by: 'app' }), subjects(1), seed),
    );
    assert.ok(small !== undefined && large !== undefined);
    for (let i = 0; i < 2; i += 1) assert.equal(windows.take(small.limits, start), true);
    assert.equal(windows.take(small.limits, start), false);
    assert.equal(windows.take(large.limits, start), true);
    assert.equal(windows.take(large.limits, start), false);
  });

  for (const [by, other, together] of [
    ['subscription', 'another subscription', false],
    ['app', 'another app', false],
    ['tenant', 'another app of the tenant', true],
  ] as const) {
    it(`by ${by} count ${other} ${together ? 'together' : 'apart'}`, () => {
      const windows = open();
      const plan = planWith({ requests: 1, per: 'hour', by });
      assert.equal(windows.take(windowsFor(compileLimits(plan, subjects(1), seed), caller, '', seed), start), true);
      assert.equal(
        windows.take(windowsFor(compileLimits(plan, subjects(2), seed), caller, '', seed), start),
        !together,
      );
    });
  }

  for (const by of ['subscription', 'key', 'installation', 'app', 'tenant', 'address'] as const) {
    it(`by ${by} count the calls of test and live apart`, () => {
      const windows = open();
      const plan = planWith({ requests: 1, per: 'month', by });
      const take = (environment: 'test' | 'live'): boolean => {
        const compiled = compileLimits(plan, subjects(1, environment), seed);
        return windows.take(windowsFor(compiled, caller, '192.0.2.1', seed), start);
      };
      assert.deepEqual([take('test'), take('test'), take('live'), take('live')], [true, false, true, false]);
    });
  }

  it('by key and by address count each apart, an IPv6 /64 as one', () => {
    const windows = open();
    const byKey = compileLimits(planWith({ requests: 1, per: 'hour', by: 'key' }), subjects(1), seed);
    assert.equal(windows.take(windowsFor(byKey, caller, '', seed), start), true);
    assert.equal(windows.take(windowsFor(byKey, caller, '', seed), start), false);
    assert.equal(windows.take(windowsFor(byKey, { ...caller, key: hash64('key_2', seed) }, '', seed), start), true);
    const byAddress = compileLimits(planWith({ requests: 1, per: 'hour', by: 'address' }), subjects(1), seed);
    const from = (address: string): boolean => windows.take(windowsFor(byAddress, caller, address, seed), start);
    assert.deepEqual(['192.0.2.1', '192.0.2.1', '192.0.2.2'].map(from), [true, false, true]);
    assert.deepEqual(['2001:db8::1', '2001:db8:0:0:ffff::2', '2001:db8:0:1::1'].map(from), [true, false, true]);
  });
});

describe('the subject of an address', () => {
  for (const [address, subject] of [
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:DB8:0001::9', '2001:db8:1:0'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['2001:db8::192.0.2.1', '2001:db8:0:0'],
  ] as const) {
    it(`of ${address} is ${subject}`, () => assert.equal(addressSubject(address), subject));
  }
});
