import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { InvariantError } from '../../src/kernel/assert.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { systemRandom as random, uuidV7 } from '../../src/kernel/random.ts';
import { openPool, type Pool, type Sql } from '../../src/store/pool.ts';
import { crossTenants, openStore, withinTenant, type Store } from '../../src/store/store.ts';
import { fromJob } from '../../src/tenancy/doors.ts';
import type { TenantScope } from '../../src/tenancy/scope.ts';
import { openTestDatabase, type TestDatabase } from '../harness.ts';

let database: TestDatabase;
/** As the program's role, outside of both doors; one connection, so that what follows gets the same again. */
let raw: Pool;

const scopeOf = (tenantUuid: string): TenantScope => fromJob({ tenant_id: tenantUuid, job: 'test', id: 'req' });
const one = scopeOf(uuidV7(clock, random));
const two = scopeOf(uuidV7(clock, random));

before(async () => {
  database = await openTestDatabase();
  const owner = openPool({ url: database.url, connectionsMax: 1 });
  await owner.unsafe(`
    create table notes (tenant_id uuid not null, id text not null, primary key (tenant_id, id));
    alter table notes enable row level security;
    alter table notes force row level security;
    create policy tenant_isolation on notes to tulou_tenant
      using (tenant_id = current_setting('app.tenant')::uuid) with check (tenant_id = current_setting('app.tenant')::uuid);
    create policy system_all on notes to tulou_system using (true) with check (true);
    grant select, insert, update, delete on notes to tulou_tenant, tulou_system`);
  await owner.end();
  raw = openPool({ url: database.url, connectionsMax: 1 });
  for (const scope of [one, two]) {
    await database.store.tenant(scope, ({ sql, tenantUuid }) => sql`insert into notes values (${tenantUuid}, 'a')`);
  }
});

after(async () => {
  await raw.end();
  await database.close();
});

const tenantsSeen = async (store: Store, scope: TenantScope): Promise<readonly string[]> => {
  const rows = await store.tenant(
    scope,
    ({ sql }) => sql<{ tenant_id: string }[]>`select distinct tenant_id from notes`,
  );
  return rows.map((row) => row.tenant_id);
};

test('a tenant’s transaction sees its own rows and no others', async () => {
  assert.deepEqual(await tenantsSeen(database.store, one), [one.tenantUuid]);
  assert.deepEqual(await tenantsSeen(database.store, two), [two.tenantUuid]);
});

test('a tenant’s transaction cannot write, move, change or remove a row of another', async () => {
  const write = database.store.tenant(one, ({ sql }) => sql`insert into notes values (${two.tenantUuid}, 'b')`);
  await assert.rejects(write, { code: '42501' });
  const move = database.store.tenant(
    one,
    ({ sql }) => sql`update notes set tenant_id = ${two.tenantUuid}, id = 'moved'`,
  );
  await assert.rejects(move, { code: '42501' });
  const changed = await database.store.tenant(
    one,
    ({ sql }) => sql`update notes set id = 'x' where tenant_id = ${two.tenantUuid} returning id`,
  );
  assert.deepEqual([...changed], []);
  await database.store.tenant(one, ({ sql }) => sql`delete from notes where tenant_id = ${two.tenantUuid}`);
  assert.deepEqual(await tenantsSeen(database.store, two), [two.tenantUuid]);
});

test('the platform’s transaction sees all tenants', async () => {
  const rows = await database.store.system('test', ({ sql }) => sql`select from notes`);
  assert.equal(rows.length, 2);
});

test('the tenant’s role without a tenant sees nothing, on a fresh connection and on a used one', async () => {
  const asTenantWithout = (): Promise<unknown> =>
    raw.begin(async (sql) => {
      await sql`set local role tulou_tenant`;
      return sql`select from notes`;
    });
  await assert.rejects(asTenantWithout(), { code: '42704' });
  await raw.begin(async (sql) => {
    await sql.unsafe(`set local role tulou_tenant; set local app.tenant = '${one.tenantUuid}'`);
    assert.equal((await sql`select from notes`).length, 1);
  });
  await assert.rejects(asTenantWithout(), { code: '22P02' });
});

test('a statement outside of the two transactions sees no row, though its role owns the table', async () => {
  assert.equal((await raw`select from notes`).length, 0);
});

test('resetting the role inside a tenant’s transaction does not widen what it sees', async () => {
  for (const widen of ['reset role', 'set local role none', 'set session authorization default']) {
    const rows = await database.store.tenant(one, async ({ sql }) => {
      await sql.unsafe(widen);
      return sql`select from notes`;
    });
    assert.equal(rows.length, 0, widen);
  }
});

test('a tenant’s transaction cannot turn row-level security off', async () => {
  const off = database.store.tenant(one, async ({ sql }) => {
    await sql`set local row_security = off`;
    return sql`select from notes`;
  });
  await assert.rejects(off, { code: '42501' });
  const altered = database.store.tenant(one, ({ sql }) => sql`alter table notes disable row level security`);
  await assert.rejects(altered, { code: '42501' });
});

test('work that goes on after a failed query is not taken for committed', async () => {
  const hidden = database.store.tenant(one, async ({ sql }) => {
    await sql`insert into notes values (${one.tenantUuid}, 'lost')`;
    await sql`select 1 / 0`.catch(() => undefined);
  });
  await assert.rejects(hidden, InvariantError);
  const kept = await database.store.tenant(one, ({ sql }) => sql`select from notes where id = 'lost'`);
  assert.equal(kept.length, 0);
});

test('a look-alike of a scope opens no transaction', async () => {
  const lookAlike = { tenantUuid: two.tenantUuid } as unknown as TenantScope;
  await assert.rejects(
    database.store.tenant(lookAlike, async () => undefined),
    InvariantError,
  );
});

test('transactions of two tenants, interleaved on few connections, never see each other’s rows', async () => {
  const store = openStore({ url: database.url, connectionsMax: 3 }, clock);
  const rounds = Array.from({ length: 400 }, (_, index) => (index % 3 === 0 ? two : one));
  const seen = await Promise.all(
    rounds.map((scope, index) =>
      store.tenant(scope, async ({ sql, tenantUuid }) => {
        await sql`insert into notes values (${tenantUuid}, ${`round-${index}`})`;
        if (index % 7 === 0) await sql`select pg_sleep(0.001)`;
        return sql<{ tenant_id: string }[]>`select distinct tenant_id from notes`;
      }),
    ),
  );
  seen.forEach((rows, index) => assert.deepEqual([...rows], [{ tenant_id: rounds[index]?.tenantUuid }]));
  await store.close();
});

test('a bigint that a number cannot hold is refused, not rounded', async () => {
  await assert.rejects(
    database.store.system('test', ({ sql }) => sql`select 9007199254740993 as n`),
    RangeError,
  );
});

test('an announcement wakes who listens', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let wakes = 0;
  const unlisten = await database.store.listen('tulou_test', () => (wakes += 1) === 2 && resolve());
  await database.store.system('test', ({ sql }) => sql`notify tulou_test`);
  await promise;
  await unlisten();
});

test('a part of a transaction in the scope of another tenant sees that tenant only, and what follows is as before', async () => {
  const seen = async ({ sql }: { readonly sql: Sql }): Promise<readonly string[]> => {
    const rows = await sql<{ tenant_id: string }[]>`select distinct tenant_id from notes order by tenant_id`;
    return rows.map((row) => row.tenant_id);
  };
  const both = [one.tenantUuid, two.tenantUuid].toSorted();
  const asPlatform = await database.store.system('test', async (tx) => [
    await withinTenant(tx, two, seen),
    await withinTenant(tx, one, (own) => withinTenant(own, two, seen)),
    await seen(tx),
  ]);
  assert.deepEqual(asPlatform, [[two.tenantUuid], [two.tenantUuid], both]);
  const asTenant = await database.store.tenant(one, async (tx) => [
    await withinTenant(tx, two, seen),
    await seen(tx),
    await crossTenants(tx, 'test', (all) => withinTenant(all, two, seen)),
    await seen(tx),
    await crossTenants(tx, 'test', seen),
    await seen(tx),
  ]);
  assert.deepEqual(asTenant, [
    [two.tenantUuid],
    [one.tenantUuid],
    [two.tenantUuid],
    [one.tenantUuid],
    both,
    [one.tenantUuid],
  ]);
});

test('queries of two scopes that are sent together each run in their own', async () => {
  const count = ({ sql }: { readonly sql: Sql }) =>
    sql<{ tenant_id: string }[]>`select distinct tenant_id from notes`.execute();
  const found = await database.store.system('test', async (tx) => {
    const [a, b] = await Promise.all([withinTenant(tx, one, count), withinTenant(tx, two, count)]);
    return [...a, ...b].map((row) => row.tenant_id);
  });
  assert.deepEqual(found, [one.tenantUuid, two.tenantUuid]);
});

test('a part of a transaction that fails undoes all of it, and the error is its own', async () => {
  const work = database.store.tenant(one, async (tx) => {
    await tx.sql`insert into notes values (${one.tenantUuid}, 'undone')`;
    await withinTenant(tx, two, ({ sql }) => sql`insert into notes values (${one.tenantUuid}, 'foreign')`);
  });
  await assert.rejects(work, { code: '42501' });
  const refused = database.store.tenant(one, async (tx) => {
    await tx.sql`insert into notes values (${one.tenantUuid}, 'undone')`;
    await withinTenant(tx, two, () => Promise.reject(new Error('no')));
  });
  await assert.rejects(refused, /^Error: no$/);
  const rows = await database.store.tenant(one, ({ sql }) => sql`select from notes where id = 'undone'`);
  assert.equal(rows.length, 0);
});

test('a look-alike of a scope enters no part of a transaction', async () => {
  const lookAlike = { tenantUuid: two.tenantUuid } as unknown as TenantScope;
  const work = database.store.tenant(one, (tx) => withinTenant(tx, lookAlike, async () => undefined));
  await assert.rejects(work, InvariantError);
});
