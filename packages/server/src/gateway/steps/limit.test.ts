import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import type { PlanLimit, SnapshotObject, SnapshotOf } from '@tulou/contract';
import { address, newKey, outcome, pairs, planWith, threadForEach, withKey } from '../../../test/gateway/one-thread.ts';

describe('the limit step', () => {
  const thread = threadForEach();

  it('refuses call 101 of a hundred a minute, with when to come back and what is left', () => {
    thread().publish(planWith({ limits: [{ requests: 100, per: 'minute', by: 'subscription' }] }));
    for (let left = 99; left >= 0; left -= 1) {
      const fields = pairs(thread().begin(address, withKey).forwarded?.answerFields ?? []);
      assert.match(fields.get('ratelimit') ?? '', new RegExp(`^"minute";r=${left};t=(60|59)$`));
      assert.equal(fields.get('ratelimit-policy'), '"minute";q=100;w=60');
    }
    const refused = thread().call(address, withKey);
    assert.equal(refused.code, 'rate_limited');
    assert.match(refused.answered?.fields.get('retry-after') ?? '', /^(59|60|61)$/);
    assert.match(refused.answered?.fields.get('ratelimit') ?? '', /^"minute";r=0;t=\d+$/);
    assert.equal(refused.answered?.fields.get('content-type'), 'application/problem+json');
  });

  it('uses a changed plan for the next call', () => {
    thread().publish(planWith({ limits: [{ requests: 1, per: 'minute', by: 'subscription' }] }));
    assert.ok(thread().begin(address, withKey).forwarded);
    assert.equal(thread().call(address, withKey).code, 'rate_limited');
    thread().publish(planWith({ limits: [{ requests: 2, per: 'minute', by: 'subscription' }] }));
    assert.ok(thread().begin(address, withKey).forwarded);
    assert.equal(thread().call(address, withKey).code, 'rate_limited');
  });

  it('continues its counts when the subscription is renewed, the app recreated, or the plan changed and changed back', () => {
    const limits: PlanLimit[] = [{ requests: 3, per: 'month', by: 'subscription' }];
    const other = { ...planWith({ limits, slug: 'other' }), key: 'pln_2' } as SnapshotOf<'plan'>;
    const subscribed = (key: string, app: string, plan: string): SnapshotObject => ({
      ...{ kind: 'subscription', key, tenant: 'ten_2', app, api: 'api_1', plan },
    });
    const ended = (key: string): void => thread().drop(subscribed(key, 'app_1', 'pln_1'));
    thread().publish(planWith({ limits }), other);
    assert.ok(thread().call(address, withKey).forwarded);
    ended('sub_1');
    thread().publish(subscribed('sub_2', 'app_1', 'pln_1'));
    assert.ok(thread().call(address, withKey).forwarded);
    ended('sub_2');
    const again: SnapshotObject = { kind: 'app', key: 'app_9', tenant: 'ten_2', slug: 'shop', state: 'active' };
    thread().drop({ ...again, key: 'app_1' });
    const key = newKey('live', null, 'app_9');
    thread().publish(again, subscribed('sub_3', 'app_9', 'pln_1'), key.object);
    const withNext = { 'x-api-key': key.text };
    assert.ok(thread().call(address, withNext).forwarded);
    assert.equal(thread().call(address, withNext).code, 'rate_limited');
    for (const plan of ['pln_2', 'pln_1']) {
      thread().publish(subscribed('sub_3', 'app_9', plan));
      assert.equal(thread().call(address, withNext).code, 'rate_limited', plan);
    }
  });

  it('limits concurrent calls to the plan, and releases each place once for every end of a call', () => {
    thread().publish(planWith({ concurrency: 2 }));
    const [one, two] = [thread().begin(address, withKey), thread().begin(address, withKey)];
    assert.equal(thread().call(address, withKey).code, 'concurrency_limited');
    thread().end(one, outcome(0, { complete: false, error: 'client_aborted' }));
    const three = thread().begin(address, withKey);
    assert.ok(three.forwarded);
    assert.equal(thread().call(address, withKey).code, 'concurrency_limited');
    thread().end(two);
    thread().end(three, outcome(200, { complete: false, error: 'upstream_aborted' }));
    for (let i = 0; i < 10; i += 1) assert.ok(thread().call(address, withKey).forwarded);
  });

  it('takes nothing of a window for a call that finds no place, and no place for one that finds its window full', () => {
    thread().publish(planWith({ limits: [{ requests: 2, per: 'minute', by: 'subscription' }], concurrency: 1 }));
    const running = thread().begin(address, withKey);
    for (let i = 0; i < 5; i += 1) assert.equal(thread().call(address, withKey).code, 'concurrency_limited');
    thread().end(running);
    assert.ok(thread().call(address, withKey).forwarded);
    for (let i = 0; i < 5; i += 1) assert.equal(thread().call(address, withKey).code, 'rate_limited');
    thread().publish(planWith({ limits: [], concurrency: 1 }));
    assert.ok(thread().call(address, withKey).forwarded);
  });

  it('refuses calls, before they take anything, while usage can no longer be recorded', async () => {
    thread().publish(planWith({ limits: [{ requests: 5, per: 'minute', by: 'subscription' }] }));
    const answered = thread().begin(address, withKey);
    rmSync(thread().folder, { recursive: true });
    thread().pipeline.commit(Array.from({ length: 100_000 }, () => ({ exchange: answered, outcome: outcome(200) })));
    const refused = thread().call(address, withKey);
    assert.equal(refused.code, 'spool_full');
    assert.equal(refused.answered?.fields.get('retry-after'), '1');
    mkdirSync(thread().folder);
    while (thread().gate.spool.full) await new Promise<void>((resolve) => systemClock.after(20, resolve));
    const fields = pairs(thread().begin(address, withKey).forwarded?.answerFields ?? []);
    assert.match(fields.get('ratelimit') ?? '', /r=3/);
    while (thread().gate.spool.pending > 0) await new Promise<void>((resolve) => systemClock.after(20, resolve));
    assert.equal(
      thread()
        .recorded()
        .reduce((sum, { requests }) => sum + requests, 0),
      100_000,
    );
  });
});
