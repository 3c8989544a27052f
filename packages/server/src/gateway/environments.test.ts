/** Promises about the meaning of `test` and `live` at the gateway. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SnapshotOf } from '@tulou/contract';
import { newKey, planWith, threadForEach, world, address, withKey } from '../../test/gateway/one-thread.ts';

type Version = SnapshotOf<'version'>;

const found = world.find((object): object is Version => object.kind === 'version');
const version = found ?? assert.fail('the world has a version');
const testKey = newKey('test');
const withTestKey = { 'x-api-key': testKey.text };
const production = { url: 'http://production.test', weight: 1 };
const sandbox = { url: 'http://sandbox.test', weight: 1, environment: 'test' } as const;

describe('a call of the environment test', () => {
  const thread = threadForEach();
  const hostOf = (fields: Record<string, string>): string | undefined =>
    thread().call(address, fields).forwarded?.upstream.hostField;
  const publish = (...upstreams: Version['upstreams']): void =>
    thread().publish({ ...version, upstreams }, testKey.object);

  it('goes to the upstreams of its environment, and live calls never do', () => {
    publish(production, sandbox);
    for (let i = 0; i < 4; i += 1)
      assert.deepEqual([hostOf(withTestKey), hostOf(withKey)], ['sandbox.test', 'production.test']);
  });

  it('goes where live calls go when the version has no upstream of an environment', () => {
    publish(production);
    assert.deepEqual([hostOf(withTestKey), hostOf(withKey)], ['production.test', 'production.test']);
  });

  it('does not fall back to production while the sandbox takes no calls', () => {
    publish(production, { ...sandbox, weight: 0 });
    assert.equal(thread().call(address, withTestKey).code, 'upstream_unreachable');
    assert.equal(hostOf(withKey), 'production.test');
  });

  it('is refused where all upstreams are of the other environment, and so is a live one', () => {
    publish({ ...production, environment: 'live' });
    assert.equal(thread().call(address, withTestKey).code, 'environment_unavailable');
    assert.equal(hostOf(withKey), 'production.test');
    publish(sandbox);
    assert.equal(thread().call(address, withKey).code, 'environment_unavailable');
    assert.equal(hostOf(withTestKey), 'sandbox.test');
  });

  it('sends the upstream its environment', () => {
    publish(production, sandbox);
    const environmentOf = (fields: Record<string, string>): string | undefined => {
      const sent = thread().call(address, fields).forwarded?.addFields ?? [];
      return sent[sent.indexOf('tulou-environment') + 1];
    };
    assert.deepEqual([environmentOf(withTestKey), environmentOf(withKey)], ['test', 'live']);
  });

  it('never uses up the limits of live calls: windows and places are separate', () => {
    publish(production);
    thread().publish(planWith({ limits: [{ requests: 1, per: 'month', by: 'app' }] }));
    const codes = [withTestKey, withTestKey, withKey, withKey].map((fields) => thread().call(address, fields).code);
    assert.deepEqual(codes, [undefined, 'rate_limited', undefined, 'rate_limited']);
    thread().publish(planWith({ concurrency: 1 }));
    const held = [withTestKey, withTestKey, withKey, withKey].map((fields) => thread().begin(address, fields).code);
    assert.deepEqual(held, [undefined, 'concurrency_limited', undefined, 'concurrency_limited']);
  });

  it('is counted separately, and refusals with their code', () => {
    publish(production);
    thread().publish(planWith({ limits: [{ requests: 1, per: 'month', by: 'subscription' }] }));
    for (const fields of [withTestKey, withKey, withKey]) thread().call(address, fields);
    const rows = thread()
      .recorded()
      .map(({ environment, status, code, requests }) => [environment, status, code, requests]);
    assert.deepEqual(
      rows.toSorted(),
      [
        [undefined, 200, undefined, 1],
        [undefined, 429, 'rate_limited', 1],
        ['test', 200, undefined, 1],
      ].toSorted(),
    );
  });
});
