import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { after, before, test } from 'node:test';
import type { UsageRow } from '@tulou/contract';
import { startTestControl, type TestControl } from '../../test/control/fixture.ts';
import {
  make,
  makeDeveloper,
  makeProvider,
  subscribe,
  type Made,
  type Published,
  type Registered,
} from '../../test/control/nouns.ts';

let control: TestControl;
let provider: Published;
let developer: Registered;
before(async () => {
  control = await startTestControl();
  provider = await makeProvider(control.call, 'provider');
  developer = await makeDeveloper(control.call, 'developer');
  await subscribe(control.call, 'developer', 'provider');
});
after(() => control.stop());

const hour = Date.UTC(2026, 0, 2, 10) / 1000;
const range = 'from=2026-01-02T00:00:00Z&to=2026-01-03T00:00:00Z';

function row(more: Partial<UsageRow> = {}): UsageRow {
  return {
    minute: hour,
    provider: provider.tenant.id,
    consumer: developer.tenant.id,
    api: provider.api.id,
    version: provider.version.id,
    operation: 'listOrders',
    app: developer.app.id,
    key: developer.key.id,
    status: 200,
    requests: 1,
    request_bytes: 10,
    response_bytes: 100,
    duration_us: 1000,
    ...more,
  };
}

let segments = 0;
const nextSegment = (): string => `gwy_test-boot-0-${(segments += 1)}`;

/** Sends a segment as a gateway does: again, where control has no room. */
async function send(segment: string, rows: readonly unknown[], gzip = false): Promise<number> {
  const status = await sendOnce(segment, rows, gzip);
  return status === 503 ? send(segment, rows, gzip) : status;
}

async function sendOnce(segment: string, rows: readonly unknown[], gzip: boolean): Promise<number> {
  const text = JSON.stringify({ segment, rows });
  const response = await fetch(`${control.url}/internal/v1/usage/${segment}`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${control.node}`,
      'content-type': 'application/json',
      ...(gzip ? { 'content-encoding': 'gzip' } : {}),
    },
    body: gzip ? gzipSync(text) : text,
  });
  await response.arrayBuffer();
  return response.status;
}

interface Report {
  readonly items: readonly Record<string, unknown>[];
  readonly total: { readonly requests: number; readonly refused: number };
  readonly side: string;
  readonly refusals: readonly Record<string, unknown>[];
  readonly truncated: boolean;
}

async function report(tenant: string, query: string): Promise<Report> {
  const answer = await control.call<Report>('GET', `/tenants/${tenant}/usage?${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
}

test('calls are counted for the provider and for the developer, each once', async () => {
  assert.equal(await send(nextSegment(), [row({ requests: 100 }), row({ status: 429 })]), 204);
  for (const tenant of ['provider', 'developer']) {
    const { items, total } = await report(tenant, `${range}&by=status`);
    assert.equal(total.requests, 101);
    assert.deepEqual(
      items.map(({ status, requests }) => [status, requests]),
      [
        [200, 100],
        [429, 1],
      ],
    );
  }
});

test('refused calls are counted apart with their reasons, and calls of test and live apart', async () => {
  const minute = Date.UTC(2026, 7, 1) / 1000;
  const refused = row({ minute, status: 429, code: 'rate_limited', requests: 3 });
  const rows = [
    row({ minute, requests: 10 }),
    refused,
    { ...refused, code: 'scope_required', status: 403, requests: 1 },
    { ...refused, environment: 'test' as const, requests: 2 },
    { ...refused, code: 'of_tomorrow', status: 418, requests: 1 },
  ];
  assert.equal(await send(nextSegment(), rows), 204);
  const august = 'from=2026-08-01T00:00:00Z&to=2026-08-02T00:00:00Z';
  const { total, side, refusals, items } = await report('provider', `${august}&by=environment,code`);
  assert.deepEqual([side, total.requests, total.refused], ['both', 17, 7]);
  assert.deepEqual(refusals, [
    { code: 'rate_limited', title: 'Rate limit exceeded', fault: 'caller', requests: 5 },
    { code: 'of_tomorrow', title: 'of_tomorrow', fault: 'platform', requests: 1 },
    { code: 'scope_required', title: 'Insufficient scope', fault: 'caller', requests: 1 },
  ]);
  assert.deepEqual(
    items.map(({ environment, code, requests, refused: some }) => [environment, code, requests, some]),
    [
      ['live', null, 10, 0],
      ['live', 'rate_limited', 3, 3],
      ['test', 'rate_limited', 2, 2],
      ['live', 'of_tomorrow', 1, 1],
      ['live', 'scope_required', 1, 1],
    ],
  );
  assert.equal((await report('developer', `${august}&environment=test`)).total.requests, 2);
  assert.equal((await report('developer', `${august}&code=rate_limited&side=developer`)).total.requests, 5);
});

test('the same segment sent again counts nothing, also by two at once', async () => {
  const before = (await report('provider', range)).total.requests;
  const segment = nextSegment();
  assert.deepEqual(await Promise.all([send(segment, [row()]), send(segment, [row()])]), [204, 204]);
  assert.equal(await send(segment, [row()]), 204);
  assert.equal((await report('provider', range)).total.requests, before + 1);
});

test('segments that touch the same minutes at once are all counted', async () => {
  const before = (await report('provider', range)).total.requests;
  const rows = Array.from({ length: 40 }, (_, n) => row({ minute: hour + 60 * n, status: 200 + (n % 3) }));
  const sent = Array.from({ length: 12 }, (_, n) => send(nextSegment(), n % 2 === 0 ? rows : rows.toReversed()));
  assert.deepEqual(new Set(await Promise.all(sent)), new Set([204]));
  assert.equal((await report('provider', range)).total.requests, before + 12 * 40);
});

test('segments beyond what control takes at once are sent away, and let in when there is room', async () => {
  const uploads = Array.from({ length: 5 }, () => {
    const upload = request(`${control.url}/internal/v1/usage/stalled`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${control.node}`, 'content-length': '100' },
    });
    upload.on('error', () => undefined);
    upload.write('{');
    return upload;
  });
  // Four are inside and wait for the rest of their content: only who is sent away is answered.
  const [refused] = (await Promise.race(uploads.map((upload) => once(upload, 'response')))) as [IncomingMessage];
  assert.equal(refused.statusCode, 503);
  for (const upload of uploads) upload.destroy();
  assert.equal(await send(nextSegment(), [row()]), 204);
});

test('a compressed segment is taken; one that inflates beyond the bound is refused', async () => {
  assert.equal(await send(nextSegment(), [row()], true), 204);
  const segment = nextSegment();
  const bomb = await fetch(`${control.url}/internal/v1/usage/${segment}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${control.node}`, 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(40 * 1024 * 1024)),
  });
  assert.equal(bomb.status, 413);
});

test('rows of unknown tenants and rows that can’t be read are dropped and counted, and the others are taken', async () => {
  const before = (await report('provider', range)).total.requests;
  const unknown = 'ten_00000000000000000000000000';
  const segment = nextSegment();
  const rows = [row({ provider: unknown, requests: 5 }), { nonsense: true }, row({ consumer: unknown, requests: 7 })];
  assert.equal(await send(segment, rows), 204);
  assert.equal((await report('provider', range)).total.requests, before + 7);
  const [noted] = await control.database.store.system('test', ({ sql }) => {
    return sql`select dropped, requests from usage_segments where segment = ${segment}`;
  });
  assert.deepEqual({ ...noted }, { dropped: 6, requests: 12 });
});

test('an operation’s name that PostgreSQL can’t store does not hold up the spool', async () => {
  assert.equal(await send(nextSegment(), [row({ operation: `a\0b\ud800${'x'.repeat(5000)}` })]), 204);
});

test('the provider sees the developer’s app by address and none of its keys; the developer sees its own', async () => {
  const day = 'from=2026-02-01T00:00:00Z&to=2026-02-02T00:00:00Z&by=api,version,app,key';
  await send(nextSegment(), [row({ minute: Date.UTC(2026, 1, 1) / 1000 })]);
  const sums = { requests: 1, refused: 0, request_bytes: 10, response_bytes: 100, duration_us: 1000 };
  assert.deepEqual((await report('provider', day)).items, [
    {
      api: { id: provider.api.id, name: 'orders' },
      version: { id: provider.version.id, name: 'v1' },
      app: { id: developer.app.id, name: 'developer/shop' },
      key: null,
      ...sums,
    },
  ]);
  assert.deepEqual((await report('developer', day)).items, [
    {
      api: { id: provider.api.id, name: 'provider/orders' },
      version: { id: provider.version.id, name: 'v1' },
      app: { id: developer.app.id, name: 'shop' },
      key: { id: developer.key.id, name: null },
      ...sums,
    },
  ]);
});

test('a tenant that calls its own API counts the call once, on both sides', async () => {
  const march = 'from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z';
  await send(nextSegment(), [row({ minute: Date.UTC(2026, 2, 1) / 1000, consumer: provider.tenant.id })]);
  for (const side of ['', '&side=provider', '&side=developer']) {
    assert.equal((await report('provider', march + side)).total.requests, 1, side);
  }
});

test('calls without a credential count for the provider alone', async () => {
  const april = 'from=2026-04-01T00:00:00Z&to=2026-04-02T00:00:00Z&by=app,operation';
  const open = { consumer: null, app: null, key: null, operation: null, minute: Date.UTC(2026, 3, 1) / 1000 };
  await send(nextSegment(), [row(open)]);
  const [item] = (await report('provider', april)).items;
  assert.deepEqual([item?.['app'], item?.['operation'], item?.['requests']], [null, null, 1]);
});

test('time is told apart by minute, hour and day, and a range begins with a whole minute', async () => {
  const may = Date.UTC(2026, 4, 1) / 1000;
  await send(
    nextSegment(),
    [0, 60, 3600, 86_400].map((after) => row({ minute: may + after })),
  );
  const times = async (by: string): Promise<unknown[]> => {
    const { items } = await report('provider', `from=2026-05-01T00:00:30Z&to=2026-05-03T00:00:00Z&by=${by}`);
    return items.map(({ time, requests }) => [time, requests]);
  };
  assert.deepEqual(await times('minute'), [
    ['2026-05-01T00:00:00.000Z', 1],
    ['2026-05-01T00:01:00.000Z', 1],
    ['2026-05-01T01:00:00.000Z', 1],
    ['2026-05-02T00:00:00.000Z', 1],
  ]);
  assert.deepEqual(await times('hour'), [
    ['2026-05-01T00:00:00.000Z', 2],
    ['2026-05-01T01:00:00.000Z', 1],
    ['2026-05-02T00:00:00.000Z', 1],
  ]);
  assert.deepEqual(await times('day'), [
    ['2026-05-01T00:00:00.000Z', 3],
    ['2026-05-02T00:00:00.000Z', 1],
  ]);
});

test('filters take the slug of an own object or the id of any', async () => {
  const june = 'from=2026-06-01T00:00:00Z&to=2026-06-02T00:00:00Z';
  const minute = Date.UTC(2026, 5, 1) / 1000;
  await send(nextSegment(), [row({ minute }), row({ minute, operation: 'other', status: 500, app: 'app_gone' })]);
  const counted = async (tenant: string, filter: string) => (await report(tenant, `${june}&${filter}`)).total.requests;
  assert.equal(await counted('provider', 'api=orders'), 2);
  assert.equal(await counted('provider', `api=${provider.api.id}`), 2);
  assert.equal(await counted('provider', 'version=v1'), 2);
  assert.equal(await counted('developer', 'app=shop'), 1);
  assert.equal(await counted('developer', `key=${developer.key.id}&status=500`), 1);
  assert.equal(await counted('provider', 'operation=other'), 1);
});

test('more groups than asked for are cut, and the total counts them all', async () => {
  const july = 'from=2026-07-01T00:00:00Z&to=2026-07-02T00:00:00Z';
  const minute = Date.UTC(2026, 6, 1) / 1000;
  await send(
    nextSegment(),
    [200, 201, 202].map((status) => row({ minute, status })),
  );
  const { items, truncated, total } = await report('provider', `${july}&by=status&limit=2`);
  assert.deepEqual([items.length, truncated, total.requests], [2, true, 3]);
});

test('a range that is none is refused with the place', async () => {
  for (const query of [
    'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
    'from=2020-01-01T00:00:00Z',
    'by=minute,hour',
    'by=colour',
  ]) {
    const answer = await control.call('GET', `/tenants/provider/usage?${query}`);
    assert.equal(answer.status, 400, query);
  }
});

test('a gateway registers its public key, which everyone can read, and is given the fleet key; a private one is refused', async () => {
  const register = (jwk: object, id = 'gwy_01m82n87aae008yar5jd3gc9kf') =>
    fetch(`${control.url}/internal/v1/gateways/${id}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${control.node}`, 'content-type': 'application/json' },
      body: JSON.stringify({ public_jwk: jwk }),
    });
  // RFC 8037, appendix A.2 and A.3: a key and its thumbprint.
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
  assert.equal((await register({ ...jwk, d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' })).status, 400);
  assert.equal((await register(jwk, 'gwy_nonsense')).status, 404);
  const registered = await register(jwk);
  assert.equal(registered.status, 200);
  assert.match(((await registered.json()) as { fleet_key: string }).fleet_key, /^[\w-]{43}$/);
  const answer = await fetch(`${control.url}/.well-known/tulou/assertion-keys.json`);
  assert.deepEqual(await answer.json(), {
    keys: [{ ...jwk, kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k', alg: 'EdDSA', use: 'sig' }],
  });
});

test('calls with tokens count for the installation, by the day, once, and for the tenant that has it', async () => {
  const acme = await control.makeTenant('acme');
  await control.call('PATCH', '/tenants/developer/apps/shop', { body: { visibility: 'public' } });
  const { id } = await make(control.call, '/tenants/acme/installations', { app: 'developer/shop' });
  const minute = Math.floor(Date.now() / 60_000) * 60;
  const of = { installer: acme.id, installation: id, key: null };
  const rows = [
    row({ ...of, minute, requests: 2 }),
    row({ ...of, minute: minute - 60, status: 403 }),
    row({ ...of, minute: minute - 40 * 86_400, requests: 100 }),
    row({ minute, requests: 7 }),
  ];
  const segment = nextSegment();
  for (const _ of [1, 2]) assert.equal(await send(segment, rows), 204);
  const list = await control.call<{ items: Made[] }>('GET', '/tenants/acme/inventory', { token: acme.tokens.admin });
  const [item] = list.body.items;
  assert.deepEqual([item?.id, item?.['calls'], item?.['last_call_at']], [id, 3, new Date(minute * 1000).toISOString()]);
});

test('a name that the tenant does not have is not found, with the nearest one that it has; an id is accepted', async () => {
  const refused = async (path: string): Promise<string> => {
    const { status, body } = await control.call('GET', path);
    assert.deepEqual([status, body['code']], [404, 'not_found'], path);
    return String(body['detail']);
  };
  for (const noun of ['usage', 'calls', 'subscribers'])
    assert.match(await refused(`/tenants/provider/${noun}?api=ordres`), /no API of this name. Did you mean `orders`\?/);
  for (const noun of ['usage', 'calls', 'subscriptions'])
    assert.match(await refused(`/tenants/developer/${noun}?app=shp`), /no app of this name. Did you mean `shop`\?/);
  assert.match(await refused('/tenants/provider/usage?version=v2'), /no version of this name. Did you mean `v1`\?/);
  assert.match(await refused('/tenants/developer/usage?key=nothing'), /no API key of this name. Use a name/);
  assert.match(await refused('/tenants/provider/usage?api=something'), /no API of this name. Use a name/);
  // Those of another tenant, and of deleted objects, have usage here.
  for (const query of [`app=${developer.app.id}`, 'api=api_01jd0000000000000000000000', `side=provider`])
    assert.equal((await control.call('GET', `/tenants/provider/usage?${query}`)).status, 200, query);
});
