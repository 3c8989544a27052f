import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, it } from 'node:test';
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

  const opened: SnapshotDisk[] = [];
  afterEach(async () => {
    for (const disk of opened.splice(0)) await disk.close();
    rmSync(folder, { recursive: true, force: true });
  });
  function open(): SnapshotDisk {
    const disk = new SnapshotDisk(folder, deps);
    opened.push(disk);
    return disk;
  }

  /** The result of a start: the last value of each key, and the position in the feed. */
  async function found() {
    const values = new Map<string, unknown>();
    let position = { epoch: '', seq: 0 };
    const disk = new SnapshotDisk(folder, deps);
    const any = disk.load((head, changes) => {
      if (head.full) values.clear();
      position = head;
      for (const { key, object } of changes) {
        if (object === null) values.delete(key);
        else values.set(key, (object as { value: string }).value);
      }
    });
    await disk.close();
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

  it('is found again: the base, and every answer after it', async () => {
    assert.equal((await found()).any, 'nothing');
    const disk = open();
    full(disk, 3, change(1, 'a', '1'), change(2, 'b', '1'));
    delta(disk, 4, change(4, 'a', '2'));
    delta(disk, 5, change(5, 'b', null), change(5, 'c', '1'));
    assert.deepEqual(await found(), { any: 'complete', epoch: 'e', seq: 5, values: { a: '2', c: '1' } });
  });

  /** The bytes of every file, to be restored after each damage. */
  const contents = (): Map<string, Buffer> =>
    new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
  const putBack = (kept: ReadonlyMap<string, Buffer>): void => {
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
    for (const [name, bytes] of kept) writeFileSync(join(folder, name), bytes);
  };

  it('loses nothing when any one file of it is damaged, cut or removed', async () => {
    const disk = open();
    full(disk, 1, change(1, 'a', '1'));
    for (let seq = 2; seq <= 5; seq += 1) delta(disk, seq, change(seq, 'a', String(seq)), change(seq, `k${seq}`, 'x'));
    await disk.close();
    const whole = await found();
    assert.deepEqual([whole.any, whole.seq, whole.values['a']], ['complete', 5, '5']);
    const kept = contents();
    for (const [name, bytes] of kept) {
      for (const damage of ['remove', 'empty', 'cut', 'flip'] as const) {
        putBack(kept);
        const path = join(folder, name);
        if (damage === 'remove') rmSync(path);
        else if (damage === 'empty') truncateSync(path, 0);
        else if (damage === 'cut') truncateSync(path, Math.floor(bytes.length / 2));
        else
          writeFileSync(
            path,
            bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 4 : byte)),
          );
        assert.deepEqual(await found(), whole, `${damage} ${name}`);
      }
    }
  });

  it('says that it is incomplete when log and copy are cut at any byte before their last answer', async () => {
    const disk = open();
    full(disk, 1, change(1, 'a', '1'));
    const ends = [0];
    for (let seq = 2; seq <= 5; seq += 1) {
      delta(disk, seq, change(seq, 'a', String(seq)), change(seq, `k${seq}`, 'x'));
      ends.push(statSync(last('log')).size);
    }
    await disk.close();
    const kept = contents();
    const size = ends.at(-1) ?? 0;
    for (let cut = 0; cut <= size; cut += 7) {
      putBack(kept);
      truncateSync(last('log'), cut);
      truncateSync(last('copy-log'), cut);
      const whole = ends.filter((end) => end <= cut).length;
      const { any, seq } = await found();
      assert.deepEqual([any, seq], [whole === 5 ? 'complete' : 'incomplete', whole]);
    }
  });

  it('uses nothing after a log that is missing, empty, cut or damaged in the middle, and reports it', async () => {
    full(open(), 1, change(1, 'a', '1'), change(1, 'revoked', 'key'));
    await opened[0]?.close();
    for (const seq of [2, 3, 4]) {
      const disk = open();
      disk.load(() => undefined);
      delta(disk, seq, change(seq, seq === 3 ? 'revoked' : `k${seq}`, seq === 3 ? null : 'x'));
      await disk.close();
    }
    assert.deepEqual((await found()).values, { a: '1', k2: 'x', k4: 'x' });
    const kept = contents();
    const middle = ['log', 'copy-log'].map((kind) => join(folder, files(kind)[1] ?? ''));
    const damages: Record<string, (path: string) => void> = {
      missing: (path) => rmSync(path),
      empty: (path) => truncateSync(path, 0),
      cut: (path) => truncateSync(path, 60),
      damaged: (path) => writeFileSync(path, readFileSync(path).fill(32, 20, 24)),
    };
    for (const [name, damage] of Object.entries(damages)) {
      for (const withoutMark of [false, true]) {
        putBack(kept);
        for (const path of middle) damage(path);
        if (withoutMark) rmSync(join(folder, 'end'));
        const { any, values } = await found();
        assert.deepEqual([any, values], ['incomplete', { a: '1', k2: 'x', revoked: 'key' }], name);
      }
    }
  });

  it('continues behind a torn tail, which does not damage the next answers', async () => {
    const disk = open();
    full(disk, 1, change(1, 'a', '1'));
    const endAfterOne = readFileSync(join(folder, 'end'));
    delta(disk, 2, change(2, 'a', '2'));
    await disk.settled();
    for (const kind of ['log', 'copy-log']) truncateSync(last(kind), statSync(last(kind)).size - 3);
    for (const mark of ['end', 'copy-end']) writeFileSync(join(folder, mark), endAfterOne);
    const next = open();
    next.load(() => undefined);
    delta(next, 2, change(2, 'a', '2 again'));
    assert.deepEqual((await found()).values, { a: '2 again' });
  });

  it('falls back to the base before and the logs since, where a folded base and all its copies are damaged', async () => {
    const disk = open();
    full(disk, 1, change(1, 'a', '1'));
    const value = 'v'.repeat(1000);
    for (let seq = 2; seq < 4500; seq += 1) delta(disk, seq, change(seq, `k${seq % 7}`, `${seq} ${value}`));
    await disk.foldIfGrown();
    delta(disk, 4500, change(4500, 'after', '1'));
    await disk.close();
    const whole = await found();
    for (const kind of ['base', 'copy-base', 'copy2-base']) writeFileSync(last(kind), 'rubbish');
    assert.deepEqual(await found(), whole);
    assert.equal(whole.values['after'], '1');
  });

  it('has three whole states from the first answer on', async () => {
    const disk = open();
    full(disk, 1, change(1, 'a', '1'));
    await disk.close();
    const whole = await found();
    for (const gone of ['base', 'copy-base']) rmSync(last(gone));
    assert.deepEqual(await found(), whole);
  });

  it('is incomplete if a whole answer and its copies are missing: the state before it is another one', async () => {
    const disk = open();
    full(disk, 1, change(1, 'a', '1'), change(1, 'revoked', 'key'));
    delta(disk, 2, change(2, 'b', '2'));
    full(disk, 3, change(1, 'a', '1'), change(3, 'c', '3'));
    delta(disk, 4, change(4, 'd', '4'));
    await disk.close();
    for (const kind of ['base', 'copy-base', 'copy2-base']) writeFileSync(last(kind), 'rubbish');
    assert.equal((await found()).any, 'incomplete');
    assert.equal((await found()).values['d'], undefined);
    assert.ok(
      readdirSync(folder).some((name) => name.endsWith('.ndjson.damaged')),
      'it is set aside',
    );
  });

  it('reads the files of 0.1.0, and asks for everything as those cannot be verified', async () => {
    folder = fileURLToPath(new URL('../../../test/gateway/formats/0.1.0', import.meta.url));
    const kept = contents();
    folder = mkdtempSync(join(tmpdir(), 'tulou-snapshot-'));
    putBack(kept);
    const disk = open();
    const last: Record<string, unknown> = {};
    const any = disk.load((_head, changes) => {
      for (const { kind, key, object } of changes) last[`${kind} ${key}`] = object;
    });
    assert.deepEqual([any, disk.behind, Object.keys(last).length], ['unverified', true, 12]);
    assert.equal(last['denial token:1'], null);
    full(disk, 4, change(4, 'a', '1'));
    delta(disk, 5, change(5, 'b', '2'));
    await disk.close();
    assert.deepEqual(await found(), { any: 'complete', epoch: 'e', seq: 5, values: { a: '1', b: '2' } });
  });

  it('sets files of a newer format aside, and does not stop at them', async () => {
    const disk = open();
    full(disk, 1, change(1, 'a', '1'));
    await disk.close();
    for (const kind of ['base', 'copy-base', 'copy2-base']) {
      const json = '{"commit":{"format":3,"anything":true}}';
      writeFileSync(last(kind), `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`);
    }
    const next = open();
    assert.equal(
      next.load(() => undefined),
      'nothing',
    );
    full(next, 2, change(2, 'b', '2'));
    await next.close();
    assert.deepEqual((await found()).values, { b: '2' });
  });

  it('is incomplete at the next start where an answer could not be kept', async () => {
    const disk = open();
    full(disk, 1, change(1, 'a', '1'));
    delta(disk, 2, change(2, 'a', '2'));
    await disk.settled();
    rmSync(last('log'));
    disk.check();
    assert.equal(disk.behind, true);
    delta(disk, 3, change(3, 'a', null));
    await disk.close();
    assert.equal((await found()).any, 'incomplete');
    const next = open();
    next.load(() => undefined);
    full(next, 4, change(4, 'b', '1'));
    await next.close();
    assert.deepEqual(await found(), { any: 'complete', epoch: 'e', seq: 4, values: { b: '1' } });
  });

  it('keeps the three last bases and no log before them', async () => {
    const disk = open();
    for (let seq = 1; seq <= 12; seq += 2) {
      full(disk, seq, change(seq, 'a', String(seq)));
      delta(disk, seq + 1, change(seq + 1, 'b', String(seq)));
    }
    await disk.settled();
    assert.equal(files('base').length, 3);
    assert.equal(files('log').length, 3);
    assert.equal((await found()).seq, 12);
  });

  it('is folded when its log has grown, answers that come meanwhile included', async () => {
    const disk = open();
    full(disk, 1, change(1, 'gone', 'x'), ...Array.from({ length: 1500 }, (_, i) => change(1, `k${i}`, 'old')));
    delta(disk, 2, change(2, 'gone', null));
    const value = 'v'.repeat(1000);
    for (let seq = 3; seq < 4500; seq += 1) delta(disk, seq, change(seq, `k${seq % 7}`, `${seq} ${value}`));
    await disk.settled();
    const before = await found();
    const folding = disk.foldIfGrown();
    delta(disk, 4500, change(4500, 'meanwhile', '1'));
    await folding;
    await disk.settled();
    assert.deepEqual(await found(), { ...before, seq: 4500, values: { ...before.values, meanwhile: '1' } });
    assert.equal(files('base').length, 2);
    assert.ok(statSync(last('base')).size < 1_000_000);
    // Without the old base, the new one alone holds the same state.
    await disk.settled();
    rmSync(join(folder, files('base')[0] ?? ''));
    assert.deepEqual((await found()).values, { ...before.values, meanwhile: '1' });
    await disk.close();
  });

  it('keeps of a quarantined object both the last good and the broken state', async () => {
    const disk = open();
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

  it('says that it is behind where the disk refused, and is whole again with the next full answer', async () => {
    const disk = open();
    full(disk, 1, change(1, 'a', '1'));
    await disk.settled();
    rmSync(folder, { recursive: true });
    delta(disk, 2, change(2, 'a', '2'));
    assert.equal(disk.behind, true);
    assert.equal(disk.works(), true, 'the folder is made again');
    full(disk, 3, change(3, 'a', '3'));
    await disk.settled();
    assert.equal(disk.behind, false);
    assert.deepEqual((await found()).values, { a: '3' });
  });
});
