/** A backup of a database, restored into an empty one: all of it or nothing. */
import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readConfig } from '../../src/config.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { openLog } from '../../src/kernel/log.ts';
import { OperatorError } from '../../src/kernel/operator-error.ts';
import { systemRandom as random } from '../../src/kernel/random.ts';
import { verify } from '../../src/store/backup/format.ts';
import { openPool } from '../../src/store/pool.ts';
import { makeBackup, type Backup } from '../../src/up/backup.ts';
import { ensureMasterKey, holdMasterKey, readMasterKey } from '../../src/up/master-key.ts';
import { restoreBackup } from '../../src/up/restore.ts';
import { readFeed, Replica } from '../control/feed.ts';
import { startTestControl, type TestControl } from '../control/fixture.ts';
import { make, makeDeveloper, makeProvider, subscribe } from '../control/nouns.ts';
import type { TestDatabase } from '../harness.ts';
import { contentsOf, openEmptyDatabase } from './databases.ts';

const log = openLog('test', 'silent');
let control: TestControl;
let folder: string;
let full: Backup;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tulou-backup-'));
  control = await startTestControl();
  await ensureMasterKey(join(folder, 'master.key'), random);
  const key = await readMasterKey(join(folder, 'master.key'));
  await holdMasterKey('', key, { store: control.database.store, clock, opens: () => true });
  await makeProvider(control.call, 'seller', { description: 'a\ttab, a \\ backslash, \\N, “quotes”, 中文,\n a line' });
  await makeDeveloper(control.call, 'buyer');
  await subscribe(control.call, 'buyer', 'seller');
  full = await backupTo('full.tulou');
});
after(async () => {
  await control.stop();
  await rm(folder, { recursive: true, force: true });
});

const configOf = (url: string, data = folder): ReturnType<typeof readConfig> =>
  readConfig({ data }, { TULOU_DATABASE_URL: url });

const backupTo = (name: string, withMasterKey = false, signal = new AbortController().signal): Promise<Backup> =>
  makeBackup(
    { config: configOf(control.database.url), file: join(folder, name), withMasterKey, version: '0.1.0' },
    { clock, log, progress: () => undefined, signal },
  );

const restore = (into: TestDatabase, file: string, replace = false, data = folder): Promise<unknown> =>
  restoreBackup(
    { config: configOf(into.url, data), file: join(folder, file), replace },
    { clock, log, progress: () => undefined, confirm: () => Promise.resolve(replace) },
  );

const code = (expected: string) => (error: unknown) => {
  assert.ok(error instanceof OperatorError, String(error));
  assert.equal(error.code, expected);
  assert.match(error.remedy, /\w/);
  return true;
};

async function within(work: (database: TestDatabase) => Promise<void>): Promise<void> {
  const database = await openEmptyDatabase();
  try {
    await work(database);
  } finally {
    await database.close();
  }
}

test('what was in the database is in the restored one, to the byte, and it serves', () =>
  within(async (empty) => {
    const before = await contentsOf(control.database.superuserUrl);
    const again = await backupTo('again.tulou');
    await restore(empty, 'again.tulou');
    assert.deepEqual(await contentsOf(empty.superuserUrl), before);
    assert.ok(again.rows > 20 && again.tables > 40, JSON.stringify(again));
    assert.equal((await stat(again.file)).mode & 0o777, 0o600);
    const second = await startTestControl(clock, { ...empty, close: () => Promise.resolve() });
    await make(second.call, '/tenants', { slug: 'after-it', name: 'After' });
    assert.equal((await second.call('GET', '/tenants/seller/audit/verify')).body['holds'], true);
    await second.stop();
  }));

test('a gateway that has seen more than the backup reads everything again, and never a number twice', () =>
  within(async (empty) => {
    const replica = new Replica();
    await restore(empty, 'full.tulou');
    await make(control.call, '/tenants', { slug: 'lost-later', name: 'Lost' });
    replica.apply(await readFeed(control));
    const restored = await startTestControl(clock, { ...empty, close: () => Promise.resolve() });
    // As many changes as the gateway had seen of the other history: the numbers alone look equal.
    for (let n = 0; n < 3; n += 1) await make(restored.call, '/tenants', { slug: `other-${n}`, name: 'Other' });
    const { head } = await replica.follow(restored);
    assert.equal(head.full, true);
    const fresh = new Replica();
    fresh.apply(await readFeed(restored));
    assert.deepEqual(new Set(replica.objects.keys()), new Set(fresh.objects.keys()));
    await restored.stop();
  }));

test('a backup under writes holds whole transactions only', () =>
  within(async (empty) => {
    const writing = new AbortController();
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let n = 0; !writing.signal.aborted; n += 1)
        await make(control.call, '/tenants', { slug: `w${writer}-${n}`, name: 'W' });
    });
    await Promise.all([0, 1, 2].map((n) => backupTo(`busy-${n}.tulou`)));
    writing.abort();
    await Promise.all(writers);
    await restore(empty, 'busy-2.tulou');
    const pool = openPool({ url: empty.superuserUrl, connectionsMax: 1 });
    const [row] = await pool`
      select (select count(*)::int from tenants) as tenants,
        (select count(*)::int from snapshot_objects where kind = 'tenant') as published,
        (select count(distinct tenant_id)::int from audit) as audited`;
    await pool.end();
    assert.ok(row !== undefined && row['tenants'] > 2);
    assert.deepEqual([row['published'], row['audited']], [row['tenants'], row['tenants']]);
  }));

test('without the right master key nothing is restored; a backup that has it brings it', () =>
  within(async (empty) => {
    const other = await mkdtemp(join(folder, 'other-'));
    await assert.rejects(restore(empty, 'full.tulou', false, other), code('master_key_missing'));
    await ensureMasterKey(join(other, 'master.key'), random);
    await assert.rejects(restore(empty, 'full.tulou', false, other), code('master_key_wrong'));
    await backupTo('with-key.tulou', true);
    await assert.rejects(restore(empty, 'with-key.tulou', false, other), code('master_key_wrong'));
    assert.deepEqual(await contentsOf(empty.superuserUrl), {}, 'nothing was changed');
    await rm(join(other, 'master.key'));
    await restore(empty, 'with-key.tulou', false, other);
    const right = await readFile(join(folder, 'master.key'), 'utf8');
    assert.equal(await readFile(join(other, 'master.key'), 'utf8'), right);
    assert.equal((await stat(join(other, 'master.key'))).mode & 0o777, 0o600);
    const text = (await verify(full.file)).masterKey;
    assert.equal(text, undefined, 'it is in no backup unless asked for');
  }));

test('a database that is not empty is left as it is, unless its removal is said and confirmed', () =>
  within(async (empty) => {
    await restore(empty, 'full.tulou');
    const before = await contentsOf(empty.superuserUrl);
    await assert.rejects(restore(empty, 'full.tulou'), code('database_not_empty'));
    const config = configOf(empty.url);
    const deps = { clock, log, progress: () => undefined, confirm: () => Promise.resolve(false) };
    await assert.rejects(restoreBackup({ config, file: full.file, replace: true }, deps), code('not_confirmed'));
    const pool = openPool({ url: empty.superuserUrl, connectionsMax: 1 });
    await pool`update tenants set name = 'changed'`;
    await pool.end();
    await restore(empty, 'full.tulou', true);
    assert.deepEqual(await contentsOf(empty.superuserUrl), before);
    const store = openPool({ url: empty.url, connectionsMax: 1 });
    await store`select 1`;
    await assert.rejects(restore(empty, 'full.tulou', true), code('database_in_use'));
    await store.end();
  }));

test('a file is never overwritten, and a backup that is broken off or cannot be written leaves nothing', async () => {
  await assert.rejects(backupTo('full.tulou'), code('file_exists'));
  await assert.rejects(backupTo('none/x.tulou'), code('backup_failed'));
  await assert.rejects(backupTo('off.tulou', false, AbortSignal.abort()), code('backup_failed'));
  const left = (await readdir(folder)).filter((name) => name.includes('unfinished') || name.startsWith('off'));
  assert.deepEqual(left, []);
});

/** mulberry32: the same damage on every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function harm(bytes: Buffer, chance: () => number): Buffer {
  const at = (): number => Math.floor(chance() * bytes.length);
  const [kind, from, to] = [Math.floor(chance() * 5), at(), at()];
  const copy = Buffer.from(bytes);
  if (kind === 0) copy.writeUInt8((copy[from] ?? 0) ^ (1 << Math.floor(chance() * 8)), from);
  if (kind === 1) return copy.subarray(0, from);
  if (kind === 2) return Buffer.concat([copy.subarray(0, Math.min(from, to)), copy.subarray(Math.max(from, to))]);
  if (kind === 3) copy.fill(0, from, Math.min(from + 512, copy.length));
  if (kind === 4) copy.copyWithin(from, to, Math.min(to + 64, copy.length));
  return copy;
}

test('a damaged or truncated file is named as such, whatever happened to it, before anything is changed', async () => {
  const whole = await readFile(full.file);
  const right = await verify(full.file);
  const path = join(folder, 'harmed.tulou');
  let refused = 0;
  for (let seed = 1; seed <= 300; seed += 1) {
    await writeFile(path, harm(whole, seeded(seed)));
    const read = await verify(path).catch((error: unknown) => error);
    if (read instanceof OperatorError) refused += Number(read.code === 'backup_damaged');
    // A bit of the time or the system in gzip's head says nothing about the content.
    else assert.deepEqual(read, right, `seed ${seed}`);
  }
  assert.ok(refused > 280, String(refused));
  await within(async (empty) => {
    await copyFile(full.file, path);
    await writeFile(path, whole.subarray(0, whole.length - 20));
    await assert.rejects(restore(empty, 'harmed.tulou'), code('backup_damaged'));
    assert.deepEqual(await contentsOf(empty.superuserUrl), {});
  });
});
