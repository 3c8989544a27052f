import assert from 'node:assert/strict';
import { test } from 'node:test';
import { snapshotKinds } from '@tulou/contract';
import type { Placement } from './links.ts';
import { placements, type Placements } from './placements.ts';

const { denial, ...others } = placements;

// @ts-expect-error a kind without a line does not compile
others satisfies Placements;
// @ts-expect-error a kind that can be placed and never dropped does not compile
({ ...others, denial: { place: denial.place } }) satisfies Placements;
// @ts-expect-error a kind that can be dropped and never placed does not compile
({ ...others, denial: { drop: denial.drop } }) satisfies Placements;
// @ts-expect-error the placement of another kind does not compile
placements.client satisfies Placement<'version'>;

test('every kind of the contract has a placement', () => {
  assert.deepEqual(Object.keys(placements).toSorted(), Object.keys(snapshotKinds).toSorted());
});
