import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, truncateSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import { systemRandom } from '../../kernel/random.ts';
import { Checkpoint, readCheckpoint } from './checkpoint.ts';
import { hash64 } from './hash.ts';
import { Windows } from './windows.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const deps = { clock: systemClock, random: systemRandom, log: silent };

describe('the counters on disk', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tulou-counters-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function opened() {
    const { seed, records } = readCheckpoint(folder, deps);
    const windows = new Windows(Windows.memoryFor(256), 1);
    for (const record of records) windows.restore(record, systemClock.now());
    const window = { ...hash64('plan minute', seed), lengthMs: 3_600_000, max: 10 };
    return { seed, windows, window, checkpoint: new Checkpoint(folder, seed, windows, deps) };
  }
  const left = ({ windows, window }: ReturnType<typeof opened>): number => {
    windows.take([window], systemClock.now());
    return windows.remaining[0] ?? -1;
  };

  it('are found again by the next process, under the same seed', () => {
    const first = opened();
    for (let i = 0; i < 3; i += 1) left(first);
    first.checkpoint.save();
    for (let i = 0; i < 2; i += 1) left(first);
    first.checkpoint.save();
    const second = opened();
    assert.deepEqual(second.seed, first.seed);
    assert.equal(left(second), 4);
  });

  it('lose no more than the last save when the file ends inside a record', () => {
    const first = opened();
    left(first);
    first.checkpoint.save();
    left(first);
    first.checkpoint.save();
    truncateSync(join(folder, 'counters'), statSync(join(folder, 'counters')).size - 5);
    assert.equal(left(opened()), 8);
  });

  it('take nothing from a damaged frame', () => {
    const first = opened();
    left(first);
    first.checkpoint.save();
    const bytes = readFileSync(join(folder, 'counters'));
    for (const at of [20, 24, 34, 44]) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      writeFileSync(join(folder, 'counters'), damaged);
      assert.equal(readCheckpoint(folder, deps).records.length, 0);
    }
  });

  it('do not grow with time: the file is rewritten when it repeats the same counters', () => {
    const first = opened();
    const many = Array.from({ length: 200 }, (_, i) => ({
      ...hash64(`s${i}`, first.seed),
      lengthMs: 3_600_000,
      max: 1_000_000,
    }));
    for (let round = 0; round < 1000; round += 1) {
      for (const window of many) first.windows.take([window], systemClock.now());
      first.checkpoint.save();
    }
    assert.ok(statSync(join(folder, 'counters')).size < 1_200_000);
    first.checkpoint.close();
  });
});
