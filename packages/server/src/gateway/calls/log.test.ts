import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callRecord } from '@tulou/contract';
import { address, outcome, threadForEach, withKey } from '../../../test/gateway/one-thread.ts';

describe('the records of a thread', () => {
  const thread = threadForEach();
  const records = () => {
    thread().gate.calls.flush(true);
    return thread().toldCalls.flatMap(({ calls }) => calls);
  };

  it('hold what both sides need to find a call, and neither its query nor its credential', () => {
    const { answered } = thread().call(`${address}?secret=1`, { 'x-api-key': 'tlk_live_nonsense' });
    thread().end(thread().begin(`${address}?secret=1`, withKey), outcome(200));
    const [refused, forwarded] = records();
    assert.equal(refused?.id, answered?.fields.get('tulou-request-id'));
    assert.deepEqual(
      [refused?.status, refused?.code, refused?.app, refused?.consumer, refused?.path, refused?.upstream_us],
      [401, 'credential_invalid', null, null, address, 1000],
    );
    assert.deepEqual(
      [forwarded?.status, forwarded?.code, forwarded?.app, forwarded?.key, forwarded?.operation, forwarded?.address],
      [200, null, 'app_1', 'key_1', 'getOrder', '192.0.2.1'],
    );
    assert.doesNotMatch(JSON.stringify(records()), /secret|tlk_/);
  });

  it('are accepted by control for every kind of call', () => {
    for (const target of [
      address,
      `${address}${'x'.repeat(5000)}`,
      '/acme/orders/old/x',
      '/acme/orders/bare/y',
      `${address}/%00`,
    ])
      thread().call(target, withKey);
    const broken = thread().begin(address, withKey);
    thread().end(
      broken,
      outcome(502, { error: 'upstream_malformed', fault: { cause: 'malformed_head' }, durationUs: 0.4 }),
    );
    const all = records();
    assert.equal(all.length, 6);
    for (const one of all) assert.deepEqual(callRecord.safeParse(one).error?.issues, undefined);
    assert.deepEqual([all.at(-1)?.code, all.at(-1)?.cause], ['upstream_malformed', 'malformed_head']);
  });

  it('are none where no version was found, and nothing was sent', () => {
    thread().call('/nobody/nothing/v1/x');
    thread().end(thread().begin(address, withKey), outcome(0));
    assert.deepEqual(records(), []);
  });

  it('count what they leave out, for both sides', () => {
    for (let n = 0; n < 500; n += 1) thread().call(address, withKey);
    const kept = records().length;
    assert.ok(kept > 0 && kept < 500);
    const leftOut = thread().toldCalls.flatMap((taken) => taken.leftOut);
    assert.deepEqual(leftOut, [
      { tenant: 'ten_1', calls: 500 - kept },
      { tenant: 'ten_2', calls: 500 - kept },
    ]);
  });
});
