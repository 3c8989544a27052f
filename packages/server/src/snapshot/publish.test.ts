import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { idFromUuid, limits, Problem } from '@tulou/contract';
import { systemClock } from '../kernel/clock.ts';
import { systemRandom, uuidV7 } from '../kernel/random.ts';
import { crossTenants } from '../store/store.ts';
import { fromJob } from '../tenancy/doors.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness.ts';
import { appChange, versionChange, type Owner } from './compile.ts';
import { publish } from './publish.ts';

let database: TestDatabase;
before(async () => void (database = await openTestDatabase()));
after(() => database.close());

function owner(): Owner {
  const tenantUuid = uuidV7(systemClock, systemRandom);
  return { tenantUuid, tenant: idFromUuid('tenant', tenantUuid) };
}

const scopeOf = ({ tenantUuid }: Owner) => fromJob({ tenant_id: tenantUuid, job: 'test', id: 'test' });
const app = (id: string) => ({ id, slug: 'app', state: 'active' as const, scopes: [], optional_scopes: [] });

function rows(key: string) {
  return database.store.system('test', ({ sql }) => {
    return sql<{ seq: number; object: { slug: string } | null }[]>`
      select seq, object from snapshot_objects where key = ${key}`;
  });
}

test('what a transaction publishes is there with its commit, all under one number', async () => {
  const own = owner();
  await database.store.tenant(scopeOf(own), async (tx) => {
    publish(tx, [appChange(own, app('app_one'))]);
    publish(tx, [appChange(own, app('app_two'))]);
    assert.equal((await tx.sql`select from snapshot_objects`).length, 0);
  });
  const [one] = await rows('app_one');
  const [two] = await rows('app_two');
  assert.ok(one !== undefined && one.seq === two?.seq);
});

test('of several changes of one object in a transaction the last one counts', async () => {
  const own = owner();
  await database.store.tenant(scopeOf(own), async (tx) => {
    publish(tx, [appChange(own, app('app_last'))]);
    publish(tx, [appChange(own, { ...app('app_last'), slug: 'renamed' })]);
  });
  assert.equal((await rows('app_last'))[0]?.object?.slug, 'renamed');
});

test('a transaction that fails publishes nothing and takes no number', async () => {
  const own = owner();
  const head = () => database.store.system('test', ({ sql }) => sql`select seq from snapshot_head`);
  const before = await head();
  const failing = database.store.tenant(scopeOf(own), async (tx) => {
    publish(tx, [appChange(own, app('app_failed'))]);
    await tx.sql`select 1 / 0`;
  });
  await assert.rejects(failing, /division by zero/);
  assert.equal((await rows('app_failed')).length, 0);
  assert.deepEqual(await head(), before);
});

test('a tenant’s transaction can’t publish for another tenant', async () => {
  const own = owner();
  const foreign = database.store.tenant(scopeOf(own), async (tx) =>
    publish(tx, [appChange(owner(), app('app_forged'))]),
  );
  await assert.rejects(foreign, /row-level security/);
  assert.equal((await rows('app_forged')).length, 0);
});

test('a tenant’s transaction can’t take over another tenant’s object', async () => {
  const victim = owner();
  await database.store.tenant(scopeOf(victim), async (tx) => publish(tx, [appChange(victim, app('app_victim'))]));
  const thief = owner();
  const stolen = { ...app('app_victim'), slug: 'stolen' };
  const theft = database.store.tenant(scopeOf(thief), async (tx) => publish(tx, [appChange(thief, stolen)]));
  await assert.rejects(theft, /row-level security/);
  assert.equal((await rows('app_victim'))[0]?.object?.slug, 'app');
});

test('a crossing publishes for the tenant that it reaches', async () => {
  const own = owner();
  const other = owner();
  await database.store.tenant(scopeOf(own), async (tx) => {
    publish(tx, [appChange(own, app('app_own'))]);
    await crossTenants(tx, 'test', async (crossing) => publish(crossing, [appChange(other, app('app_other'))]));
  });
  assert.equal((await rows('app_own')).length, 1);
  assert.equal((await rows('app_other')).length, 1);
});

test('after a crossing the transaction is its tenant’s again, also where the crossing failed', async () => {
  const own = owner();
  await database.store.tenant(scopeOf(own), async (tx) => {
    const role = async () => (await tx.sql`select current_user::text as role`)[0];
    const crossed = await crossTenants(tx, 'test', ({ sql }) => sql`select current_user::text as role`);
    assert.deepEqual({ ...crossed[0] }, { role: 'tulou_system' });
    assert.deepEqual({ ...(await role()) }, { role: 'tulou_tenant' });
    await assert.rejects(
      crossTenants(tx, 'test', () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.deepEqual({ ...(await role()) }, { role: 'tulou_tenant' });
  });
});

test('an object beyond the bound of the gateways refuses the write', async () => {
  const own = owner();
  const version = {
    id: 'ver_large',
    api_id: 'api_x',
    name: 'v1',
    state: 'live',
    access: 'open',
    strict: null,
    scoped: false,
    upstreams: [{ url: 'http://example.com', weight: 1 }],
    timeout_ms: 1,
    request_bytes_max: 1,
    deprecated_at: null,
    sunset_at: null,
  } as const;
  const operation = { id: 'x'.repeat(200), method: 'GET', path: '/' };
  const most = Math.floor((limits.snapshotObjectBytesMax * 0.8 - 1000) / (JSON.stringify(operation).length + 1));
  const write = (count: number) =>
    database.store.tenant(scopeOf(own), async (tx) => {
      publish(tx, [
        versionChange(
          own,
          version,
          Array.from({ length: count }, () => operation),
        ),
      ]);
    });
  await write(most - 10);
  await assert.rejects(
    write(most + 10),
    (error: unknown) => error instanceof Problem && error.code === 'invalid_request',
  );
});
