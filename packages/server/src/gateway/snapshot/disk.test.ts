import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import type { SnapshotChange } from '@tulou/contract';
import { systemClock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import { SnapshotDisk } from './disk.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const deps = { clock: systemClock, log: silent };
const none = new Set<SnapshotChange>();
const change = (seq: number, key: string, value: string | null): SnapshotChange => ({
  seq,
  kind: 'tenant',
  key,
  tenant: key,
  object: value === null ? null : { value },
});

describe('the configuration on disk', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tulou-snapshot-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** What a start would find: the last value of each key, and where the feed stood. */
  function found(): { seq: number; epoch: string; values: Record<string, unknown>; any: boolean } {
    const values = new Map<string, unknown>();
    let position = { epoch: '', seq: 0 };
    const any = new SnapshotDisk(folder, deps).load((head, changes) => {
      if (head.full) values.clear();
      position = head;
      for (const { key, object } of changes) {
        if (object === null) values.delete(key);
        else values.set(key, (object as { value: string }).value);
      }
    });
    return { seq: position.seq, epoch: position.epoch, values: Object.fromEntries(values), any };
  }
  const full = (disk: SnapshotDisk, seq: number, ...changes: SnapshotChange[]): void =>
    disk.keep({ epoch: 'e', seq, full: true, count: changes.length }, changes, none);
  const delta = (disk: SnapshotDisk, seq: number, ...changes: SnapshotChange[]): void =>
    disk.keep({ epoch: 'e', seq, full: false, count: changes.length }, changes, none);
  const files = (kind: string): string[] =>
    readdirSync(folder)
      .filter((name) => name.startsWith(kind))
      .toSorted();
  const last = (kind: string): string => join(folder, files(kind).at(-1) ?? '');

  it('is found again: the base, and every answer after it', () => {
    assert.equal(found().any, false);
    const disk = new SnapshotDisk(folder, deps);
    full(disk, 3, change(1, 'a', '1'), change(2, 'b', '1'));
    delta(disk, 4, change(4, 'a', '2'));
    delta(disk, 5, change(5, 'b', null), change(5, 'c', '1'));
    assert.deepEqual(found(), { any: true, epoch: 'e', seq: 5, values: { a: '2', c: '1' } });
  });

  it('stands after a cut at any byte of its log at the last whole answer', () => {
    const disk = new SnapshotDisk(folder, deps);
    full(disk, 1, change(1, 'a', '1'));
    const ends = [0];
    for (let seq = 2; seq <= 5; seq += 1) {
      delta(disk, seq, change(seq, 'a', String(seq)), change(seq, `k${seq}`, 'x'));
      ends.push(statSync(last('log')).size);
    }
    const bytes = readFileSync(last('log'));
    const path = last('log');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length }), (size) => {
        writeFileSync(path, bytes);
        truncateSync(path, size);
        const whole = ends.filter((end) => end <= size).length;
        assert.equal(found().seq, whole);
        assert.equal(found().values['a'], String(whole));
      }),
      { numRuns: 60 },
    );
  });

  it('goes on behind a torn tail without the tail spoiling what comes', () => {
    const disk = new SnapshotDisk(folder, deps);
    full(disk, 1, change(1, 'a', '1'));
    delta(disk, 2, change(2, 'a', '2'));
    truncateSync(last('log'), statSync(last('log')).size - 3);
    const next = new SnapshotDisk(folder, deps);
    next.load(() => undefined);
    delta(next, 2, change(2, 'a', '2 again'));
    assert.deepEqual(found().values, { a: '2 again' });
  });

  it('falls back to the base before, and the logs since, where the newest base is damaged', () => {
    const disk = new SnapshotDisk(folder, deps);
    full(disk, 1, change(1, 'a', '1'));
    delta(disk, 2, change(2, 'b', '2'));
    full(disk, 3, change(1, 'a', '1'), change(2, 'b', '2'), change(3, 'c', '3'));
    delta(disk, 4, change(4, 'd', '4'));
    const bytes = readFileSync(last('base'));
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    writeFileSync(last('base'), bytes);
    assert.deepEqual(found().values, { a: '1', b: '2', d: '4' });
  });

  it('keeps the three last bases and no log before them', () => {
    const disk = new SnapshotDisk(folder, deps);
    for (let seq = 1; seq <= 12; seq += 2) {
      full(disk, seq, change(seq, 'a', String(seq)));
      delta(disk, seq + 1, change(seq + 1, 'b', String(seq)));
    }
    assert.equal(files('base').length, 3);
    assert.equal(files('log').length, 3);
    assert.equal(found().seq, 12);
  });

  it('is folded when its log has grown, answers that come meanwhile included', async () => {
    const disk = new SnapshotDisk(folder, deps);
    full(disk, 1, change(1, 'gone', 'x'), ...Array.from({ length: 1500 }, (_, i) => change(1, `k${i}`, 'old')));
    delta(disk, 2, change(2, 'gone', null));
    const value = 'v'.repeat(1000);
    for (let seq = 3; seq < 4500; seq += 1) delta(disk, seq, change(seq, `k${seq % 7}`, `${seq} ${value}`));
    const before = found();
    const folding = disk.foldIfGrown();
    delta(disk, 4500, change(4500, 'meanwhile', '1'));
    await folding;
    assert.deepEqual(found(), { ...before, seq: 4500, values: { ...before.values, meanwhile: '1' } });
    assert.equal(files('base').length, 2);
    assert.ok(statSync(last('base')).size < 1_000_000);
    // Without the old base the new one says the same by itself.
    rmSync(join(folder, files('base')[0] ?? ''));
    assert.deepEqual(found().values, { ...before.values, meanwhile: '1' });
    await disk.close();
  });

  it('keeps of a quarantined object both the last good and the broken state', async () => {
    const disk = new SnapshotDisk(folder, deps);
    full(disk, 1, change(1, 'a', 'good'), ...Array.from({ length: 10 }, (_, i) => change(1, `k${i}`, 'x')));
    const broken = change(2, 'a', 'broken');
    disk.keep({ epoch: 'e', seq: 2, full: false, count: 1 }, [broken], new Set([broken]));
    for (let seq = 3; seq < 4500; seq += 1) delta(disk, seq, change(seq, 'k1', 'v'.repeat(1000)));
    await disk.foldIfGrown();
    const seen: unknown[] = [];
    new SnapshotDisk(folder, deps).load((_head, changes) => {
      for (const { key, object } of changes) if (key === 'a') seen.push(object);
    });
    assert.deepEqual(seen, [{ value: 'good' }, { value: 'broken' }]);
  });

  it('says that it is behind where the disk refused, and is whole again with the next full answer', () => {
    const disk = new SnapshotDisk(folder, deps);
    full(disk, 1, change(1, 'a', '1'));
    rmSync(folder, { recursive: true });
    delta(disk, 2, change(2, 'a', '2'));
    assert.equal(disk.behind, true);
    assert.equal(disk.works(), false);
    mkdirSync(folder);
    assert.equal(disk.works(), true);
    full(disk, 3, change(3, 'a', '3'));
    assert.equal(disk.behind, false);
    assert.deepEqual(found().values, { a: '3' });
  });
});
