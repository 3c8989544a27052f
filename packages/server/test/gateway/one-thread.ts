/** One serving thread without its sockets: the real pipeline over real parts, driven by exchanges that a test makes. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import { formatCredential, parseCredential, type ErrorCode, type SnapshotObject, type UsageRow } from '@tulou/contract';
import { systemClock } from '../../src/kernel/clock.ts';
import { sha256 } from '../../src/kernel/hash.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { AccessLog } from '../../src/gateway/access-log.ts';
import type { CallsTaken } from '../../src/gateway/calls/log.ts';
import { generateAssertionKey } from '../../src/gateway/assertion.ts';
import { Slots } from '../../src/gateway/limits/slots.ts';
import { Windows } from '../../src/gateway/limits/windows.ts';
import { ThreadMetrics } from '../../src/gateway/metrics.ts';
import { Pipeline, steps } from '../../src/gateway/pipeline.ts';
import { Catalogue } from '../../src/gateway/snapshot/catalogue.ts';
import { Freshness } from '../../src/gateway/snapshot/freshness.ts';
import { State } from '../../src/gateway/snapshot/state.ts';
import { openGate } from '../../src/gateway/thread/serve.ts';
import { UsedProofs } from '../../src/gateway/tokens/proofs.ts';
import { addUp } from '../../src/gateway/usage/record.ts';
import type { Exchange, ForwardOptions, Outcome, RequestHead } from '../../src/gateway/wire/exchange.ts';
import { silent } from './stand-in.ts';

export const uuid = '018f0000-0000-7000-8000-000000000002';
const assertionKey = generateAssertionKey();

/** The input of the pipeline from the engine, and the result. */
export class TestExchange implements Exchange {
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

export const pairs = (fields: readonly string[]): Map<string, string> =>
  new Map(Array.from({ length: fields.length / 2 }, (_, i) => [fields[2 * i] ?? '', fields[2 * i + 1] ?? '']));

export const outcome = (status: number, wish: Partial<Outcome> = {}): Outcome => ({
  status,
  requestBytes: 10,
  responseBytes: 20,
  complete: true,
  error: undefined,
  durationUs: 1500,
  upstreamUs: 1000,
  ...wish,
});

export function newKey(kind: 'live' | 'test' = 'live', expiresAt: number | null = null, app = 'app_1') {
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
export const key = newKey();
export const world: SnapshotObject[] = [
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
export const address = '/acme/orders/v1/orders/7';
export const withKey = { 'x-api-key': key.text };

/** The errors with which a call can end, according to the table. */
const named = new Set<ErrorCode>(steps.flatMap(({ refusals }) => refusals));
type Made = ConstructorParameters<typeof TestExchange>;

/** A plan of the world with other limits. */
export const planWith = (wish: Partial<Extract<SnapshotObject, { kind: 'plan' }>>): SnapshotObject => ({
  ...{ kind: 'plan', key: 'pln_1', tenant: 'ten_1', api: 'api_1', slug: 'basic', limits: [], concurrency: null },
  ...wish,
});

const tenantOf = (object: SnapshotObject): string => (object.kind === 'tenant' ? object.key : object.tenant);

/** A thread that begins with `world`, fresh for each test. */
export class OneThread {
  folder = mkdtempSync(join(tmpdir(), 'tulou-pipeline-'));
  logged = '';
  /** The records of single calls that the main thread received. */
  readonly toldCalls: CallsTaken[] = [];
  readonly gate = openGate(
    {
      place: 1,
      threads: 1,
      platformUrl: 'http://platform.test',
      gatewayUrl: 'http://gateway.test',
      upstreamAllow: [],
      fleetKey: undefined,
      trustedProxies: [],
      accessLog: true,
      usageFolder: this.folder,
      segmentPrefix: 'g-b-1',
      assertionKey,
      seed: { low: 1, high: 2 },
      windows: Windows.memoryFor(256),
      slots: Slots.memoryFor(64, 1),
      metrics: ThreadMetrics.memory(),
      usedProofs: UsedProofs.memoryFor(64),
      proofsSinceSeconds: 0,
      freshness: Freshness.memory(),
      heartbeat: new SharedArrayBuffer(4),
    },
    {
      clock: systemClock,
      random: systemRandom,
      log: silent,
      tell: (message) => void (message.type === 'calls' && this.toldCalls.push(message)),
    },
  );
  readonly pipeline = new Pipeline(this.gate, new AccessLog(this.gate.metrics, (text) => (this.logged += text)));
  readonly #catalogue = new Catalogue();
  #seq = 0;

  constructor() {
    this.publish(...world);
  }

  publish(...objects: SnapshotObject[]): void {
    this.#apply(objects.map((object) => ({ kind: object.kind, key: object.key, object, tenant: tenantOf(object) })));
  }

  drop(object: SnapshotObject): void {
    this.#apply([{ kind: object.kind, key: object.key, object: null, tenant: tenantOf(object) }]);
  }

  #apply(lines: { kind: string; key: string; object: unknown; tenant: string }[]): void {
    this.#seq += 1;
    const head = { epoch: 'e', seq: this.#seq, full: this.#seq === 1, count: lines.length };
    const { message } = this.#catalogue.apply(
      head,
      lines.map((line) => ({ seq: head.seq, ...line })),
    );
    this.gate.state = State.next(this.gate.state, message());
  }

  begin(...args: Made): TestExchange {
    const exchange = new TestExchange(...args);
    this.pipeline.begin(exchange);
    return exchange;
  }

  end(exchange: TestExchange, how: Outcome = outcome(exchange.answered?.status ?? 200)): void {
    if (how.status !== 0) this.pipeline.commit([{ exchange, outcome: how }]);
    this.pipeline.end(exchange, how);
  }

  /** Begins and ends a call. The table must name the error that refuses it. */
  call(...args: Made): TestExchange {
    const exchange = this.begin(...args);
    this.end(exchange);
    const { code } = exchange;
    assert.ok(code === undefined || code === 'internal' || named.has(code), `${code} is named by a step`);
    return exchange;
  }

  recorded(): UsageRow[] {
    return readdirSync(this.folder).flatMap((name) => addUp(readFileSync(join(this.folder, name))).rows);
  }

  async close(): Promise<void> {
    await this.gate.spool.close();
    this.gate.calls.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A thread for every test of a suite. */
export function threadForEach(): () => OneThread {
  let thread: OneThread | undefined;
  beforeEach(() => void (thread = new OneThread()));
  afterEach(() => thread?.close());
  return () => thread ?? assert.fail('asked for outside a test');
}
