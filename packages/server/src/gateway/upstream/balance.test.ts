import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nextTarget, targetsOf } from './balance.ts';

const upstreams = (...weights: number[]) => weights.map((weight, i) => ({ url: `http://u${i}`, weight }));
const draw = (weights: number[], count: number): string[] => {
  const targets = targetsOf(upstreams(...weights));
  return Array.from({ length: count }, () => nextTarget(targets.live ?? [])?.origin.host ?? 'none');
};

describe('the choice among upstreams', () => {
  it('gives each exactly its share in every round of the sum of weights', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 6 }), (weights) => {
        const sum = weights.reduce((a, b) => a + b, 0);
        const drawn = draw(weights, sum * 2);
        weights.forEach((weight, i) => {
          assert.equal(drawn.filter((host) => host === `u${i}`).length, weight * 2);
        });
      }),
    );
  });

  it('spreads the turns of a heavy one', () => {
    assert.deepEqual(draw([5, 1, 1], 7), ['u0', 'u0', 'u1', 'u0', 'u2', 'u0', 'u0']);
  });

  it('finds none if all have weight 0, or there are none', () => {
    assert.deepEqual(draw([0, 0], 2), ['none', 'none']);
    assert.deepEqual(draw([], 1), ['none']);
  });
});
