/**
 * The environment of a gateway, small and real: a control that serves the documented feed over HTTP, an upstream that returns
 * the request, and a folder.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  formatCredential,
  idFromUuid,
  parseCredential,
  usageBatch,
  uuidFromId,
  type CallBatch,
  type CallRecord,
  type IdKind,
  type SnapshotObject,
  type UsageRow,
} from '@tulou/contract';
import { systemClock } from '../../src/kernel/clock.ts';
import { sha256 } from '../../src/kernel/hash.ts';
import type { Log } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { startGateway, type GatewayOptions } from '../../src/gateway/gateway.ts';
import type { RunningRole } from '../../src/kernel/role.ts';

export const nodeToken = 'tln_for_tests';
/** The answer of control to every gateway that registers. */
export const fleetKey = Buffer.alloc(32, 9);
export const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

/** The id of `kind` with number `n`: the same in every run. */
export function id<K extends IdKind>(kind: K, n: number): string {
  return idFromUuid(kind, `018f0000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`);
}

/** A key of an app: its text, and the object that control publishes. */
export function newKey(n: number, app: string, tenant: string): { text: string; object: SnapshotObject } {
  const tenantUuid = uuidFromId('tenant', tenant) ?? '';
  const text = formatCredential('live', tenantUuid, systemRandom.bytes(8), systemRandom.bytes(32));
  const credential = parseCredential(text);
  if (credential === undefined) throw new Error('a fresh credential parses');
  return {
    text,
    object: {
      kind: 'key',
      key: credential.id,
      id: id('key', n),
      tenant,
      app,
      environment: 'live',
      hash: sha256(credential.secret),
      expires_at: null,
    },
  };
}

export type VersionObject = Extract<SnapshotObject, { kind: 'version' }>;
export type PlanObject = Extract<SnapshotObject, { kind: 'plan' }>;

/** A provider with an API of one version, and a developer of another tenant with an app, a key and a subscription. */
export function scene(
  upstreamUrl: string,
  wish: { version?: Partial<VersionObject>; plan?: Partial<PlanObject> } = {},
) {
  const [provider, developer] = [id('tenant', 1), id('tenant', 2)];
  const [api, app] = [id('api', 1), id('app', 1)];
  const key = newKey(1, app, developer);
  const version: VersionObject = {
    kind: 'version',
    key: id('version', 1),
    tenant: provider,
    api,
    name: 'v1',
    state: 'live',
    access: 'key',
    upstreams: [{ url: upstreamUrl, weight: 1 }],
    operations: [
      { id: 'listOrders', method: 'GET', path: '/orders' },
      { id: 'getOrder', method: 'GET', path: '/orders/{id}' },
    ],
    timeout_ms: 5000,
    request_bytes_max: 1_000_000,
    deprecated_at: null,
    sunset_at: null,
    ...wish.version,
  };
  const plan: PlanObject = {
    kind: 'plan',
    key: id('plan', 1),
    tenant: provider,
    api,
    slug: 'basic',
    limits: [],
    concurrency: null,
    ...wish.plan,
  };
  const objects: SnapshotObject[] = [
    { kind: 'tenant', key: provider, slug: 'acme', state: 'active' },
    { kind: 'tenant', key: developer, slug: 'dev', state: 'active' },
    { kind: 'api', key: api, tenant: provider, slug: 'orders', hosts: ['orders.example.com'] },
    version,
    plan,
    { kind: 'app', key: app, tenant: developer, slug: 'shop', state: 'active' },
    { kind: 'subscription', key: id('subscription', 1), tenant: developer, app, api, plan: plan.key },
    key.object,
  ];
  return { objects, version, plan, key, provider, developer, api, app };
}

/** Control as a gateway sees it. `put` and `drop` publish changes; `stop` and `start` make it unavailable and available. */
export class StandInControl {
  epoch = '6f0e0f4c-0000-4000-8000-000000000001';
  seq = 0;
  readonly batches = new Map<string, UsageRow[]>();
  readonly registered = new Map<string, { x: string }>();
  refusesUsage = false;
  readonly callBatches = new Map<string, CallBatch>();
  refusesCalls = false;
  port = 0;
  #server: Server | undefined;
  readonly #lines = new Map<string, { seq: number; kind: string; key: string; tenant: string; object: unknown }>();
  #waiting: (() => void)[] = [];

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get rows(): UsageRow[] {
    return [...this.batches.values()].flat();
  }

  /** Records of single calls that control has taken. */
  get calls(): CallRecord[] {
    return [...this.callBatches.values()].flatMap(({ calls }) => calls);
  }

  /** Calls that control has counted. */
  get counted(): number {
    return this.rows.reduce((sum, row) => sum + row.requests, 0);
  }

  async start(): Promise<this> {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    await new Promise<void>((resolve) => this.#server?.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    this.#wake();
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  /** Publishes objects as one commit. */
  put(...objects: SnapshotObject[]): void {
    this.putRaw(
      ...objects.map((object) => ({
        kind: object.kind,
        key: object.key,
        tenant: object.kind === 'tenant' ? object.key : object.tenant,
        object,
      })),
    );
  }

  /** Publishes lines unchanged, including broken ones. */
  putRaw(...lines: { kind: string; key: string; tenant: string; object: unknown }[]): void {
    this.seq += 1;
    for (const line of lines) this.#lines.set(`${line.kind} ${line.key}`, { seq: this.seq, ...line });
    this.#wake();
  }

  drop(object: SnapshotObject): void {
    const tenant = object.kind === 'tenant' ? object.key : object.tenant;
    this.putRaw({ kind: object.kind, key: object.key, tenant, object: null });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    if (request.headers.authorization !== `Bearer ${nodeToken}`) return void response.writeHead(401).end();
    if (url.pathname === '/internal/v1/snapshot') return this.#feed(url, response);
    const body = await bytesOf(request);
    const name = url.pathname.split('/').at(-1) ?? '';
    if (url.pathname.startsWith('/internal/v1/usage/')) {
      if (this.refusesUsage) return void response.writeHead(503).end();
      const batch = usageBatch.parse(JSON.parse(gunzipSync(body).toString()));
      if (batch.segment !== name) return void response.writeHead(400).end();
      if (!this.batches.has(name)) this.batches.set(name, batch.rows);
    } else if (url.pathname.startsWith('/internal/v1/calls/')) {
      if (this.refusesCalls) return void response.writeHead(503).end();
      const batch = JSON.parse(gunzipSync(body).toString()) as CallBatch;
      if (!this.callBatches.has(name)) this.callBatches.set(name, batch);
    } else {
      this.registered.set(name, (JSON.parse(body.toString()) as { public_jwk: { x: string } }).public_jwk);
      return void response.writeHead(200).end(JSON.stringify({ fleet_key: fleetKey.toString('base64url') }));
    }
    return void response.writeHead(204).end();
  }

  async #feed(url: URL, response: ServerResponse): Promise<void> {
    const full = url.searchParams.get('epoch') !== this.epoch;
    const since = Number(url.searchParams.get('since') ?? 0);
    const waitMs = Number(url.searchParams.get('wait_ms') ?? 0);
    if (!full && since === this.seq && waitMs > 0) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        systemClock.after(waitMs, resolve);
      });
    }
    const lines = [...this.#lines.values()].filter((line) => (full ? line.object !== null : line.seq > since));
    const head = { epoch: this.epoch, seq: this.seq, full, count: lines.length };
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.end([head, ...lines, { end: lines.length }].map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

export interface StandInUpstream {
  readonly url: string;
  /** Heads of the received requests, in order. */
  readonly seen: { method: string; url: string; headers: Record<string, string | string[] | undefined> }[];
  close(): Promise<void>;
}

/** An upstream that answers 200 with the request. `hold`: answers wait for it. */
export async function openUpstream(hold?: () => Promise<void>): Promise<StandInUpstream> {
  const seen: StandInUpstream['seen'] = [];
  const server = createServer((request, response) => {
    request.resume();
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
    void Promise.resolve(hold?.()).then(() => response.writeHead(200, { 'content-type': 'text/plain' }).end('fine'));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export function newFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'tulou-gateway-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function optionsFor(controlUrl: string, dataDir: string, wish: Partial<GatewayOptions> = {}): GatewayOptions {
  return {
    listen: { host: '127.0.0.1', port: 0 },
    admin: { host: '127.0.0.1', port: 0 },
    dataDir,
    controlUrl,
    nodeToken,
    platformUrl: 'http://platform.test',
    gatewayUrl: 'http://gateway.test',
    threads: 2,
    upstreamAllow: ['loopback'],
    accessLog: false,
    ...wish,
  };
}

/** A gateway, and the addresses that tests ask. */
export async function openGateway(
  controlUrl: string,
  dataDir: string,
  wish: Partial<GatewayOptions> = {},
  log: Log = silent,
): Promise<{ url: string; admin: string; role: RunningRole }> {
  const role = await startGateway(optionsFor(controlUrl, dataDir, wish), {
    clock: systemClock,
    random: systemRandom,
    log,
  });
  return { url: role.urls['gateway'] ?? '', admin: role.urls['admin'] ?? '', role };
}

/** Asks until the condition holds; fails after ten seconds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = systemClock.monotonic() + 10_000;
  while (!(await holds())) {
    if (systemClock.monotonic() > end) throw new Error(`it never came to this: ${what}`);
    await new Promise<void>((resolve) => systemClock.after(10, resolve));
  }
}

export const isReady = (admin: string) => async (): Promise<boolean> => (await fetch(`${admin}/readyz`)).status === 200;

/** A number of the metrics page. */
export async function figure(admin: string, name: string): Promise<number> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(' ')[1] ?? Number.NaN,
  );
}
