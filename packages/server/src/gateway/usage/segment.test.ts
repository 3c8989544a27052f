import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { systemClock, type Clock } from '../../kernel/clock.ts';
import { addUp, interned, partiesText, type CallParties, type Interned, type UsageEvent } from './record.ts';
import { closedSuffix, diskFiles, openSuffix, Spool, spoolBounds, type SpoolFiles } from './segment.ts';

/** A clock whose timers run on demand of the test. */
function handClock(): Clock & { tick(ms: number): void } {
  let now = 0;
  let tasks: (() => void)[] = [];
  return {
    ...systemClock,
    monotonic: () => now,
    every(_period, task) {
      const run = (): void => void task();
      tasks.push(run);
      return { cancel: () => (tasks = tasks.filter((other) => other !== run)) };
    },
    tick(ms) {
      now += ms;
      for (const task of tasks) task();
    },
  };
}

const textOf = (n: number, wish: Partial<CallParties> = {}): string =>
  partiesText({
    provider: 'ten_1',
    consumer: `ten_${n}`,
    api: 'api_1',
    version: 'ver_1',
    app: `app_${n}`,
    environment: 'live',
    ...wish,
  });
const parties = (n: number): Interned => interned(textOf(n));
const event = (wish: Partial<UsageEvent> = {}): UsageEvent => ({
  parties: parties(2),
  operation: undefined,
  key: undefined,
  code: undefined,
  status: 200,
  requestBytes: 1,
  responseBytes: 2,
  durationUs: 3,
  atSeconds: 1_800_000_065,
  ...wish,
});

describe('the spool of answered calls', () => {
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tulou-spool-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function opened(files: SpoolFiles = diskFiles, bounds: Partial<typeof spoolBounds> = {}) {
    const clock = handClock();
    const closed: string[] = [];
    const faults: unknown[] = [];
    const spool = new Spool({
      folder,
      prefix: 'g-b-1',
      bounds: { ...spoolBounds, ...bounds },
      files,
      clock,
      onClosed: (id) => closed.push(id),
      onFault: (fault) => faults.push(fault),
    });
    return { spool, clock, closed, faults };
  }
  const names = (): string[] => readdirSync(folder).toSorted();
  const rows = () =>
    names()
      .filter((name) => name.endsWith(closedSuffix) || name.endsWith(openSuffix))
      .flatMap((name) => addUp(readFileSync(join(folder, name))).rows);
  const counted = (): number => rows().reduce((sum, row) => sum + row.requests, 0);

  it('has a call in its file when commit returns, whichever process is killed after that', () => {
    const { spool } = opened();
    spool.commit([event()]);
    assert.equal(counted(), 1);
    spool.commit([event(), event()]);
    assert.equal(counted(), 3);
  });

  it('sums any calls by minute, parties, operation, key and status', () => {
    const someone = fc.integer({ min: 1, max: 3 });
    const call = fc.record({
      who: someone,
      operation: fc.option(fc.constantFrom('list', 'get')),
      key: fc.option(someone),
      status: fc.constantFrom(200, 404, 429),
      bytes: fc.integer({ min: 0, max: 2 ** 40 }),
      seconds: fc.integer({ min: 0, max: 200 }),
    });
    fc.assert(
      fc.property(fc.array(fc.array(call, { maxLength: 10 }), { maxLength: 10 }), (turns) => {
        const { spool } = opened();
        const known = new Map<string, Interned>();
        const name = (text: string): Interned =>
          known.get(text) ?? known.set(text, interned(text)).get(text) ?? interned(text);
        const sums = new Map<string, number[]>();
        for (const turn of turns) {
          spool.commit(
            turn.map(({ who, operation, key, status, bytes, seconds }) => {
              const atSeconds = 1_800_000_000 + seconds;
              const minute = atSeconds - (atSeconds % 60);
              const label = [minute, `ten_${who}`, operation, key === null ? null : `key_${key}`, status].join();
              const [calls = 0, sum = 0] = sums.get(label) ?? [];
              sums.set(label, [calls + 1, sum + bytes]);
              return event({
                parties: name(textOf(who)),
                operation: operation === null ? undefined : name(operation),
                key: key === null ? undefined : name(`key_${key}`),
                status,
                requestBytes: bytes,
                atSeconds,
              });
            }),
          );
        }
        const got = rows().map((row) => [
          [row.minute, row.consumer, row.operation, row.key, row.status].join(),
          [row.requests, row.request_bytes],
        ]);
        assert.deepEqual(new Map(got as [string, number[]][]), sums);
        for (const file of names()) rmSync(join(folder, file));
      }),
      { numRuns: 50 },
    );
  });

  it('reads the intact part of a file that was cut at any byte, and nothing else', () => {
    const { spool } = opened();
    const ends = [0];
    for (let n = 1; n <= 5; n += 1) {
      spool.commit(Array.from({ length: n }, () => event({ parties: parties(n) })));
      ends.push(readFileSync(join(folder, names()[0] ?? '')).length);
    }
    const bytes = readFileSync(join(folder, names()[0] ?? ''));
    for (let size = 0; size <= bytes.length; size += 1) {
      const whole = ends.filter((end) => end <= size).length - 1;
      const { calls, torn } = addUp(bytes.subarray(0, size));
      assert.equal(calls, (whole * (whole + 1)) / 2);
      assert.equal(torn, !ends.includes(size));
    }
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      const whole = ends.filter((end) => end <= at).length - 1;
      assert.equal(addUp(damaged).calls, (whole * (whole + 1)) / 2);
    }
  });

  it('closes a segment that is a second old, and one that is full', async () => {
    const { spool, clock, closed } = opened(diskFiles, { callsPerSegmentMax: 3 });
    spool.commit([event()]);
    clock.tick(500);
    spool.commit([event()]);
    clock.tick(600);
    spool.commit([event(), event(), event()]);
    spool.commit([event()]);
    await spool.close();
    assert.deepEqual(closed.toSorted(), ['g-b-1-1', 'g-b-1-2', 'g-b-1-3']);
    assert.deepEqual(names(), ['g-b-1-1.seg', 'g-b-1-2.seg', 'g-b-1-3.seg']);
    assert.equal(counted(), 6);
  });

  it('makes no file where there are no calls', async () => {
    const { spool, clock } = opened();
    for (let i = 0; i < 10; i += 1) clock.tick(1000);
    await spool.close();
    assert.deepEqual(names(), []);
  });

  describe('on a disk that is full', () => {
    /** Accepts `room` bytes and then refuses, if necessary in the middle of a write. */
    function smallDisk() {
      const disk = { room: Infinity };
      const files: SpoolFiles = {
        ...diskFiles,
        write(file, bytes, from) {
          if (disk.room === 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
          const taken = diskFiles.write(file, bytes.subarray(0, Math.min(bytes.length, from + disk.room)), from);
          disk.room -= taken;
          return taken;
        },
      };
      return { disk, files };
    }

    it('serves on and keeps calls in memory, and writes every one of them when there is room again', async () => {
      const { disk, files } = smallDisk();
      const { spool, clock, faults } = opened(files);
      const who = [parties(1), parties(2), parties(3)];
      let calls = 0;
      const commit = (): void => {
        calls += 1;
        spool.commit([event({ parties: who[calls % 3] ?? parties(9) })]);
      };
      for (let i = 0; i < 10; i += 1) commit();
      disk.room = 50;
      for (let i = 0; i < 20; i += 1) commit();
      assert.equal(faults.length, 1);
      assert.ok(spool.pending > 0);
      assert.equal(spool.full, false);
      assert.equal(counted() + spool.pending, calls);
      clock.tick(600);
      assert.equal(counted() + spool.pending, calls);
      disk.room = Infinity;
      clock.tick(600);
      assert.equal(spool.pending, 0);
      for (let i = 0; i < 5; i += 1) commit();
      await spool.close();
      assert.equal(counted(), calls);
      assert.deepEqual(new Set(rows().map(({ consumer }) => consumer)), new Set(['ten_1', 'ten_2', 'ten_3']));
    });

    it('reports that it is full above its bound, and no longer when the calls have been written', () => {
      const { disk, files } = smallDisk();
      const { spool, clock } = opened(files, { pendingMax: 10 });
      disk.room = 0;
      for (let i = 0; i < 9; i += 1) spool.commit([event()]);
      assert.equal(spool.full, false);
      spool.commit([event()]);
      assert.equal(spool.full, true);
      disk.room = Infinity;
      clock.tick(600);
      assert.equal(spool.full, false);
      assert.equal(counted(), 10);
    });

    // Linux has a device that is always full.
    if (existsSync('/dev/full')) {
      it('behaves so on a real device', () => {
        let full = true;
        const { spool, clock, faults } = opened({
          ...diskFiles,
          open: (path) => (full ? openSync('/dev/full', 'w') : diskFiles.open(path)),
        });
        spool.commit([event(), event()]);
        assert.equal((faults[0] as NodeJS.ErrnoException).code, 'ENOSPC');
        assert.equal(spool.pending, 2);
        full = false;
        clock.tick(600);
        assert.equal(spool.pending, 0);
        assert.equal(counted(), 2);
      });
    }
  });
});
