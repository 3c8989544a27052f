import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HungJudge, hungBounds } from './hung.ts';

/** Looks every second for so long; returns after how many seconds it was found to hang. `cpu`: share of a core it uses. */
function foundAfter(seconds: number, cpu: number | undefined, beats = false, everyMs = 1000): number | undefined {
  const judge = new HungJudge(hungBounds);
  judge.look(0, cpu === undefined ? undefined : 0, 0);
  for (let ms = everyMs; ms <= seconds * 1000; ms += everyMs) {
    const reason = judge.look(beats ? ms : 0, cpu === undefined ? undefined : ms * cpu, ms);
    if (reason !== undefined) return ms / 1000;
  }
  return undefined;
}

describe('what should beat', () => {
  it('hangs when it is busy for ten seconds without a beat', () => {
    assert.equal(foundAfter(100, 1), 10);
  });

  it('hangs when it is silent for half a minute, busy or not', () => {
    assert.equal(foundAfter(100, 0), 30);
    assert.equal(foundAfter(100, undefined), 30);
  });

  it('is well as long as it beats, however busy', () => {
    assert.equal(foundAfter(1000, 1, true), undefined);
  });

  it('is not judged for half a minute when it gets little of the machine', () => {
    assert.equal(foundAfter(29, 0.5), undefined);
  });

  it('is not judged for time in which the judge itself did not run', () => {
    assert.equal(foundAfter(100, 0, false, 20_000), undefined, 'a machine that slept five times');
  });
});
