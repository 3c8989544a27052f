/** Control while PostgreSQL is away: the real one, stopped and started. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '../../src/kernel/clock.ts';
import { openLog } from '../../src/kernel/log.ts';
import { openCluster, type Cluster } from '../../src/store/embedded/cluster.ts';
import { migrate, ownMigrations } from '../../src/store/migrate.ts';
import { openPool } from '../../src/store/pool.ts';
import { openStore } from '../../src/store/store.ts';
import { startTestControl, type TestControl, type TestTenant } from './fixture.ts';

let directory: string;
let cluster: Cluster;
let running: Awaited<ReturnType<Cluster['start']>>;
let control: TestControl;
let tenant: TestTenant;

before(async () => {
  directory = await realpath(await mkdtemp(join(tmpdir(), 'tulou-outage-')));
  await chmod(directory, 0o711);
  const log = openLog('test', 'error');
  const options = { dir: directory, fallback: directory, connectionsMax: 50, durable: false };
  cluster = await openCluster(options, systemClock, log);
  running = await cluster.start();
  const pool = openPool({ url: cluster.url, connectionsMax: 1 });
  await migrate(pool, await ownMigrations(), log);
  await pool.end();
  const store = openStore({ url: cluster.url, connectionsMax: 5 }, systemClock);
  const { url, superuserUrl } = cluster;
  control = await startTestControl(systemClock, { url, superuserUrl, store, close: () => store.close() });
  tenant = await control.makeTenant('acme');
});
after(async () => {
  await control.stop();
  await running.stop();
  await rm(directory, { recursive: true, force: true });
});

const status = async (path: string): Promise<number> => (await fetch(`${control.adminUrl}${path}`)).status;

test('while PostgreSQL is away calls are answered 503 with Retry-After, the process lives and is not ready', async () => {
  assert.deepEqual([await status('/healthz'), await status('/readyz')], [200, 200]);
  await running.stop();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => control.call('GET', `/tenants/${tenant.id}`, { token: tenant.tokens.owner })),
  );
  for (const answer of answers) {
    assert.deepEqual([answer.status, answer.body['code'], answer.body['fault']], [503, 'unavailable', 'platform']);
    assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
    assert.doesNotMatch(answer.text, /postgres|ECONN|ENOENT|socket/i);
  }
  const write = await control.call('POST', '/tenants', { body: { slug: 'later', name: 'Later' } });
  assert.equal(write.status, 503);
  assert.deepEqual([await status('/healthz'), await status('/readyz')], [200, 503]);
  const document = await fetch(`${control.url}/api/v1/openapi.json`);
  assert.equal(document.status, 200, 'what needs no database goes on');
});

test('it goes on by itself when PostgreSQL is back, with nothing lost', async () => {
  running = await cluster.start();
  const read = await control.call('GET', `/tenants/${tenant.id}`, { token: tenant.tokens.owner });
  assert.equal(read.status, 200);
  assert.equal(await status('/readyz'), 200);
  const write = await control.call('POST', '/tenants', { body: { slug: 'later', name: 'Later' } });
  assert.equal(write.status, 201);
});

test('a call in flight when PostgreSQL goes is answered, and did everything or nothing', async () => {
  const calls = Array.from({ length: 30 }, (_, i) =>
    control.call('POST', `/tenants/${tenant.id}/members`, {
      token: tenant.tokens.owner,
      body: { email: `m${i}@acme.test`, role: 'viewer' },
    }),
  );
  const stopped = running.stop();
  const answers = await Promise.all(calls);
  await stopped;
  running = await cluster.start();
  assert.ok(answers.every((answer) => answer.status === 201 || answer.status === 503));
  const members = await control.call<{ items: { id: string }[] }>('GET', `/tenants/${tenant.id}/members?limit=200`);
  const audit = await control.call<{ items: { operation: string }[] }>('GET', `/tenants/${tenant.id}/audit?limit=200`);
  const created = audit.body.items.filter(({ operation }) => operation === 'members.create').length;
  assert.equal(members.body.items.length, created, 'a row of the trail for each');
  assert.ok(members.body.items.length >= 4 + answers.filter((answer) => answer.status === 201).length);
  const verified = await control.call('GET', `/tenants/${tenant.id}/audit/verify`);
  assert.equal(verified.body['holds'], true);
});
