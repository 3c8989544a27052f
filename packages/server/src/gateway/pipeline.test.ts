import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  errors,
  formatCredential,
  parseCredential,
  problemBody,
  type ErrorCode,
  type SnapshotObject,
} from '@tulou/contract';
import { systemClock } from '../kernel/clock.ts';
import { sha256 } from '../kernel/hash.ts';
import type { Log } from '../kernel/log.ts';
import { systemRandom } from '../kernel/random.ts';
import { AccessLog } from './access-log.ts';
import { generateAssertionKey } from './assertion.ts';
import { Slots } from './limits/slots.ts';
import { Windows } from './limits/windows.ts';
import { renderMetrics, ThreadMetrics } from './metrics.ts';
import { lifecycle, Pipeline, steps } from './pipeline.ts';
import { Catalogue } from './snapshot/catalogue.ts';
import { Freshness } from './snapshot/freshness.ts';
import { KeyTable } from './snapshot/key-table.ts';
import { State } from './snapshot/state.ts';
import { UsedProofs } from './tokens/proofs.ts';
import { openGate } from './thread/serve.ts';
import { addUp } from './usage/record.ts';
import type { Exchange, ForwardOptions, Outcome, RequestHead } from './wire/exchange.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const uuid = '018f0000-0000-7000-8000-000000000002';
const assertionKey = generateAssertionKey();

/** What the engine would hand to the pipeline, and what came of it. */
class TestExchange implements Exchange {
  readonly head: RequestHead;
  readonly remoteAddress = '192.0.2.1';
  readonly secure = false;
  context: unknown = undefined;
  answered: { status: number; fields: Map<string, string>; body: string } | undefined = undefined;
  forwarded: ForwardOptions | undefined = undefined;

  constructor(target: string, fields: Record<string, string> | string[] = {}, head: Partial<RequestHead> = {}) {
    const list = Array.isArray(fields) ? fields : Object.entries(fields).flat();
    this.head = { method: 'GET', target, host: 'gateway.test', minor: 1, fields: list, contentLength: 0, ...head };
  }

  respond(status: number, fields: readonly string[], body: string): void {
    assert.equal(this.answered ?? this.forwarded, undefined, 'answered once');
    this.answered = { status, fields: pairs(fields), body };
  }

  forward(options: ForwardOptions): void {
    assert.equal(this.answered ?? this.forwarded, undefined, 'answered once');
    this.forwarded = options;
  }

  get code(): ErrorCode | undefined {
    return this.answered === undefined ? undefined : (JSON.parse(this.answered.body) as { code: ErrorCode }).code;
  }
}

const pairs = (fields: readonly string[]): Map<string, string> =>
  new Map(Array.from({ length: fields.length / 2 }, (_, i) => [fields[2 * i] ?? '', fields[2 * i + 1] ?? '']));

const outcome = (status: number, wish: Partial<Outcome> = {}): Outcome => ({
  status,
  requestBytes: 10,
  responseBytes: 20,
  complete: true,
  error: undefined,
  durationUs: 1500,
  upstreamUs: 1000,
  ...wish,
});

function newKey(kind: 'live' | 'test' = 'live', expiresAt: number | null = null, app = 'app_1') {
  const text = formatCredential(kind, uuid, systemRandom.bytes(8), systemRandom.bytes(32));
  const { id = '', secret = '' } = parseCredential(text) ?? {};
  const object = {
    kind: 'key' as const,
    key: id,
    id: 'key_1',
    tenant: 'ten_2',
    app,
    environment: kind,
    hash: sha256(secret),
    expires_at: expiresAt,
  };
  return { text, object };
}

type Version = Extract<SnapshotObject, { kind: 'version' }>;
const version: Version = {
  kind: 'version',
  key: 'ver_1',
  tenant: 'ten_1',
  api: 'api_1',
  name: 'v1',
  state: 'live',
  access: 'key',
  upstreams: [{ url: 'http://upstream.test:8000/base', weight: 1 }],
  operations: [{ id: 'getOrder', method: 'GET', path: '/orders/{id}' }],
  timeout_ms: 5000,
  request_bytes_max: 1000,
  deprecated_at: null,
  sunset_at: null,
};
const key = newKey();
const world: SnapshotObject[] = [
  { kind: 'tenant', key: 'ten_1', slug: 'acme', state: 'active' },
  { kind: 'tenant', key: 'ten_2', slug: 'dev', state: 'active' },
  { kind: 'api', key: 'api_1', tenant: 'ten_1', slug: 'orders', hosts: ['orders.example.com'] },
  version,
  { ...version, key: 'ver_open', name: 'open', access: 'open' },
  { ...version, key: 'ver_token', name: 'token', access: 'token' },
  { ...version, key: 'ver_old', name: 'old', state: 'retired' },
  { ...version, key: 'ver_bare', name: 'bare', upstreams: [] },
  {
    ...version,
    key: 'ver_dep',
    name: 'dep',
    state: 'deprecated',
    deprecated_at: 1_700_000_000,
    sunset_at: 1_900_000_000,
  },
  { kind: 'plan', key: 'pln_1', tenant: 'ten_1', api: 'api_1', slug: 'basic', limits: [], concurrency: null },
  { kind: 'app', key: 'app_1', tenant: 'ten_2', slug: 'shop', state: 'active' },
  { kind: 'app', key: 'app_2', tenant: 'ten_2', slug: 'other', state: 'active' },
  { kind: 'subscription', key: 'sub_1', tenant: 'ten_2', app: 'app_1', api: 'api_1', plan: 'pln_1' },
  key.object,
];
const address = '/acme/orders/v1/orders/7';
const withKey = { 'x-api-key': key.text };

/** What the table says that a call can end with. */
const named = new Set<ErrorCode>(steps.flatMap(({ refusals }) => refusals));

describe('the pipeline', () => {
  let folder = '';
  let gate: ReturnType<typeof openGate>;
  let pipeline: Pipeline;
  let catalogue: Catalogue;
  let logged = '';
  let seq = 0;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tulou-pipeline-'));
    logged = '';
    seq = 0;
    gate = openGate(
      {
        place: 1,
        threads: 1,
        platformUrl: 'http://platform.test',
        gatewayUrl: 'http://gateway.test',
        upstreamAllow: [],
        accessLog: true,
        usageFolder: folder,
        segmentPrefix: 'g-b-1',
        assertionKey,
        seed: { low: 1, high: 2 },
        windows: Windows.memoryFor(256),
        slots: Slots.memoryFor(64, 1),
        metrics: ThreadMetrics.memory(),
        usedProofs: UsedProofs.memoryFor(64),
        proofsSinceSeconds: 0,
        freshness: Freshness.memory(),
      },
      { clock: systemClock, random: systemRandom, log: silent, tell: () => undefined },
    );
    pipeline = new Pipeline(gate, new AccessLog(gate.metrics, (text) => (logged += text)));
    catalogue = new Catalogue();
    publish(...world);
  });
  afterEach(async () => {
    await gate.spool.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function publish(...objects: SnapshotObject[]): void {
    publishLines(objects.map((object) => ({ kind: object.kind, key: object.key, object, tenant: tenantOf(object) })));
  }
  const tenantOf = (object: SnapshotObject): string => (object.kind === 'tenant' ? object.key : object.tenant);
  function drop(object: SnapshotObject): void {
    publishLines([{ kind: object.kind, key: object.key, object: null, tenant: tenantOf(object) }]);
  }
  function publishLines(lines: { kind: string; key: string; object: unknown; tenant: string }[]): void {
    seq += 1;
    const head = { epoch: 'e', seq, full: seq === 1, count: lines.length };
    const { message } = catalogue.apply(
      head,
      lines.map((line) => ({ seq, ...line })),
    );
    gate.state = (gate.state ?? new State(KeyTable.sized(0))).after(message);
  }
  function begin(...args: ConstructorParameters<typeof TestExchange>): TestExchange {
    const exchange = new TestExchange(...args);
    pipeline.begin(exchange);
    return exchange;
  }
  function end(exchange: TestExchange, how: Outcome = outcome(exchange.answered?.status ?? 200)): void {
    if (how.status !== 0) pipeline.commit([{ exchange, outcome: how }]);
    pipeline.end(exchange, how);
  }
  const call = (...args: ConstructorParameters<typeof TestExchange>): TestExchange => {
    const exchange = begin(...args);
    end(exchange);
    const { code } = exchange;
    assert.ok(code === undefined || code === 'internal' || named.has(code), `${code} is named by a step`);
    return exchange;
  };
  const recorded = () => readdirSync(folder).flatMap((name) => addUp(readFileSync(join(folder, name))).rows);
  const planWith = (wish: Partial<Extract<SnapshotObject, { kind: 'plan' }>>): SnapshotObject => ({
    ...{ kind: 'plan', key: 'pln_1', tenant: 'ten_1', api: 'api_1', slug: 'basic', limits: [], concurrency: null },
    ...wish,
  });

  it('is a table whose steps name every code they can end with, all of them of the catalogue', () => {
    assert.deepEqual(
      lifecycle.map(({ name }) => name),
      ['target', 'route', 'identify', 'authorise', 'limit', 'forward', 'account'],
    );
    for (const { refusals } of lifecycle) for (const code of refusals) assert.ok(code in errors);
  });

  it('forwards a call with who calls, and without the credential', () => {
    const { forwarded } = begin(`${address}?a=b%20c`, withKey);
    assert.equal(forwarded?.target, '/base/orders/7?a=b%20c');
    assert.equal(forwarded.upstream.key, 'http://upstream.test:8000');
    assert.deepEqual([...forwarded.dropFields].toSorted(), ['traceparent', 'x-api-key']);
    assert.equal(forwarded.timeoutMs, 5000);
    assert.equal(forwarded.requestBytesMax, 1000);
    const sent = pairs(forwarded.addFields);
    assert.equal(sent.get('tulou-tenant'), 'ten_2');
    assert.equal(sent.get('tulou-app'), 'app_1');
    assert.equal(sent.get('tulou-plan'), 'pln_1');
    assert.equal(sent.get('tulou-scopes'), '');
    assert.equal(sent.has('tulou-user') || sent.has('tulou-installation'), false);
    assert.equal(sent.get('tulou-request-id'), pairs(forwarded.answerFields).get('tulou-request-id'));
    assert.match(sent.get('tulou-assertion') ?? '', /^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  for (const [target, forwarded] of [
    ['/acme/orders/v1', '/base'],
    ['/acme/orders/v1/', '/base/'],
    ['/acme/orders/v1?x=1', '/base?x=1'],
    ['/acme/orders/v1//a', '/base//a'],
    ['/acme/orders/v1/a..b/.c', '/base/a..b/.c'],
    ['/acme/orders/v1/a%2Fb?p=/../x', '/base/a%2Fb?p=/../x'],
  ] as const) {
    it(`forwards ${target} as ${forwarded}`, () => {
      assert.equal(begin(target, withKey).forwarded?.target, forwarded);
    });
  }

  for (const rest of [
    '/..',
    '/../admin',
    '/a/../b',
    '/.',
    '/a/.',
    '/%2e%2E/a',
    '/.%2e',
    '/a%2f..%2fb',
    '/..\\a',
    '/\\..',
    '/%5c..%5c',
  ]) {
    it(`refuses the dot segment in ${rest}: upstream it could mean another place`, () => {
      assert.equal(call(`/acme/orders/v1${rest}`, withKey).code, 'malformed_request');
    });
  }

  it('finds an API by its host name too, with or without a port', () => {
    for (const host of ['orders.example.com', 'orders.example.com:8080']) {
      assert.equal(begin('/v1/orders/7', withKey, { host }).forwarded?.target, '/base/orders/7');
      assert.equal(call('/v9/orders/7', withKey, { host }).code, 'route_not_found');
      assert.equal(call(address, withKey, { host }).code, 'route_not_found');
    }
  });

  it('answers the same, byte for byte, whatever is missing on the way', () => {
    const targets = [
      '/nobody/orders/v1/a',
      '/acme/nothing/v1/a',
      '/acme/orders/v9/a',
      '/acme/orders/',
      '/acme/orders',
      '/acme',
      '/',
      '*',
      '/?a/b/c',
    ];
    const answers = targets.map((target) => call(target, withKey).answered);
    for (const answer of answers) {
      assert.equal(answer?.status, 404);
      assert.equal(answer.body, JSON.stringify(problemBody('route_not_found')));
      assert.deepEqual([...answer.fields.keys()], ['tulou-request-id', 'content-type']);
    }
    assert.deepEqual(recorded(), []);
  });

  it('asks for a credential, and takes one in either field', () => {
    const missing = call(address);
    assert.equal(missing.code, 'credential_missing');
    assert.equal(missing.answered?.fields.get('www-authenticate'), 'Bearer realm="tulou"');
    for (const value of [`Bearer ${key.text}`, `bearer  ${key.text}`]) {
      const exchange = begin(address, { authorization: value });
      assert.ok(exchange.forwarded?.dropFields.has('authorization'));
    }
  });

  for (const [what, fields] of [
    [
      'a wrong secret',
      { 'x-api-key': `${key.text.slice(0, 60)}${key.text[60] === 'a' ? 'b' : 'a'}${key.text.slice(61)}` },
    ],
    ['a key nobody issued', { 'x-api-key': newKey().text }],
    ['another scheme', { authorization: 'Basic dTpw' }],
    ['an empty key', { 'x-api-key': '' }],
    ['two keys', ['x-api-key', key.text, 'x-api-key', key.text]],
    [
      'a control token',
      { authorization: `Bearer ${formatCredential('member', uuid, systemRandom.bytes(8), systemRandom.bytes(32))}` },
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.equal(
        call(address, Array.isArray(fields) ? [...fields] : (fields as Record<string, string>)).code,
        'credential_invalid',
      );
    });
  }

  it('refuses an expired key, also one that it has verified before', () => {
    const soon = newKey('live', Math.floor(systemClock.now() / 1000) + 1000);
    publish(soon.object);
    assert.ok(begin(address, { 'x-api-key': soon.text }).forwarded);
    const now = systemClock.now() + 1_001_000;
    (gate as { clock: unknown }).clock = { ...systemClock, now: () => now };
    assert.equal(call(address, { 'x-api-key': soon.text }).code, 'credential_invalid');
  });

  it('refuses a revoked key at the next call, and takes it again when it is back', () => {
    assert.ok(begin(address, withKey).forwarded);
    drop(key.object);
    assert.equal(call(address, withKey).code, 'credential_invalid');
    publish(key.object);
    assert.ok(begin(address, withKey).forwarded);
  });

  it('refuses a test key under the prefix of a live one', () => {
    publish({ ...key.object, environment: 'test' });
    assert.equal(call(address, withKey).code, 'credential_invalid');
  });

  it('never forwards a credential of ours in the field that was not chosen', () => {
    const both = begin(address, { 'x-api-key': key.text, authorization: `Bearer ${newKey().text}` });
    assert.deepEqual([...(both.forwarded?.dropFields ?? [])].toSorted(), ['authorization', 'traceparent', 'x-api-key']);
    const mixed = begin('/acme/orders/open/a', { 'x-api-key': 'theirs', authorization: `Bearer ${key.text}` });
    assert.ok(mixed.forwarded?.dropFields.has('authorization'));
    assert.equal(mixed.forwarded?.dropFields.has('x-api-key'), false);
    const own = begin(address, { 'x-api-key': key.text, authorization: 'Basic dTpw' });
    assert.equal(own.forwarded?.dropFields.has('authorization'), false);
  });

  it('forwards to an open version without a credential, and leaves an Authorization that is not ours', () => {
    const anonymous = begin('/acme/orders/open/a');
    const sent = pairs(anonymous.forwarded?.addFields ?? []);
    assert.equal(sent.has('tulou-tenant') || sent.has('tulou-app') || sent.has('tulou-plan'), false);
    const theirs = begin('/acme/orders/open/a', { authorization: 'Bearer their.own.token' });
    assert.equal(theirs.forwarded?.dropFields.has('authorization'), false);
    assert.equal(call('/acme/orders/open/a', { authorization: `Bearer ${newKey().text}` }).code, 'credential_invalid');
    const control = formatCredential('operator', uuid, systemRandom.bytes(8), systemRandom.bytes(32));
    assert.equal(call('/acme/orders/open/a', { authorization: `Bearer ${control}` }).code, 'credential_invalid');
    const known = begin('/acme/orders/open/a', withKey);
    assert.equal(pairs(known.forwarded?.addFields ?? []).get('tulou-app'), 'app_1');
  });

  it('says that a version which takes tokens takes no keys', () => {
    const refused = call('/acme/orders/token/a', withKey);
    assert.equal(refused.code, 'credential_invalid');
    assert.match(refused.answered?.body ?? '', /takes access tokens/);
  });

  it('refuses an app without a subscription, and one whose subscription ended', () => {
    const other = newKey('live', null, 'app_2');
    publish(other.object);
    assert.equal(call(address, { 'x-api-key': other.text }).code, 'subscription_required');
    const subscription = world.find(({ kind }) => kind === 'subscription');
    assert.ok(subscription);
    drop(subscription);
    assert.equal(call(address, withKey).code, 'subscription_required');
    assert.deepEqual(
      recorded().map(({ app, status, consumer }) => [app, status, consumer]),
      [
        ['app_2', 403, 'ten_2'],
        ['app_1', 403, 'ten_2'],
      ],
    );
  });

  it('refuses a suspended tenant on either side, and a suspended app', () => {
    publish({ kind: 'tenant', key: 'ten_1', slug: 'acme', state: 'suspended' });
    assert.equal(call(address, withKey).code, 'tenant_suspended');
    publish({ kind: 'tenant', key: 'ten_1', slug: 'acme', state: 'active' });
    publish({ kind: 'tenant', key: 'ten_2', slug: 'dev', state: 'suspended' });
    assert.equal(call(address, withKey).code, 'tenant_suspended');
    publish({ kind: 'tenant', key: 'ten_2', slug: 'dev', state: 'active' });
    publish({ kind: 'app', key: 'app_1', tenant: 'ten_2', slug: 'shop', state: 'suspended' });
    assert.equal(call(address, withKey).code, 'credential_invalid');
    publish({ kind: 'app', key: 'app_1', tenant: 'ten_2', slug: 'shop', state: 'active' });
    assert.ok(begin(address, withKey).forwarded);
  });

  it('answers 410 for a retired version, and says of a deprecated one since when and until when', () => {
    assert.equal(call('/acme/orders/old/a', withKey).answered?.status, 410);
    const fields = pairs(begin('/acme/orders/dep/a', withKey).forwarded?.answerFields ?? []);
    assert.equal(fields.get('deprecation'), '@1700000000');
    assert.equal(fields.get('sunset'), 'Sun, 17 Mar 2030 17:46:40 GMT');
  });

  it('refuses call 101 of a hundred a minute, with when to come back and what is left', () => {
    publish(planWith({ limits: [{ requests: 100, per: 'minute', by: 'subscription' }] }));
    for (let left = 99; left >= 0; left -= 1) {
      const fields = pairs(begin(address, withKey).forwarded?.answerFields ?? []);
      assert.match(fields.get('ratelimit') ?? '', new RegExp(`^"minute";r=${left};t=(60|59)$`));
      assert.equal(fields.get('ratelimit-policy'), '"minute";q=100;w=60');
    }
    const refused = call(address, withKey);
    assert.equal(refused.code, 'rate_limited');
    assert.match(refused.answered?.fields.get('retry-after') ?? '', /^(59|60|61)$/);
    assert.match(refused.answered?.fields.get('ratelimit') ?? '', /^"minute";r=0;t=\d+$/);
    assert.equal(refused.answered?.fields.get('content-type'), 'application/problem+json');
  });

  it('uses a changed plan for the next call', () => {
    publish(planWith({ limits: [{ requests: 1, per: 'minute', by: 'subscription' }] }));
    assert.ok(begin(address, withKey).forwarded);
    assert.equal(call(address, withKey).code, 'rate_limited');
    publish(planWith({ limits: [{ requests: 2, per: 'minute', by: 'subscription' }] }));
    assert.ok(begin(address, withKey).forwarded);
    assert.equal(call(address, withKey).code, 'rate_limited');
  });

  it('lets no more calls run at once than the plan says, and gives each place back once, however the call ends', () => {
    publish(planWith({ concurrency: 2 }));
    const [one, two] = [begin(address, withKey), begin(address, withKey)];
    assert.equal(call(address, withKey).code, 'concurrency_limited');
    end(one, outcome(0, { complete: false, error: 'client_aborted' }));
    const three = begin(address, withKey);
    assert.ok(three.forwarded);
    assert.equal(call(address, withKey).code, 'concurrency_limited');
    end(two);
    end(three, outcome(200, { complete: false, error: 'upstream_aborted' }));
    for (let i = 0; i < 10; i += 1) assert.ok(call(address, withKey).forwarded);
  });

  it('takes nothing of a window for a call that finds no place, and no place for one that finds its window full', () => {
    publish(planWith({ limits: [{ requests: 2, per: 'minute', by: 'subscription' }], concurrency: 1 }));
    const running = begin(address, withKey);
    for (let i = 0; i < 5; i += 1) assert.equal(call(address, withKey).code, 'concurrency_limited');
    end(running);
    assert.ok(call(address, withKey).forwarded);
    for (let i = 0; i < 5; i += 1) assert.equal(call(address, withKey).code, 'rate_limited');
    publish(planWith({ limits: [], concurrency: 1 }));
    assert.ok(call(address, withKey).forwarded);
  });

  it('records every answer of a version, its own refusals too, with whose and what it was', () => {
    call(address, withKey);
    call(address, withKey);
    call(address);
    call('/acme/orders/v1/unknown', withKey);
    const rows = recorded().map(({ operation, app, consumer, status, requests, key: byKey }) => [
      ...[operation, app, consumer, status, requests, byKey],
    ]);
    assert.deepEqual(rows, [
      ['getOrder', 'app_1', 'ten_2', 200, 2, 'key_1'],
      ['getOrder', null, null, 401, 1, null],
      [null, 'app_1', 'ten_2', 200, 1, 'key_1'],
    ]);
  });

  it('records nothing for a call to which nothing was sent', () => {
    end(begin(address, withKey), outcome(0, { complete: false, error: 'client_aborted' }));
    assert.deepEqual(recorded(), []);
  });

  it('refuses calls, before they take anything, while usage can no longer be recorded', async () => {
    publish(planWith({ limits: [{ requests: 5, per: 'minute', by: 'subscription' }] }));
    const answered = begin(address, withKey);
    rmSync(folder, { recursive: true });
    pipeline.commit(Array.from({ length: 100_000 }, () => ({ exchange: answered, outcome: outcome(200) })));
    const refused = call(address, withKey);
    assert.equal(refused.code, 'spool_full');
    assert.equal(refused.answered?.fields.get('retry-after'), '1');
    mkdirSync(folder);
    while (gate.spool.full) await new Promise<void>((resolve) => systemClock.after(20, resolve));
    const fields = pairs(begin(address, withKey).forwarded?.answerFields ?? []);
    assert.match(fields.get('ratelimit') ?? '', /r=3/);
    while (gate.spool.pending > 0) await new Promise<void>((resolve) => systemClock.after(20, resolve));
    assert.equal(
      recorded().reduce((sum, { requests }) => sum + requests, 0),
      100_000,
    );
  });

  it('says 502 where a version has no upstream', () => {
    assert.equal(call('/acme/orders/bare/a', withKey).code, 'upstream_unreachable');
  });

  it('goes on with the trace of the caller under a parent of its own, or begins one', () => {
    const trace = 'a'.repeat(32);
    const parent = 'b'.repeat(16);
    const sent = (fields: Record<string, string>): string =>
      pairs(begin(address, { ...withKey, ...fields }).forwarded?.addFields ?? []).get('traceparent') ?? '';
    const kept = sent({ traceparent: `00-${trace}-${parent}-01` });
    assert.match(kept, new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    assert.ok(!kept.includes(parent));
    assert.match(sent({ traceparent: `cc-${trace}-${parent}-01-more` }), new RegExp(`^00-${trace}-`));
    for (const bad of [
      '',
      'x',
      `00-${'0'.repeat(32)}-${parent}-01`,
      `ff-${trace}-${parent}-01`,
      `00-${trace}-${parent}-01-x`,
    ]) {
      assert.match(sent({ traceparent: bad }), /^00-(?!a{32})[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    }
  });

  it('keeps query values and credentials out of its access log', () => {
    call(`${address}?token=secret-in-query`, { ...withKey, cookie: 'secret-cookie' });
    call(address, { authorization: 'Bearer secret-wrong' });
    assert.equal(logged.trim().split('\n').length, 2);
    assert.ok(!logged.includes('secret') && !logged.includes(key.text));
    const [first = ''] = logged.split('\n');
    const { path, status, app, operation, duration_us: durationUs } = JSON.parse(first) as Record<string, unknown>;
    assert.deepEqual([path, status, app, operation, durationUs], [address, 200, 'app_1', 'getOrder', 1500]);
  });

  it('answers load balancers, and calls only when it has a configuration', () => {
    assert.equal(begin('/healthz').answered?.status, 200);
    assert.equal(begin('/readyz').answered?.status, 200);
    gate.draining = true;
    assert.equal(begin('/readyz').answered?.status, 503);
    gate.state = undefined;
    gate.draining = false;
    assert.equal(begin('/readyz').answered?.status, 503);
    assert.equal(begin(address, withKey).code, 'not_ready');
  });

  it('answers 500 and goes on where a step of ours is broken', () => {
    Object.defineProperty(gate, 'windows', { value: undefined });
    publish(planWith({ limits: [{ requests: 5, per: 'minute', by: 'subscription' }], concurrency: 1 }));
    assert.equal(call(address, withKey).code, 'internal');
    assert.equal(call(address, withKey).code, 'internal', 'the place was given back');
  });

  it('puts the request id and the fields of the plan on answers that the engine makes', () => {
    publish(planWith({ limits: [{ requests: 5, per: 'minute', by: 'subscription' }] }));
    const exchange = begin(address, withKey);
    const { fields, body } = pipeline.problem('upstream_timeout', exchange);
    assert.equal(
      pairs(fields).get('tulou-request-id'),
      pairs(exchange.forwarded?.answerFields ?? []).get('tulou-request-id'),
    );
    assert.equal(pairs(fields).get('ratelimit-policy'), '"minute";q=5;w=60');
    assert.equal(body, JSON.stringify(problemBody('upstream_timeout')));
    assert.match(pairs(pipeline.problem('malformed_request', undefined).fields).get('tulou-request-id') ?? '', /^req_/);
  });

  it('shows its figures as Prometheus text, with no series that grows with tenants', () => {
    call(address, withKey);
    call(address);
    pipeline.refused('malformed_request');
    const running = begin(address, withKey);
    const figures = new Proxy({}, { get: () => 0 }) as Parameters<typeof renderMetrics>[1];
    const text = renderMetrics([gate.metrics], figures);
    for (const line of [
      'tulou_gateway_requests_total{class="2xx"} 1',
      'tulou_gateway_requests_total{class="4xx"} 1',
      'tulou_gateway_refusals_total{code="credential_missing"} 1',
      'tulou_gateway_refusals_total{code="malformed_request"} 1',
      'tulou_gateway_in_flight 1',
      'tulou_gateway_request_duration_seconds_bucket{le="0.001"} 0',
      'tulou_gateway_request_duration_seconds_bucket{le="0.0025"} 2',
      'tulou_gateway_request_duration_seconds_bucket{le="+Inf"} 2',
      'tulou_gateway_request_duration_seconds_count 2',
    ]) {
      assert.ok(text.split('\n').includes(line), line);
    }
    assert.ok(!/ten_|app_|acme/.test(text));
    end(running);
  });
});
