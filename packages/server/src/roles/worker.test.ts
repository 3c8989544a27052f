import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { idFromUuid, uuidFromId, type Operation, type SnapshotOf } from '@tulou/contract';
import { operations as nouns } from '@tulou/contract/operations/index';
import { present, publish } from '../snapshot/publish.ts';
import { openMetrics } from '../kernel/metrics.ts';
import { readSettings } from '../kernel/settings.ts';
import { groundJobs } from '../operations/jobs.ts';
import { planes } from '../planes.ts';
import { openWorked } from './planes.ts';
import { systemClock } from '../kernel/clock.ts';
import { openLog } from '../kernel/log.ts';
import { systemRandom } from '../kernel/random.ts';
import { tablesNamingTenants, tenantTables } from '../store/tenant-tables.ts';
import { readFeed } from '../../test/control/feed.ts';
import { startTestControl, type TestControl } from '../../test/control/fixture.ts';
import { populate } from '../../test/isolation/world.ts';
import type { Job } from '../store/job.ts';
import { claim, finish } from '../store/job-lease.ts';
import { runDueJobs, startWorker, workerMetrics, type WorkerDeps } from './worker.ts';

/** Time that a test can move on. */
let aheadMs = 0;
const days = 86_400_000;
const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };

let control: TestControl;
let deps: WorkerDeps;
let jobs: readonly Job[];
before(async () => {
  control = await startTestControl(clock);
  deps = {
    store: control.database.store,
    clock,
    random: systemRandom,
    log: openLog('worker', 'silent'),
    planes,
    read: (table) => readSettings(table, {}, {}),
  };
  const worked = await openWorked(deps, { ...deps, metrics: openMetrics() });
  jobs = [...groundJobs(deps), ...worked.jobs];
});
after(() => control.stop());

const runs = () => openMetrics().of(workerMetrics);
/** Runs jobs until none is due. */
async function work(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await runDueJobs(deps, 'test', runs(), jobs);
}

const countRows = (tenant: string): Promise<Record<string, number>> =>
  deps.store.system('test', async (tx) => {
    const uuid = uuidFromId('tenant', tenant) ?? '';
    const counts: Record<string, number> = {};
    const add = async (name: string, column: string): Promise<void> => {
      const [row] = await tx.sql<{ n: number }[]>`
        select count(*)::int as n from ${tx.sql(name)} where ${tx.sql(column)} = ${uuid}`;
      if ((row?.n ?? 0) > 0) counts[name] = row?.n ?? 0;
    };
    for (const { name } of await tenantTables(tx)) await add(name, 'tenant_id');
    for (const name of await tablesNamingTenants(tx)) await add(name, 'tenant');
    return counts;
  });

test('a denial is in the snapshot until no token can be meant by it, and the feed says that it goes', async () => {
  const until = Math.floor(clock.now() / 1000) + 300;
  const denial = (key: string): SnapshotOf<'denial'> => ({
    kind: 'denial',
    key,
    tenant: idFromUuid('tenant', '00000000-0000-0000-0000-000000000000'),
    before: until,
    until,
  });
  await deps.store.system('test', async (tx) =>
    publish(tx, [present(denial('grant:dead')), present(denial('grant:again'))]),
  );
  const read = async (): Promise<readonly string[]> => {
    const { changes } = await readFeed(control);
    return changes.filter(({ key, object }) => key.startsWith('grant:') && object !== null).map(({ key }) => key);
  };
  await work();
  assert.deepEqual((await read()).toSorted(), ['grant:again', 'grant:dead']);
  aheadMs += 10 * 60_000;
  await deps.store.system('test', async (tx) =>
    publish(tx, [present({ ...denial('grant:again'), until: until + 600 })]),
  );
  const seqBefore = (await readFeed(control)).head.seq;
  await work();
  assert.deepEqual(await read(), ['grant:again']);
  assert.equal((await readFeed(control)).head.seq, seqBefore + 1);
  await work();
  assert.equal((await readFeed(control)).head.seq, seqBefore + 1, 'where there is nothing to say nobody is woken');
});

test('a tenant whose grace is over is gone from every table but for a tombstone that keeps its slug', async () => {
  const tenant = await control.makeTenant('leaving');
  const stays = await control.makeTenant('staying');
  const operations = Object.values(nouns).flatMap((noun) => Object.values<Operation>(noun));
  await populate(operations, tenant, 'seed-of-a', control.call, control.reportCalls);
  await populate(operations, stays, 'seed-of-b', control.call, control.reportCalls);
  const before = await countRows(stays.id);
  await control.call('DELETE', `/tenants/${tenant.id}`);
  aheadMs += 29 * days;
  await work();
  assert.ok(((await countRows(tenant.id))['members'] ?? 0) > 0, 'still within its grace');
  aheadMs += 2 * days;
  await work();
  const { snapshot_objects: tombstones = 0, ...rest } = await countRows(tenant.id);
  assert.deepEqual(rest, { tenants: 1 });
  assert.ok(tombstones > 3);
  // Records of calls are over for everybody after a day, events after thirty.
  const { events: _, calls: __, ...lasting } = before;
  assert.deepEqual(await countRows(stays.id), lasting);
  assert.equal((await control.call('GET', `/tenants/${tenant.id}`)).status, 404);
  assert.equal((await control.call('GET', '/whoami', { token: tenant.tokens.owner })).status, 401);
  const again = await control.call('POST', '/tenants', { body: { slug: 'leaving', name: 'other' } });
  assert.equal(again.status, 409, 'the slug leads to nobody else yet');
});

test('gateways are told that a purged tenant’s objects are gone', async () => {
  await deps.store.system('test', async ({ sql }) => {
    const [row] = await sql<{ left: number }[]>`
      select count(*)::int as left from snapshot_objects s
        join tenants t on t.tenant_id = s.tenant where t.purged_at is not null and s.object is not null`;
    assert.equal(row?.left, 0);
  });
});

test('subscriptions that others had with a purged tenant have ended', async () => {
  const provider = await control.makeTenant('provider');
  const developer = await control.makeTenant('developer');
  const at = `/tenants/${provider.id}/apis`;
  await control.call('POST', at, { body: { slug: 'orders', name: 'Orders' } });
  await control.call('POST', `${at}/orders/versions`, {
    body: { name: 'v1', upstreams: [{ url: 'http://127.0.0.1:9' }] },
  });
  const limits = [{ requests: 1, per: 'minute' }];
  await control.call('POST', `${at}/orders/plans`, { body: { slug: 'free', name: 'Free', limits, approval: 'auto' } });
  await control.call('POST', `/tenants/${developer.id}/apps`, { body: { slug: 'shop', name: 'Shop' } });
  const body = { app: 'shop', api: 'provider/orders', plan: 'free' };
  const made = await control.call('POST', `/tenants/${developer.id}/subscriptions`, { body });
  assert.deepEqual([made.status, made.body['state']], [201, 'active'], made.text);
  await control.call('DELETE', `/tenants/${provider.id}`);
  aheadMs += 31 * days;
  await work();
  const read = await control.call('GET', `/tenants/${developer.id}/subscriptions/${String(made.body['id'])}`);
  assert.equal(read.body['state'], 'ended');
  const [row] = await deps.store.system(
    'test',
    ({ sql }) => sql<{ object: unknown }[]>`
      select object from snapshot_objects where kind = 'subscription' and key = ${String(made.body['id'])}`,
  );
  assert.equal(row?.object, null);
});

test('developers are told, once, that what a purged tenant had installed of theirs is revoked', async () => {
  const maker = await control.makeTenant('maker');
  const guest = await control.makeTenant('guest');
  const app = { slug: 'till', name: 'Till', visibility: 'public' };
  await control.call('POST', `/tenants/${maker.id}/apps`, { body: app });
  const made = await control.call('POST', `/tenants/${guest.id}/installations`, { body: { app: 'maker/till' } });
  assert.equal(made.status, 201, made.text);
  const told = async () => {
    const at = `/tenants/${maker.id}/events?type=installation.revoked`;
    return (await control.call<{ items: { target: string; data: Record<string, unknown> }[] }>('GET', at)).body.items;
  };
  await control.call('DELETE', `/tenants/${guest.id}`);
  assert.deepEqual(await told(), [], 'in its grace it may come back');
  aheadMs += 31 * days;
  await work();
  await work();
  assert.deepEqual(
    (await told()).map(({ target, data }) => [target, data['state'], data['installer']]),
    [[made.body['id'], 'revoked', 'guest']],
  );
});

test('a slug is free again after its quarantine', async () => {
  aheadMs += 91 * days;
  await work();
  const again = await control.call('POST', '/tenants', { body: { slug: 'leaving', name: 'other' } });
  assert.equal(again.status, 201);
});

test('an answer kept for an Idempotency-Key is gone after a day', async () => {
  const send = (slug: string) =>
    control.call('POST', '/tenants', { body: { slug, name: 'x' }, headers: { 'idempotency-key': 'day' } });
  assert.equal((await send('day-one')).status, 201);
  aheadMs += 1.1 * days;
  assert.equal((await send('day-two')).status, 201, 'no longer honoured, removed or not');
  await work();
  aheadMs += 1.1 * days;
  await work();
  const [row] = await deps.store.system(
    'test',
    ({ sql }) => sql<{ n: number }[]>`select count(*)::int as n from idempotency`,
  );
  assert.equal(row?.n, 0);
});

test('tombstones go after a whole period, and the floor rises over them', async () => {
  aheadMs += 8 * days;
  await work();
  aheadMs += 8 * days;
  await work();
  const [row] = await deps.store.system(
    'test',
    ({ sql }) => sql<{ left: number; floor: number; seq: number }[]>`
      select (select count(*)::int from snapshot_objects where object is null) as left, floor, seq from snapshot_head`,
  );
  assert.equal(row?.left, 0);
  assert.ok((row?.floor ?? 0) > 0 && (row?.floor ?? 0) <= (row?.seq ?? 0));
});

test('of many workers one does a job that is due', async () => {
  let done = 0;
  const job: Job = {
    name: 'counted',
    periodMs: 1000,
    work: async (mark) => {
      done += 1;
      return { mark: mark + 1, more: false };
    },
  };
  const all = () => Promise.all(Array.from({ length: 8 }, (_, i) => runDueJobs(deps, `worker-${i}`, runs(), [job])));
  await all();
  assert.equal(done, 1);
  aheadMs += 1000;
  await all();
  assert.equal(done, 2);
});

test('who has lost the lease can’t finish; a job whose worker died is taken over', async () => {
  const now = new Date(clock.now());
  const later = new Date(now.getTime() + 60_001);
  const first = await deps.store.system('test', (tx) => claim(tx, 'lost', 'a', now, 60_000));
  assert.equal(await deps.store.system('test', (tx) => claim(tx, 'lost', 'b', now, 60_000)), undefined);
  const second = await deps.store.system('test', (tx) => claim(tx, 'lost', 'b', later, 60_000));
  assert.ok(first !== undefined && second !== undefined && second.fence > first.fence);
  assert.equal(await deps.store.system('test', (tx) => finish(tx, first, later, later, 1)), false);
  assert.equal(await deps.store.system('test', (tx) => finish(tx, second, later, later, 1)), true);
});

test('a job that fails is tried again after a while, and does not hold up the others', async () => {
  let failed = 0;
  let others = 0;
  const table: Job[] = [
    { name: 'broken', periodMs: 1, work: async () => Promise.reject(new Error(`failure ${(failed += 1)}`)) },
    { name: 'whole', periodMs: 1, work: async (mark) => ({ mark: mark + (others += 1), more: false }) },
  ];
  await runDueJobs(deps, 'test', runs(), table);
  await runDueJobs(deps, 'test', runs(), table);
  assert.deepEqual([failed, others > 0], [1, true]);
  aheadMs += 60_000;
  await runDueJobs(deps, 'test', runs(), table);
  assert.equal(failed, 2);
});

test('artifacts of the identity server go when they have expired, and none before', async () => {
  const kinds = () =>
    deps.store.system('test', async ({ sql }) => {
      const rows = await sql<{ kind: string }[]>`select kind from identity_artifacts order by kind`;
      return rows.map(({ kind }) => kind);
    });
  await deps.store.system('test', async ({ sql }) => {
    const at = (ms: number): Date => new Date(clock.now() + ms);
    for (const [kind, expires] of [
      ['Early', at(60_000)],
      ['Late', at(days)],
    ] as const) {
      await sql`insert into identity_artifacts (tenant_id, kind, id_hash, secret_payload, expires_at)
        values (${uuidFromId('tenant', 'ten_00000000000000000000000000') ?? ''}, ${kind}, 'x', '{}', ${expires})`;
    }
  });
  aheadMs += 3_600_000;
  await work();
  assert.deepEqual(await kinds(), ['Late']);
});

test('where somebody was signed in is forgotten with the session', async () => {
  const nil = uuidFromId('tenant', 'ten_00000000000000000000000000') ?? '';
  const seen = new Date(clock.now());
  await deps.store.system('test', async ({ sql }) => {
    await sql`insert into users (tenant_id, id, email, name, locale, created_at, updated_at)
      values (${nil}, 'usr_1', 'ann@shop.test', 'Ann', 'en', ${seen}, ${seen})`;
    for (const uid of ['over', 'open']) {
      await sql`insert into sign_ins (tenant_id, uid_hash, user_id, agent, address, signed_in_at, seen_at)
        values (${nil}, ${uid}, 'usr_1', '', '192.0.2.1', ${seen}, ${seen})`;
      const expires = new Date(clock.now() + (uid === 'over' ? 60_000 : days));
      await sql`insert into identity_artifacts (tenant_id, kind, id_hash, uid_hash, secret_payload, expires_at)
        values (${nil}, 'Session', ${uid}, ${uid}, '{}', ${expires})`;
    }
  });
  aheadMs += 3_700_000;
  await work();
  const left = await deps.store.system(
    'test',
    ({ sql }) => sql<{ uid: string }[]>`select uid_hash as uid from sign_ins`,
  );
  assert.deepEqual(
    left.map(({ uid }) => uid),
    ['open'],
  );
});

test('the role starts, says that it is ready, and stops', async () => {
  const role = await startWorker({ admin: { host: '127.0.0.1', port: 0 } }, deps);
  const ready = await fetch(`${role.urls['admin']}/readyz`);
  assert.equal(ready.status, 200);
  const metrics = await fetch(`${role.urls['admin']}/metrics`);
  assert.match(await metrics.text(), /# TYPE tulou_worker_runs_total counter/);
  await role.stop();
  await assert.rejects(fetch(`${role.urls['admin']}/healthz`));
});
