import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { systemClock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import { systemRandom } from '../../kernel/random.ts';
import { interned, partiesText, type UsageEvent } from './record.ts';
import { diskFiles, Spool, spoolBounds, type SpoolFiles } from './segment.ts';
import { sealingBoot, Shipper } from './ship.ts';

const parties = interned(
  partiesText({
    provider: 'ten_1',
    consumer: 'ten_2',
    api: 'api_1',
    version: 'ver_1',
    app: 'app_1',
    environment: 'live',
  }),
);
const event: UsageEvent = {
  parties,
  operation: undefined,
  key: undefined,
  code: undefined,
  status: 200,
  requestBytes: 1,
  responseBytes: 2,
  durationUs: 3,
  atSeconds: 1_800_000_065,
};
const prefix = `gwy_1-${sealingBoot}0123456789ab-1`;

describe('usage on its way to control', () => {
  let folder = '';
  let told: string[] = [];
  let counted = 0;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tulou-ship-'));
    told = [];
    counted = 0;
    ids.clear();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const note = (_fields: object, message: string): void => void told.push(message);
  const log: Log = { debug() {}, info() {}, warn: note, error: note, child: () => log };
  /** Accepts each id once, as control does. */
  const ids = new Set<string>();
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const id = url instanceof URL ? url.href : '';
    if (ids.has(id)) return new Response(null, { status: 204 });
    ids.add(id);
    const text = gunzipSync(init?.body as Uint8Array).toString();
    for (const row of (JSON.parse(text) as { rows: { requests: number }[] }).rows) counted += row.requests;
    return new Response(null, { status: 204 });
  };
  const opened = (): Shipper =>
    new Shipper(
      { folder, controlUrl: 'http://control.test', nodeToken: '' },
      { clock: systemClock, random: systemRandom, log, fetch },
    );
  /** A closed segment of `turns` calls, one frame each. Returns its path. */
  async function segment(turns: number): Promise<string> {
    const spool = open(diskFiles);
    for (let i = 0; i < turns; i += 1) spool.commit([event]);
    await spool.close();
    return join(folder, readdirSync(folder)[0] ?? '');
  }
  const open = (files: SpoolFiles, more: Partial<ConstructorParameters<typeof Spool>[0]> = {}): Spool =>
    new Spool({ folder, prefix, bounds: spoolBounds, files, clock: systemClock, onClosed() {}, onFault() {}, ...more });
  async function until(isDone: () => boolean): Promise<void> {
    while (!isDone()) await new Promise<void>((resolve) => setImmediate(resolve));
  }
  async function ship(shipper = opened()): Promise<Shipper> {
    shipper.recover('');
    const running = shipper.run();
    await until(() => shipper.segments === 0);
    shipper.stop();
    await running;
    return shipper;
  }
  const suffixes = (): string[] => readdirSync(folder).map((name) => name.replace(/^.*\./, '.'));

  it('is removed when control has it', async () => {
    await segment(5);
    const { damaged, callsShipped } = await ship();
    assert.deepEqual([damaged, callsShipped, counted, suffixes(), told], [0, 5, 5, [], []]);
  });

  const damages: Record<string, [(path: string, bytes: Buffer) => void, number]> = {
    'a flipped bit': [
      (path, bytes) =>
        writeFileSync(
          path,
          bytes.map((b, at) => (at === bytes.length - 70 ? b ^ 1 : b)),
        ),
      4,
    ],
    'an end that is cut off inside a frame': [(path, bytes) => truncateSync(path, bytes.length - 30), 4],
    'an end that is cut off between two frames': [(path, bytes) => truncateSync(path, bytes.length - 19 - 48), 4],
    'zeros where its end was': [(path, bytes) => writeFileSync(path, bytes.fill(0, bytes.length - 80)), 3],
    'its beginning once more': [(path, bytes) => writeFileSync(path, Buffer.concat([bytes, bytes])), 5],
  };
  for (const [name, [damage, left]] of Object.entries(damages)) {
    it(`with ${name} is counted as far as it can be read, kept, and said to be damaged`, async () => {
      const path = await segment(5);
      damage(path, readFileSync(path));
      const shipper = await ship();
      assert.equal(shipper.damaged, 1);
      assert.ok(counted <= left && counted >= left - 1, `${counted} counted`);
      assert.deepEqual(suffixes(), ['.damaged']);
      assert.match(told.join(' '), /is damaged: answered calls in it may be missing/);
      assert.doesNotMatch(told.join(' '), /never answered/);
      assert.equal((await ship()).damaged, 1, 'it is told at the next start too');
    });
  }

  it('of a killed process may end inside a frame: that call was never answered', async () => {
    const path = await segment(5);
    const bytes = readFileSync(path);
    rmSync(path);
    writeFileSync(path.replace(/seg$/, 'open'), bytes.subarray(0, bytes.length - 19 - 9));
    const { damaged } = await ship();
    assert.deepEqual([damaged, counted, suffixes()], [0, 4, []]);
  });

  it('that another program removes is reported, and delays nothing', async () => {
    const path = await segment(5);
    const shipper = opened();
    shipper.recover('');
    rmSync(path);
    await ship(shipper);
    assert.equal(shipper.missing, 1);
    assert.match(told.join(' '), /removed before control had it/);
  });

  it('goes from memory to control while the disk refuses, and is counted once when it takes it again', async () => {
    let full = true;
    const files: SpoolFiles = {
      ...diskFiles,
      open(path) {
        if (full) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
        return diskFiles.open(path);
      },
    };
    const shipper = opened();
    const running = shipper.run();
    const pending: number[] = [];
    let answer = (): void => undefined;
    const spool: Spool = open(files, {
      bounds: { ...spoolBounds, retryEveryMs: 1, syncEveryMs: 5 },
      onClosed: (id, sealed) => shipper.add(id, sealed),
      onHandedOver: (id, bytes) => shipper.hold(id, bytes, () => (answer = () => spool.taken(id))),
      onPending: (calls) => pending.push(calls),
    });
    spool.commit(Array.from({ length: 10 }, () => event));
    await until(() => shipper.callsShipped >= 10);
    // Control has the calls, but the thread does not know it yet when its disk works again.
    full = false;
    await until(() => spool.pending === 0);
    answer();
    await until(() => shipper.segments === 0);
    assert.equal(counted, 10);
    spool.commit([event]);
    await spool.close();
    assert.equal(pending.at(-1), 0);
    shipper.stop();
    await running;
    assert.ok(readdirSync(folder).every((name) => name.endsWith('.seg')));
  });
});
