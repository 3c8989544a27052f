import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { openLog } from '../../kernel/log.ts';
import { openPool } from '../pool.ts';
import { openCluster, type Cluster } from './cluster.ts';
import { copyNative, findNativePackage, usableNative, whyNotRunning } from './native.ts';
import { findPlaces } from './places.ts';
import { databaseUser, parsePasswd, type OtherUser } from './user.ts';

const log = openLog('test', 'silent');
const asRoot = process.getuid?.() === 0;
let root: string;
let user: OtherUser | undefined;

before(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'tulou-embedded-')));
  await chmod(root, 0o711);
  user = await databaseUser(join(root, 'none'));
});
after(() => rm(root, { recursive: true, force: true }));

const clusterIn = (dir: string): Promise<Cluster> =>
  openCluster({ dir, fallback: join(root, 'fallback'), connectionsMax: 20, durable: false }, systemClock, log);

async function answer(url: string): Promise<unknown> {
  const pool = openPool({ url, connectionsMax: 1 });
  try {
    const [row] = await pool`select current_user as role, rolsuper as super from pg_roles where rolname = current_user`;
    return row;
  } finally {
    await pool.end();
  }
}

test('users are read from passwd as they stand there, negative ids too', () => {
  assert.deepEqual(
    parsePasswd('nobody:*:-2:-2:Unprivileged:/var/empty:/bin/false\n# note\n+::::::\nme:x:501:20::/:\n'),
    [
      { name: 'nobody', uid: -2, gid: -2 },
      { name: 'me', uid: 501, gid: 20 },
    ],
  );
});

test('a package whose links npm did not make, or that the database’s user may not read, is used through a copy', async () => {
  const found = await findNativePackage();
  const bare = join(root, 'bare');
  await copyNative(found.native, bare);
  for (const name of await readdir(join(bare, 'lib'))) {
    const path = join(bare, 'lib', name);
    if (await readlink(path).catch(() => undefined)) await rm(path);
  }
  const before = (await readdir(join(bare, 'lib'))).toSorted();
  assert.match((await whyNotRunning(bare, user)) ?? '', /libicu|libpq|shared librar|image not found/);
  const copies = join(root, 'copies');
  await mkdir(join(copies, 'native-0.0.1'), { recursive: true, mode: 0o755 });
  const native = await usableNative({ native: bare, version: '1.2.3' }, copies, user);
  assert.equal(native, join(copies, 'native-1.2.3'));
  assert.equal(await whyNotRunning(native, user), undefined);
  assert.deepEqual(await readdir(copies), ['native-1.2.3'], 'the copy of another version is gone');
  assert.deepEqual((await readdir(join(bare, 'lib'))).toSorted(), before, 'nothing was written where npm installed it');
  const { mtimeMs } = await stat(native);
  await usableNative({ native: bare, version: '1.2.3' }, copies, user);
  assert.equal((await stat(native)).mtimeMs, mtimeMs, 'it is made once');
});

test('files that only their owner can read are copied so that the database’s user can', async () => {
  const closed = join(root, 'closed');
  await mkdir(join(closed, 'bin'), { recursive: true });
  await mkdir(join(closed, 'lib'));
  await writeFile(join(closed, 'bin', 'postgres'), '#!/bin/sh\n', { mode: 0o700 });
  await writeFile(join(closed, 'pg-symlinks.json'), '[]', { mode: 0o600 });
  await copyNative(closed, join(root, 'opened'));
  assert.equal((await stat(join(root, 'opened', 'bin', 'postgres'))).mode & 0o777, 0o755);
  assert.equal((await stat(join(closed, 'bin', 'postgres'))).mode & 0o777, 0o700);
});

test('where the database’s user cannot enter the data directory, its files are elsewhere, and found again', async () => {
  const dir = join(root, 'closed-home', 'data');
  await mkdir(dir, { recursive: true });
  await chmod(join(root, 'closed-home'), 0o700);
  const fallback = join(root, 'var');
  const places = await findPlaces(dir, fallback, log);
  assert.equal(places.root.startsWith(asRoot ? fallback : dir), true, places.root);
  assert.deepEqual(await findPlaces(dir, fallback, log), places);
  if (places.root.startsWith(dir)) return;
  assert.equal((await readFile(join(dir, 'postgres.location'), 'utf8')).trim(), places.root);
  await rm(places.root, { recursive: true });
  await assert.rejects(findPlaces(dir, fallback, log), { code: 'database_missing', remedy: /Put the directory back/ });
});

test('a path too long for a socket gets a private directory that is kept, and not one that another could have made', async () => {
  const dir = join(root, 'x'.repeat(110));
  await mkdir(dir, { mode: 0o711 });
  const places = await findPlaces(dir, root, log);
  const { mode } = await stat(places.sockets);
  assert.equal(mode & 0o777, 0o700);
  assert.ok(Buffer.byteLength(join(places.sockets, '.s.PGSQL.5432')) <= 103);
  assert.equal((await findPlaces(dir, root, log)).sockets, places.sockets);
  await chmod(places.sockets, 0o777);
  const moved = await findPlaces(dir, root, log);
  assert.notEqual(moved.sockets, places.sockets);
  for (const path of [places.sockets, moved.sockets]) await rm(path, { recursive: true });
});

test('PostgreSQL starts, serves the program as no superuser, stops, and starts again after every kind of end', async () => {
  const dir = join(root, 'data');
  await mkdir(dir, { mode: 0o711 });
  const cluster = await clusterIn(dir);
  let running = await cluster.start();
  assert.deepEqual(await answer(cluster.url), { role: 'tulou', super: false });
  assert.deepEqual(await answer(cluster.superuserUrl), { role: 'postgres', super: true });
  await running.stop();

  const lock = join(dir, 'postgres', 'data', 'postmaster.pid');
  // As after a power cut: the lock file names a process that is something else by now.
  const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  const bystander = spawn('sleep', ['600'], { stdio: 'ignore', ...identity });
  await writeFile(lock, `${bystander.pid}\n${dir}/postgres/data\n`);
  if (user !== undefined) await chown(lock, user.uid >>> 0, user.gid >>> 0);
  running = await cluster.start();
  assert.equal(bystander.exitCode, null, 'the other process was left alone');
  bystander.kill();
  assert.deepEqual(await answer(cluster.url), { role: 'tulou', super: false });

  // Killed as it runs: recovery, and a socket that is still there.
  process.kill(Number.parseInt(await readFile(lock, 'utf8'), 10), 'SIGKILL');
  await running.ended;
  running = await cluster.start();
  assert.deepEqual(await answer(cluster.url), { role: 'tulou', super: false });
  await running.stop();
});

test('data of another major version is left as it is', async () => {
  const dir = join(root, 'old');
  const data = join(dir, 'postgres', 'data');
  await mkdir(data, { recursive: true, mode: 0o711 });
  await writeFile(join(data, 'PG_VERSION'), '17\n');
  const cluster = await clusterIn(dir);
  await assert.rejects(cluster.start(), {
    code: 'postgres_version',
    message: /PostgreSQL 17/,
    remedy: /Start the Tulou that made it/,
  });
  assert.deepEqual(await readdir(data), ['PG_VERSION']);
});
