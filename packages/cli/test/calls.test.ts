/** Usage and single calls on the command line: what callers and providers read of them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CallRecord } from '@tulou/contract';
import { systemClock } from '../../server/src/kernel/clock.ts';
import { newId, systemRandom } from '../../server/src/kernel/random.ts';
import {
  makeDeveloper,
  makeProvider,
  subscribe,
  type Published,
  type Registered,
} from '../../server/test/control/nouns.ts';
import { startPlatform, type Platform } from './platform.ts';

let platform: Platform;
let provider: Published;
let developer: Registered;
before(async () => {
  platform = await startPlatform();
  const { call } = platform.control;
  provider = await makeProvider(call, 'acme');
  developer = await makeDeveloper(call, 'dev');
  await subscribe(call, 'dev', 'acme');
});
after(() => platform.stop());

function record(wish: Partial<CallRecord> = {}): CallRecord {
  return {
    id: newId('request', systemClock, systemRandom),
    at_ms: systemClock.now(),
    provider: provider.tenant.id,
    consumer: developer.tenant.id,
    api: provider.api.id,
    version: provider.version.id,
    operation: 'listOrders',
    app: developer.app.id,
    key: developer.key.id,
    environment: 'live',
    method: 'GET',
    path: '/acme/orders/v1/orders',
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

const refusal = { status: 403, code: 'scope_required', detail: 'The operation requires acme/orders:write.' } as const;

test('usage begins with one line: totals, refused calls with their reasons, the period, and which side', async () => {
  const minute = Math.floor(systemClock.now() / 60_000) * 60;
  const facts = {
    minute,
    provider: provider.tenant.id,
    consumer: developer.tenant.id,
    api: provider.api.id,
    version: provider.version.id,
    operation: null,
    app: developer.app.id,
    key: developer.key.id,
    request_bytes: 0,
    response_bytes: 0,
    duration_us: 0,
  };
  const rows = [
    { ...facts, status: 200, requests: 40 },
    { ...facts, status: 429, code: 'rate_limited', requests: 2 },
    { ...facts, status: 403, code: 'scope_required', requests: 1 },
  ];
  const sent = await fetch(`${platform.control.url}/internal/v1/usage/gwy_test-boot-0-1`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${platform.control.node}`, 'content-type': 'application/json' },
    body: JSON.stringify({ segment: 'gwy_test-boot-0-1', rows }),
  });
  assert.equal(sent.status, 204);
  const firstLine = async (line: string): Promise<string> => (await platform.done(line)).out.split('\n')[0] ?? '';
  const ending =
    /: 43 in total, 40 answered by the service, 3 \(2 rate_limited, 1 scope_required\) refused by the gateway\.$/;
  assert.match(await firstLine('usage get acme'), ending);
  assert.match(
    await firstLine('usage get acme --side provider'),
    /^Calls to the tenant’s APIs, \d{4}-\d\d-\d\d \d\d:\d\d – .* UTC: 43/,
  );
  assert.match(await firstLine('usage get dev --by code'), ending);
  const { out } = await platform.done('usage get acme --by api,version,app,status');
  assert.match(out, /orders +v1 +dev\/shop|dev\/shop +orders +v1/, 'names, not ids');
});

test('a provider reads by its request id why a call was refused', async () => {
  const call = record(refusal);
  await platform.control.reportCalls([call]);
  const { out } = await platform.done(`calls get acme ${call.id}`);
  assert.match(out, /Insufficient scope/);
  assert.match(out, /requires acme\/orders:write/);
  assert.match((await platform.done('calls list acme --status 4xx')).out, /scope_required/);
});

test('tail shows recent calls, then those that come in, and nothing beside its filter', async () => {
  const earlier = record(refusal);
  await platform.control.reportCalls([earlier]);
  const tailing = platform.done('calls tail acme --code scope_required --count 4');
  const later = [record(refusal), record(), record({ ...refusal, environment: 'test' })];
  const sending = (async () => {
    for (const call of later) {
      await new Promise<void>((resolve) => systemClock.after(50, resolve));
      await platform.control.reportCalls([call]);
    }
  })();
  const [{ out }] = await Promise.all([tailing, sending]);
  const shown = out.split('\n').filter((line) => line.includes('req_'));
  assert.equal(shown.length, 4);
  assert.ok(shown.some((line) => line.includes(earlier.id)) && shown.some((line) => line.includes(later[2]?.id ?? '')));
  assert.equal(out.includes(later[1]?.id ?? ''), false);
  assert.match(out, /403 {2}GET {2}\/acme\/orders\/v1\/orders {2}orders\/v1 {2}dev\/shop {2}scope_required/);
});

test('tail without a tenant follows that of the credential, as lines of JSON for programs', async () => {
  const { tokens, id } = await platform.control.makeTenant('team');
  const call = record({ provider: id, consumer: null, app: null, key: null });
  await platform.control.reportCalls([call]);
  const { out } = await platform.done('calls tail --json --count 1', { env: { TULOU_TOKEN: tokens.developer } });
  assert.equal((JSON.parse(out) as { id: string }).id, call.id);
  const operator = await platform.tulou('calls tail');
  assert.equal(operator.code, 64);
  assert.match(operator.err, /Name the tenant/);
});
