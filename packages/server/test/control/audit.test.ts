import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { uuidFromId } from '@tulou/contract';
import { openPool, type Pool } from '../../src/store/pool.ts';
import { startTestControl, type TestControl, type TestTenant } from './fixture.ts';

interface Entry {
  readonly id: string;
  readonly seq: number;
  readonly actor: string;
  readonly operation: string;
  readonly target: string;
  readonly before: Record<string, unknown> | null;
  readonly after: Record<string, unknown> | null;
  readonly reason: string | null;
  readonly address: string;
  readonly request_id: string;
}
type Page = { items: Entry[]; next: string | null };

let control: TestControl;
let tenant: TestTenant;
before(async () => {
  control = await startTestControl();
  tenant = await control.makeTenant('acme');
});
after(() => control.stop());

const list = async (query = '', of = tenant): Promise<Page> =>
  (await control.call<Page>('GET', `/tenants/${of.id}/audit${query}`, { token: of.tokens.owner })).body;

test('a write leaves one row: who, what, before, after, from where, in which request', async () => {
  const path = `/tenants/${tenant.id}/members/${tenant.members.viewer}`;
  const answer = await control.call('PATCH', path, { token: tenant.tokens.owner, body: { role: 'developer' } });
  const { items } = await list(`?target=${tenant.members.viewer}`);
  const [entry] = items;
  assert.equal(items.length, 2, 'created, changed');
  assert.equal(entry?.actor, tenant.members.owner);
  assert.equal(entry?.operation, 'members.update');
  assert.deepEqual([entry?.before?.['role'], entry?.after?.['role']], ['viewer', 'developer']);
  assert.equal(entry?.address, '127.0.0.1');
  assert.equal(entry?.request_id, answer.headers.get('tulou-request-id'));
});

test('what was refused or only read by a member leaves none', async () => {
  const before = await list();
  await control.call('DELETE', `/tenants/${tenant.id}/members/${tenant.members.owner}`, { token: tenant.tokens.owner });
  await control.call('GET', `/tenants/${tenant.id}/members`, { token: tenant.tokens.owner });
  assert.deepEqual(await list(), before);
});

test('whatever an operator does or tries on a tenant is in its trail, with the reason', async () => {
  const headers = { 'tulou-reason': 'ticket 42' };
  const path = `/tenants/${tenant.slug}/members`;
  await control.call('GET', path, { headers });
  await control.call('DELETE', `${path}/${tenant.members.owner}`, { headers });
  await control.call('POST', path, { body: { email: 'op@acme.test', role: 'viewer' } });
  const { items } = await list('?limit=3');
  assert.deepEqual(
    items.map(({ operation, reason }) => [operation, reason]),
    [
      ['members.create', 'members.create'],
      ['members.delete', 'ticket 42'],
      ['members.list', 'ticket 42'],
    ],
  );
  assert.deepEqual(items[1]?.after, { refused: 'state_conflict' });
  assert.ok(items.every(({ actor }) => actor.startsWith('operator:')));
});

test('no row holds a secret', async () => {
  const made = await control.call('POST', `/tenants/${tenant.id}/tokens`, {
    token: tenant.tokens.owner,
    body: { member: tenant.members.owner, name: 'secret' },
  });
  const { items } = await list(`?target=${String(made.body['id'])}`);
  assert.equal(items[0]?.after?.['name'], 'secret');
  assert.equal(items[0]?.after?.['token'], undefined);
  assert.ok(!JSON.stringify(items).includes(String(made.body['token']).split('_')[2] ?? ''));
});

test('the trail is listed newest first, by page, by actor and by time, and read one by one', async () => {
  const seen: number[] = [];
  let page = await list('?limit=3');
  seen.push(...page.items.map(({ seq }) => seq));
  while (page.next !== null) {
    page = await list(`?limit=3&cursor=${page.next}`);
    seen.push(...page.items.map(({ seq }) => seq));
  }
  assert.deepEqual(
    seen,
    Array.from({ length: seen.length }, (_, i) => seen.length - i),
  );
  const byActor = await list(`?actor=${tenant.members.owner}`);
  assert.ok(byActor.items.length > 0 && byActor.items.every(({ actor }) => actor === tenant.members.owner));
  assert.deepEqual((await list('?to=2020-01-01T00:00:00Z')).items, []);
  const [entry] = byActor.items;
  const read = await control.call('GET', `/tenants/${tenant.id}/audit/${entry?.id}`, { token: tenant.tokens.owner });
  assert.deepEqual(read.body, entry);
});

test('the chain holds, also after writes at the same time, and breaks where a row is changed or missing', async () => {
  const fresh = await control.makeTenant('chained');
  const path = `/tenants/${fresh.id}`;
  await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      control.call('PATCH', path, { token: fresh.tokens.owner, body: { name: `name ${i}` } }),
    ),
  );
  const verify = async () => (await control.call('GET', `${path}/audit/verify`, { token: fresh.tokens.owner })).body;
  const whole = await verify();
  assert.deepEqual([whole['holds'], whole['broken_at'], whole['entries']], [true, null, 21]);
  await tamper(fresh, (sql, uuid) => sql`update audit set target = 'x' where tenant_id = ${uuid} and seq = 5`);
  assert.deepEqual([(await verify())['holds'], (await verify())['broken_at']], [false, 5]);
  await tamper(fresh, (sql, uuid) => sql`delete from audit where tenant_id = ${uuid} and seq = 3`);
  assert.equal((await verify())['broken_at'], 3);
});

test('a trail that lost its last rows does not hold', async () => {
  const fresh = await control.makeTenant('cut');
  await tamper(fresh, (sql, uuid) => sql`delete from audit where tenant_id = ${uuid} and seq > 7`);
  const { body } = await control.call('GET', `/tenants/${fresh.id}/audit/verify`, { token: fresh.tokens.owner });
  assert.deepEqual([body['holds'], body['broken_at'], body['entries']], [false, 8, 7]);
});

test('neither role of the program may change a row of the trail', async () => {
  await control.database.store.system('test', async ({ sql }) => {
    const rows = await sql<{ role: string; may: string }[]>`
      select r.role, p.may from unnest(array['tulou_tenant', 'tulou_system']) as r (role),
        unnest(array['update', 'delete', 'truncate']) as p (may)
      where has_table_privilege(r.role, 'audit', p.may) order by 1, 2`;
    // The platform's role deletes the rows of a purged tenant; it cannot rewrite them.
    assert.deepEqual([...rows], [{ role: 'tulou_system', may: 'delete' }]);
  });
});

type Tamper = (sql: Pool, uuid: string) => PromiseLike<unknown>;

/** As someone with the superuser's password would. */
async function tamper(of: TestTenant, work: Tamper): Promise<void> {
  const pool = openPool({ url: control.database.superuserUrl, connectionsMax: 1 });
  try {
    await work(pool, uuidFromId('tenant', of.id) ?? '');
  } finally {
    await pool.end();
  }
}
