/** The cost of another plane: its folder, and its line in the list of planes. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { renderMetrics, renderSettings } from '../../../../tools/reference/settings.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { openLog } from '../../src/kernel/log.ts';
import { openMetrics } from '../../src/kernel/metrics.ts';
import { systemRandom as random } from '../../src/kernel/random.ts';
import { readSettings } from '../../src/kernel/settings.ts';
import { plane } from '../../src/operations/plane.ts';
import { planes } from '../../src/planes.ts';
import { openWorked } from '../../src/roles/planes.ts';
import { runDueJobs, workerMetrics } from '../../src/roles/worker.ts';
import { openPool } from '../../src/store/pool.ts';
import { startTestControl, type TestControl, type TestTenant } from '../control/fixture.ts';
import { openTestDatabase, type TestDatabase } from '../harness.ts';
import { widgetsPlane } from './widgets/plane.ts';

const all = [...planes, widgetsPlane];
let database: TestDatabase;
let control: TestControl;
let acme: TestTenant;

before(async () => {
  database = await openTestDatabase();
  await makeTable(database.superuserUrl);
  control = await startTestControl(clock, database, [], all, { TULOU_WIDGET_NOTES: 'loud' });
  acme = await control.makeTenant('acme');
});
after(() => control.stop());

async function makeTable(url: string): Promise<void> {
  const pool = openPool({ url, connectionsMax: 1 });
  const policy = "tenant_id = current_setting('app.tenant')::uuid";
  await pool.unsafe(`
    create table widgets (tenant_id uuid not null, id text not null, note text not null, primary key (tenant_id, id));
    grant select, insert, update, delete on widgets to tulou_tenant, tulou_system;
    alter table widgets enable row level security;
    alter table widgets force row level security;
    create policy tenant_isolation on widgets to tulou_tenant using (${policy}) with check (${policy});
    create policy system_all on widgets to tulou_system using (true) with check (true);`);
  await pool.end();
}

const make = (note: string) =>
  control.call<{ id: string; note: string }>('POST', '/tenants/acme/widgets', {
    token: acme.tokens.developer,
    body: { note },
  });

test('its operations are served with everything that others have: scope, audit, document, and its setting', async () => {
  const { status, body, text } = await make('hello');
  assert.deepEqual([status, body.note], [201, 'HELLO'], text);
  const read = await control.call('GET', `/tenants/acme/widgets/${body.id}`, { token: acme.tokens.viewer });
  assert.deepEqual(read.body, body);
  const audit = await control.call<{ items: { operation: string; target: string }[] }>('GET', '/tenants/acme/audit');
  assert.ok(audit.body.items.some(({ operation, target }) => operation === 'widgets.create' && target === body.id));
  const document = await control.call('GET', '/openapi.json', { token: '' });
  assert.match(document.text, /\/tenants\/\{tenant\}\/widgets/);
});

test('its route and its metric are on the listeners of the role', async () => {
  assert.equal(await (await fetch(`${control.url}/widgets.txt`)).text(), 'widgets\n');
  const metrics = await (await fetch(`${control.adminUrl}/metrics`)).text();
  assert.match(metrics, /^tulou_widgets_created_total [1-9]/m);
});

test('its job runs in the worker', async () => {
  const { body } = await make('');
  const deps = { store: database.store, clock, random, log: openLog('worker', 'silent') };
  const metrics = openMetrics();
  const worked = await openWorked(deps, { planes: all, metrics, read: (table) => readSettings(table, {}, {}) });
  await runDueJobs(deps, 'test', metrics.of(workerMetrics), worked.jobs);
  assert.equal((await control.call('GET', `/tenants/acme/widgets/${body.id}`)).status, 404);
});

test('its setting and its metric are on the generated pages', () => {
  assert.match(renderSettings(all), /## Widgets\n\n[^]*`TULOU_WIDGET_NOTES` \| How notes of widgets are written/);
  assert.match(renderMetrics(all), /`tulou_widgets_created_total` \| counter/);
});

test('a need that no plane gives, and an offer of two planes, are said by name at the start', async () => {
  const lonely = (name: string, needs: readonly 'showProvider'[], gives: readonly 'showProvider'[]) =>
    plane({ name, settings: {}, tables: [], reads: [], kinds: [], metrics: {}, needs, gives });
  const others = planes.filter(({ name }) => name !== 'publishing');
  const start = (list: typeof planes) =>
    startTestControl(clock, { ...database, close: async () => undefined }, [], list);
  await assert.rejects(start(others), /The plane tenants needs showProvider, and no plane gives it/);
  await assert.rejects(
    start([...planes, lonely('second', [], ['showProvider'])]),
    /The plane tenants needs showProvider, and publishing and second give it/,
  );
});
