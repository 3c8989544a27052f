import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { limits, type CallRecord } from '@tulou/contract';
import { systemClock } from '../../kernel/clock.ts';
import { newId, systemRandom } from '../../kernel/random.ts';
import { openLog } from '../../kernel/log.ts';
import { startTestControl, type TestControl } from '../../../test/control/fixture.ts';
import {
  makeDeveloper,
  makeProvider,
  subscribe,
  type Published,
  type Registered,
} from '../../../test/control/nouns.ts';
import { expireCalls } from './expire.ts';

let aheadMs = 0;
const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
let control: TestControl;
let provider: Published;
let developer: Registered;
before(async () => {
  control = await startTestControl(clock);
  provider = await makeProvider(control.call, 'provider');
  developer = await makeDeveloper(control.call, 'developer');
  await subscribe(control.call, 'developer', 'provider');
  await control.call('POST', '/tenants', { body: { slug: 'other', name: 'Other' } });
});
after(() => control.stop());

function record(wish: Partial<CallRecord> = {}): CallRecord {
  return {
    id: newId('request', clock, systemRandom),
    at_ms: clock.now(),
    provider: provider.tenant.id,
    consumer: developer.tenant.id,
    api: provider.api.id,
    version: provider.version.id,
    operation: 'listOrders',
    app: developer.app.id,
    key: developer.key.id,
    environment: 'live',
    method: 'GET',
    path: '/provider/orders/v1/orders',
    status: 200,
    code: null,
    detail: null,
    remedy: null,
    cause: null,
    address: '192.0.2.7',
    request_bytes: 1,
    response_bytes: 2,
    duration_us: 3000,
    upstream_us: 2000,
    ...wish,
  };
}

type Item = Readonly<Record<string, unknown>> & { readonly id: string };
interface Listed {
  readonly items: readonly Item[];
  readonly next: string | null;
  readonly after: string;
  readonly left_out: { readonly calls: number };
}

async function list(tenant: string, query = ''): Promise<Listed> {
  const answer = await control.call<Listed>('GET', `/tenants/${tenant}/calls?${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

const refused = (): CallRecord =>
  record({
    status: 403,
    code: 'scope_required',
    detail: 'The operation requires provider/orders:write, and the key does not hold it.',
    remedy: 'Give it to the key: `tulou keys update developer shop key_1 --scopes provider/orders:write`',
  });

test('the provider finds a call by its request id and reads why it was refused, without what is the developer’s', async () => {
  const call = refused();
  assert.equal(await control.reportCalls([call]), 204);
  const { body } = await control.call('GET', `/tenants/provider/calls/${call.id}`);
  const { at: _, request_bytes: __, response_bytes: ___, ...told } = body;
  assert.deepEqual(told, {
    id: call.id,
    side: 'provider',
    environment: 'live',
    api: { id: provider.api.id, name: 'orders' },
    version: { id: provider.version.id, name: 'v1' },
    operation: 'listOrders',
    app: { id: developer.app.id, name: 'developer/shop' },
    key: null,
    method: 'GET',
    path: '/provider/orders/v1/orders',
    status: 403,
    code: 'scope_required',
    reason: 'Insufficient scope',
    fault: 'caller',
    detail: 'The operation requires provider/orders:write, and the key does not hold it.',
    cause: null,
    address: null,
    duration_us: 3000,
    upstream_us: 2000,
  });
});

test('the developer reads its own side: key, address and remedy, and never the cause of a fault of the service', async () => {
  const call = refused();
  const failed = record({ status: 502, code: 'upstream_unreachable', cause: 'connect_refused' });
  await control.reportCalls([call, failed]);
  const mine = (await control.call('GET', `/tenants/developer/calls/${call.id}`)).body;
  assert.deepEqual([mine['key'], mine['address']], [{ id: developer.key.id, name: null }, '192.0.2.7']);
  assert.match(String(mine['detail']), /does not hold it\. Give it to the key: `tulou keys update developer shop/);
  const cause = async (tenant: string) =>
    (await control.call('GET', `/tenants/${tenant}/calls/${failed.id}`)).body['cause'];
  assert.deepEqual([await cause('developer'), await cause('provider')], [null, 'connect_refused']);
});

test('a tenant that is on neither side finds nothing, as for a call that never was', async () => {
  const call = record();
  await control.reportCalls([call]);
  const never = newId('request', clock, systemRandom);
  const [there, nowhere] = await Promise.all(
    [call.id, never].map((id) => control.call('GET', `/tenants/other/calls/${id}`)),
  );
  assert.deepEqual([there?.status, there?.text], [404, nowhere?.text]);
  assert.deepEqual((await list('other')).items, []);
});

test('a call without a valid credential is the provider’s alone; a tenant that calls itself has it once, whole', async () => {
  const open = record({ consumer: null, app: null, key: null, status: 401, code: 'credential_missing' });
  const own = record({ consumer: provider.tenant.id, cause: 'dns_failed', remedy: 'Do this.' });
  await control.reportCalls([open, own]);
  assert.equal((await control.call('GET', `/tenants/provider/calls/${open.id}`)).body['app'], null);
  const { body } = await control.call('GET', `/tenants/provider/calls/${own.id}`);
  assert.deepEqual(
    [body['side'], body['cause'], body['detail'], body['address']],
    ['both', 'dns_failed', 'Do this.', '192.0.2.7'],
  );
});

test('a batch that comes again, and a record that comes twice, count once; records that cannot be read cost no others', async () => {
  const call = record({ operation: 'twice' });
  const bad = [
    { nonsense: true },
    { ...record(), path: 'a\0b' },
    { ...record(), status: 7 },
  ] as unknown as CallRecord[];
  await control.reportCalls([call, ...bad], [{ tenant: provider.tenant.id, calls: 3 }]);
  await control.reportCalls([call]);
  const { items, left_out } = await list('provider', 'limit=200');
  assert.equal(items.filter(({ operation }) => operation === 'twice').length, 1);
  assert.equal(left_out.calls, 3);
  assert.equal((await list('developer')).left_out.calls, 0);
});

test('the list is filtered by side, API, app, environment, status, class of status and code', async () => {
  await control.reportCalls([
    record({ environment: 'test', status: 418 }),
    record({ environment: 'test', status: 429, code: 'rate_limited' }),
  ]);
  const count = async (query: string, tenant = 'provider') => (await list(tenant, query)).items.length;
  assert.equal(await count('environment=test'), 2);
  assert.equal(await count('environment=test&status=418'), 1);
  assert.equal(await count('environment=test&status=4xx'), 2);
  assert.equal(await count('environment=test&status=5xx'), 0);
  assert.equal(await count('environment=test&code=rate_limited'), 1);
  assert.equal(await count('environment=test&api=orders'), 2);
  assert.equal(await count('environment=test&app=shop', 'developer'), 2);
  assert.equal(await count(`environment=test&app=${developer.app.id}`), 2);
  assert.equal(await count('environment=test&side=developer'), 0);
  assert.equal((await control.call('GET', '/tenants/provider/calls?status=abc')).status, 400);
});

test('pages go back from the newest, each call once', async () => {
  const all = (await list('provider', 'limit=200')).items.map(({ id }) => id);
  const seen: string[] = [];
  let cursor = '';
  do {
    const page = await list('provider', `limit=3${cursor}`);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.next === null ? '' : `&cursor=${page.next}`;
  } while (cursor !== '');
  assert.deepEqual(seen, all);
});

test('a tail sees every call that comes in after it began, once and in order, however batches fall', async () => {
  let { after: place } = await list('provider');
  assert.deepEqual((await list('provider', `after=${place}`)).items, []);
  const sent: string[] = [];
  const seen: string[] = [];
  for (let round = 0; round < 6; round += 1) {
    const calls = Array.from({ length: 1 + (round % 4) }, () => record()).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    sent.push(...calls.map(({ id }) => id));
    await control.reportCalls(calls);
    const page = await list('provider', `limit=2&after=${place}`);
    seen.push(...page.items.map(({ id }) => id));
    place = page.after;
  }
  for (let page = await list('provider', `limit=2&after=${place}`); page.items.length > 0;) {
    seen.push(...page.items.map(({ id }) => id));
    page = await list('provider', `limit=2&after=${page.after}`);
  }
  assert.deepEqual(seen, sent);
});

test('a tail waits for the next call, and for nothing but its filter', async () => {
  const { after: place } = await list('provider');
  const waiting = list('provider', `wait_ms=20000&code=rate_limited&after=${place}`);
  await control.reportCalls([record()]);
  const wanted = record({ status: 429, code: 'rate_limited' });
  await control.reportCalls([wanted]);
  assert.deepEqual(
    (await waiting).items.map(({ id }) => id),
    [wanted.id],
  );
  const none = await list('provider', `wait_ms=1&code=not_ready&after=${place}`);
  assert.deepEqual(none.items, []);
});

test('a place that no answer gave is refused', async () => {
  for (const place of ['x', 'MTo', Buffer.from('1:5').toString('base64url'), provider.api.id]) {
    assert.equal((await control.call('GET', `/tenants/provider/calls?after=${place}`)).status, 400, place);
  }
});

test('records end with their retention, and a tenant that has too many loses its oldest', async () => {
  const { store } = control.database;
  const deps = { store, clock, random: systemRandom, log: openLog('worker', 'silent') };
  const newest = record();
  await control.reportCalls([newest]);
  await store.system('more than may be', async ({ sql }) => {
    await sql`
      insert into calls (tenant_id, id, batch, side, at, environment, api, version, operation, app, key, method, path, status,
                         request_bytes, response_bytes, duration_us)
      select tenant_id, 'req_' || n, 0, side, at, environment, api, version, operation, app, key, method, path, status, 0, 0, 0
      from calls, generate_series(1, ${limits.callsPerTenantMax}) as n
      where id = ${newest.id} and side = 'developer'`;
  });
  await expireCalls(deps, 0);
  const count = async () =>
    store.system('test', async ({ sql }) => {
      const [row] = await sql<[{ n: number }]>`
        select count(*)::int as n from calls c where c.side = 'developer'`;
      return row.n;
    });
  assert.equal(await count(), limits.callsPerTenantMax);
  assert.equal((await control.call('GET', `/tenants/developer/calls/${newest.id}`)).status, 200);
  aheadMs += limits.callHours * 3_600_000 + 1000;
  assert.deepEqual((await list('provider')).items, []);
  for (let more = true; more;) ({ more } = await expireCalls(deps, 0));
  assert.deepEqual([await count(), (await list('provider')).left_out.calls], [0, 0]);
});

test('tails that wait hold no place of the other calls of their tenant', async () => {
  const { after: place } = await list('provider');
  let answered = 0;
  const tails = Array.from({ length: 14 }, async () => {
    const { items } = await list('provider', `wait_ms=20000&status=599&after=${place}`);
    answered += 1;
    return items.length;
  });
  const others = await Promise.all(Array.from({ length: 20 }, () => control.call('GET', '/tenants/provider/apis')));
  assert.deepEqual([...new Set(others.map(({ status }) => status))], [200]);
  assert.equal(answered, 0, 'all of them still wait');
  await control.reportCalls([record({ status: 599 })]);
  assert.deepEqual([...new Set(await Promise.all(tails))], [1]);
});
