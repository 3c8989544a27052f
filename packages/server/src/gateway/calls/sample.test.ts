import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CallSample, type SampleBounds } from './sample.ts';

const bounds: SampleBounds = {
  refusedBurst: 20,
  refusedPerSecond: 2,
  answeredBurst: 10,
  answeredPerSecond: 1,
  allPerSecond: 1000,
};
const minuteMs = 60_000;

describe('the sample of calls', () => {
  const open = (threads = 1): CallSample => new CallSample(bounds, threads, 0);
  const keepMany = (sample: CallSample, times: number, consumer: string, isRefused: boolean, nowMs = 0): number =>
    Array.from({ length: times }, () => sample.keeps('ten_1', consumer, isRefused, nowMs)).filter(Boolean).length;

  it('keeps every call of a tenant that makes few', () => {
    const sample = open();
    for (let second = 0; second < 600; second += 4)
      assert.equal(sample.keeps('ten_1', 'ten_2', second % 8 === 0, second * 1000), true);
  });

  it('keeps refusals, for any number of successful calls', () => {
    const sample = open();
    keepMany(sample, 10_000, 'ten_2', false);
    assert.equal(keepMany(sample, 5, 'ten_2', true), 5);
  });

  it('leaves half of a provider’s part to the other callers, and all of it to other providers', () => {
    const sample = open();
    assert.equal(keepMany(sample, 1000, 'ten_2', true), bounds.refusedBurst / 2);
    assert.equal(keepMany(sample, 1000, 'ten_3', true), bounds.refusedBurst / 2);
    assert.equal(sample.keeps('ten_9', 'ten_2', true, 0), true);
  });

  it('keeps a sample during a flood: never more per minute than its limit, never none', () => {
    const arrivals = fc.array(fc.record({ stepMs: fc.nat(400), consumer: fc.nat(5), isRefused: fc.boolean() }), {
      minLength: 400,
      maxLength: 2000,
    });
    fc.assert(
      fc.property(arrivals, (calls) => {
        const sample = open();
        const kept: number[] = [];
        let nowMs = 0;
        for (const { stepMs, consumer, isRefused } of calls) {
          nowMs += stepMs;
          if (sample.keeps('ten_1', `ten_${consumer}`, isRefused, nowMs)) kept.push(nowMs);
        }
        const most =
          bounds.refusedBurst + bounds.answeredBurst + 60 * (bounds.refusedPerSecond + bounds.answeredPerSecond);
        for (const from of kept)
          assert.ok(
            kept.filter((at) => at >= from && at < from + minuteMs).length <= most,
            `within a minute of ${from}`,
          );
        assert.ok(kept.length > 0);
      }),
      { numRuns: 30 },
    );
    const flooded = open();
    keepMany(flooded, 1000, 'ten_2', true);
    assert.equal(keepMany(flooded, 1000, 'ten_2', true, 10_000), 10, 'ten seconds at half of two a second');
  });

  it('is divided over the threads of a gateway', () => {
    assert.equal(keepMany(open(4), 1000, '', true), Math.floor(bounds.refusedBurst / 8));
  });
});
