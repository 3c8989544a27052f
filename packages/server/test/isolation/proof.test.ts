/**
 * The test of the isolation test: it finds an operation that forgets its tenant, and a table without protection by the
 * database.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { operation, Problem } from '@tulou/contract';
import { id, none, tenantParams } from '@tulou/contract/operations/shared';
import { z } from 'zod';
import { bind, on, type Binding, type Handler } from '../../src/operations/handler.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { newId } from '../../src/kernel/random.ts';
import { plane } from '../../src/operations/plane.ts';
import { openPool } from '../../src/store/pool.ts';
import { planes } from '../../src/planes.ts';
import { startTestControl, type TestControl, type TestTenant } from '../control/fixture.ts';
import { schemaViolations } from '../store/schema.ts';
import { runMatrix, type Difference } from './matrix.ts';
import { ghostOf, populate } from './world.ts';

const widget = z.object({ id: id('app'), note: z.string() });
const widgetParams = tenantParams.extend({ widget: z.string() });

const widgets = {
  create: operation({
    id: 'widgets.create',
    method: 'POST',
    path: '/tenants/{tenant}/widgets',
    summary: 'A fixture',
    access: 'developer',
    params: tenantParams,
    query: none,
    body: z.object({}),
    output: widget,
    status: 201,
  }),
  get: operation({
    id: 'widgets.get',
    method: 'GET',
    path: '/tenants/{tenant}/widgets/{widget}',
    summary: 'A fixture',
    access: 'viewer',
    params: widgetParams,
    query: none,
    body: undefined,
    output: widget,
    status: 200,
  }),
};

const makeWidget: Handler<typeof widgets.create> = (scope, _input, { clock, random }, call) =>
  call.commit(async (tx) => {
    const after = { id: newId('app', clock, random), note: 'mine' };
    await tx.sql`insert into widgets (tenant_id, id, note) values (${scope.tenantUuid}, ${after.id}, ${after.note})`;
    return { output: after, target: after.id, before: null, after };
  });

type Row = z.output<typeof widget>;

/** Forgets its tenant, in a transaction that sees all of them. */
const readAsPlatform: Handler<typeof widgets.get> = (_scope, { params }, { store }) =>
  store.system('a fixture', async ({ sql }) =>
    first(await sql<Row[]>`select id, note from widgets where id = ${params.widget}`),
  );

/** Forgets its tenant too, but in its tenant's transaction: the database prevents it if the table is protected. */
const readForgetful: Handler<typeof widgets.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async ({ sql }) =>
    first(await sql<Row[]>`select id, note from widgets where id = ${params.widget}`),
  );

function first(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

let control: TestControl;
let alice: TestTenant;
let bob: TestTenant;

before(async () => {
  const now = systemClock.now();
  control = await startTestControl({ ...systemClock, now: () => now });
  [alice, bob] = [await control.makeTenant('tenant-a'), await control.makeTenant('tenant-b')];
});
after(() => control.stop());

test('an operation that forgets its tenant is found', async () => {
  await makeTable('protected');
  const differences = await probeWidgets(readAsPlatform);
  assert.ok(differences.length > 0);
  assert.deepEqual([...new Set(differences.map(({ operation: found }) => found))], ['widgets.get']);
  assert.match(differences[0]?.foreign ?? '', /^\[200/);
});

test('the same forgetfulness in a tenant’s transaction is held back by the database', async () => {
  await makeTable('protected');
  assert.deepEqual(await probeWidgets(readForgetful), []);
});

test('where the table has no forced row-level security, both the probes and the catalogue say so', async () => {
  await makeTable('open');
  const differences = await probeWidgets(readForgetful);
  assert.deepEqual([...new Set(differences.map(({ operation: found }) => found))], ['widgets.get']);
  const violations = await control.database.store.system('test', ({ sql }) => schemaViolations(sql));
  assert.ok(violations.includes('widgets: row-level security is not forced'), violations.join());
});

/** A control with the fixture's plane beside the real ones, probed for its operations. */
async function probeWidgets(read: Handler<typeof widgets.get>): Promise<readonly Difference[]> {
  const bindings: readonly Binding[] = [on(widgets.create, makeWidget), on(widgets.get, read)];
  const fixture = plane({
    ...{ name: 'widgets', settings: {}, tables: ['widgets'], reads: [], kinds: [], metrics: {}, needs: [], gives: [] },
    serve: async () => ({ serve: (ground) => ({ operations: bind(ground, bindings), offers: {} }) }),
  });
  const shared = { ...control.database, close: () => Promise.resolve() };
  const { call, stop } = await startTestControl(systemClock, shared, [], [...planes, fixture]);
  try {
    const operations = bindings.map((binding) => binding.operation);
    const own = await populate(operations, alice, 'seed-of-a', call);
    const foreign = await populate(operations, bob, 'seed-of-b', call);
    const credentials = [{ name: 'viewer', token: alice.tokens.viewer }];
    const { differences } = await runMatrix(operations, { own, foreign, ghost: ghostOf(foreign) }, credentials, call);
    return differences;
  } finally {
    await stop();
  }
}

async function makeTable(kind: 'protected' | 'open'): Promise<void> {
  const pool = openPool({ url: control.database.superuserUrl, connectionsMax: 1 });
  const policy = "tenant_id = current_setting('app.tenant')::uuid";
  try {
    await pool.unsafe(`
      drop table if exists widgets;
      create table widgets (tenant_id uuid not null, id text not null, note text not null, primary key (tenant_id, id));
      grant select, insert on widgets to tulou_tenant, tulou_system;
    `);
    if (kind === 'open') return;
    await pool.unsafe(`
      alter table widgets enable row level security;
      alter table widgets force row level security;
      create policy tenant_isolation on widgets to tulou_tenant using (${policy}) with check (${policy});
      create policy system_all on widgets to tulou_system using (true) with check (true);
    `);
  } finally {
    await pool.end();
  }
}
