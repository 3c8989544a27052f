import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isId, uuidFromId } from '@tulou/contract';
import { systemClock } from '../kernel/clock.ts';
import { systemRandom } from '../kernel/random.ts';
import { RequestIds, TraceIds } from './request-id.ts';

describe('request ids', () => {
  it('are ids of the contract, UUIDs of version 7 of their moment, and never twice the same', () => {
    const now = 1_800_000_000_123;
    const [one, two] = [1, 2].map(() => new RequestIds({ ...systemClock, now: () => now }, systemRandom));
    const seen = new Set<string>();
    for (let i = 0; i < 70_000; i += 1) {
      for (const ids of [one, two]) {
        const id = ids?.next() ?? '';
        seen.add(id);
        if (i % 1000 !== 0) continue;
        assert.ok(isId('request', id));
        const uuid = uuidFromId('request', id) ?? '';
        assert.match(uuid, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        assert.equal(Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16), now);
      }
    }
    assert.equal(seen.size, 140_000);
  });

  it('sort by the time at which they were made', () => {
    let now = 1_800_000_000_000;
    const ids = new RequestIds({ ...systemClock, now: () => (now += 7) }, systemRandom);
    const made = Array.from({ length: 200 }, () => ids.next());
    assert.deepEqual(made.toSorted(), made);
  });
});

describe('trace ids', () => {
  it('are fresh hex of the length asked for', () => {
    const ids = new TraceIds(systemRandom);
    const made = Array.from({ length: 2000 }, (_, i) => ids.hex(i % 2 === 0 ? 32 : 16));
    assert.equal(new Set(made).size, 2000);
    made.forEach((id, i) => assert.match(id, i % 2 === 0 ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{16}$/));
  });
});
