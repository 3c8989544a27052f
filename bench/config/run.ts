/**
 * How soon a change is live: a large configuration, traffic, and twenty changes a second through the control API, each
 * watched at the gateway until it shows. README.md says how to read the figures.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { Agent, createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from '../measure/machine.ts';
import { median, quantile, show, table } from '../measure/numbers.ts';
import { inParallel, newFolder, progress, startMeasured, type MeasuredPlatform } from '../measure/platform.ts';
import { memoryBytes, startPinned } from '../measure/process.ts';
import type { Traffic } from './traffic.ts';

const { values: flags } = parseArgs({
  options: {
    routes: { type: 'string', default: '10000' },
    keys: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '60' },
    changes: { type: 'string', default: '20' },
    calls: { type: 'string', default: '500' },
    width: { type: 'string', default: '16' },
    out: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
});
const routes = flags.smoke ? 40 : Number(flags.routes);
const keys = flags.smoke ? 60 : Number(flags.keys);
const seconds = flags.smoke ? 3 : Number(flags.seconds);
const width = Number(flags.width);
const routesPerTenant = 100;
const keysPerApp = 500;
const kinds = ['key_issued', 'key_revoked', 'version_published', 'upstream_changed'] as const;

/** Prepares a change of each kind. */
const changes: Readonly<Record<(typeof kinds)[number], (n: number, key: string) => Promise<Change>>> = {
  async key_issued() {
    let text = '';
    return {
      make: async () =>
        void (text = String(
          (await platform.control.send('POST', '/tenants/dev/apps/app0/keys', { environment: 'live' })).body['key'],
        )),
      seen: async () => (await statusOf(`${platform.gateway}/p0/a0/v1/`, text)) === 200,
    };
  },
  async key_revoked() {
    const { body } = await platform.control.send('POST', '/tenants/dev/apps/app0/keys', { environment: 'live' });
    const text = String(body['key']);
    await until(() => statusOf(`${platform.gateway}/p0/a0/v1/`, text), 200);
    return {
      make: () => platform.control.remove(`/tenants/dev/apps/app0/keys/${String(body['id'])}`),
      seen: async () => (await statusOf(`${platform.gateway}/p0/a0/v1/`, text)) === 401,
    };
  },
  async version_published(n, key) {
    return {
      make: async () =>
        void (await platform.control.send('POST', '/tenants/p0/apis/a0/versions', {
          name: `n${n}`,
          upstreams: [{ url: upstreamUrl }],
          access: 'key',
          state: 'live',
        })),
      seen: async () => (await statusOf(`${platform.gateway}/p0/a0/n${n}/`, key)) === 200,
    };
  },
  async upstream_changed(n, key) {
    // A version of its own for each, so that two changes of one are not taken for each other.
    await platform.control.send('POST', '/tenants/p0/apis/a0/versions', {
      name: `u${n}`,
      upstreams: [{ url: upstreamUrl }],
      access: 'key',
      state: 'live',
    });
    const url = `${platform.gateway}/p0/a0/u${n}/`;
    await until(() => statusOf(url, key), 200);
    return {
      make: async () =>
        void (await platform.control.send('PATCH', `/tenants/p0/apis/a0/versions/u${n}`, {
          upstreams: [{ url: `${upstreamUrl}/moved` }],
        })),
      seen: async () => (await answerOf(url, key)).body === '/moved/',
    };
  },
};

const folder = await newFolder();
const upstream = await startEcho();
const upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
const results: Record<string, number> = {
  routes,
  keys,
  changes_per_second: Number(flags.changes),
  calls_per_second: Number(flags.calls),
};
let platform: MeasuredPlatform = await startMeasured(folder.path);
const agent = new Agent({ keepAlive: true });
try {
  const held = await fill();
  await until(() => statusOf(`${platform.gateway}/p0/a0/v1/`, held.keys.at(-1) ?? ''), 200);
  const traffic = startTraffic({ urls: held.urls, keys: held.keys.slice(0, 1000), perSecond: Number(flags.calls) });
  await churn(held.keys[0] ?? '');
  const { calls, failed } = await traffic.end();
  Object.assign(results, { calls, calls_failed: Object.values(failed).reduce((sum, n) => sum + n, 0) });
  if (Object.keys(failed).length > 0) process.stderr.write(`failed calls: ${JSON.stringify(failed)}\n`);
  await platform.stop();
  results['gateway_from_disk_ms'] = await startFromDisk(held.keys[0] ?? '');
  const start = performance.now();
  platform = await startMeasured(folder.path);
  results['whole_start_ms'] = performance.now() - start;
} finally {
  agent.destroy();
  await platform.stop();
  upstream.closeAllConnections();
  upstream.close();
  await folder.remove();
}
const about = machine();
process.stdout.write(`${about.processor}, ${about.cores} cores, Node ${about.node}\n\n`);
process.stdout.write(
  `${table(
    ['', 'value'],
    Object.entries(results).map(([name, value]) => [name.replaceAll('_', ' '), show(value)]),
  )}\n`,
);
if (flags.out !== undefined)
  await writeFile(flags.out, `${JSON.stringify({ machine: about, ...results }, undefined, 2)}\n`);
if (flags.smoke && (results['calls_failed'] !== 0 || !((results['changes'] ?? 0) > 10))) {
  process.stderr.write('not sane: calls failed, or changes were not seen\n');
  process.exit(1);
}

/** The upstream answers with the path it was called with, so that a changed upstream shows. */
async function startEcho(): Promise<Server> {
  const server = createServer((request, response) => void response.end(request.url));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return server;
}

interface Filled {
  readonly urls: readonly string[];
  readonly keys: readonly string[];
}

/** Providers with an API and a live version for each route; one developer with apps, subscriptions and all the keys. */
async function fill(): Promise<Filled> {
  const { control } = platform;
  const tenantOf = (n: number): string => `p${Math.floor(n / routesPerTenant)}`;
  await inParallel(
    Math.ceil(routes / routesPerTenant),
    width,
    async (n) => void (await control.send('POST', '/tenants', { slug: `p${n}`, name: `Provider ${n}` })),
  );
  const tellRoutes = progress('routes', routes);
  const routesTook = await inParallel(routes, width, async (n) => {
    const api = `/tenants/${tenantOf(n)}/apis`;
    await control.send('POST', api, { slug: `a${n}`, name: `API ${n}` });
    await control.send('POST', `${api}/a${n}/versions`, {
      name: 'v1',
      upstreams: [{ url: upstreamUrl }],
      access: 'key',
      state: 'live',
    });
    tellRoutes();
  });
  await control.send('POST', '/tenants/p0/apis/a0/plans', { slug: 'free', limits: [], approval: 'auto' });
  await control.send('POST', '/tenants', { slug: 'dev', name: 'Developer' });
  const apps = Math.ceil(keys / keysPerApp);
  await inParallel(apps, width, async (n) => {
    await control.send('POST', '/tenants/dev/apps', { slug: `app${n}`, name: `App ${n}` });
    await control.send('POST', '/tenants/dev/subscriptions', { app: `app${n}`, api: 'p0/a0', plan: 'free' });
  });
  const texts: string[] = [];
  const tellKeys = progress('keys', keys);
  const keysTook = await inParallel(keys, width, async (n) => {
    const { body } = await control.send('POST', `/tenants/dev/apps/app${n % apps}/keys`, { environment: 'live' });
    texts.push(String(body['key']));
    tellKeys();
  });
  Object.assign(results, {
    route_writes_per_second: (2 * routes) / routesTook,
    key_writes_per_second: keys / keysTook,
  });
  return { urls: [`${platform.gateway}/p0/a0/v1/x`], keys: texts };
}

/** A change, and the check that says whether the gateway has it. */
interface Change {
  readonly make: () => Promise<void>;
  readonly seen: () => Promise<boolean>;
}

/** Makes changes at their pace for the set time, each watched until it shows, and samples memory meanwhile. */
async function churn(key: string): Promise<void> {
  const took: Record<string, number[]> = {};
  const answered: number[] = [];
  const memory: { gateway: number; control: number }[] = [];
  const sample = setInterval(
    () => memory.push({ gateway: memoryBytes(platform.pids.gateway), control: memoryBytes(platform.pids.control) }),
    1000,
  );
  const running: Promise<void>[] = [];
  const start = performance.now();
  const total = seconds * Number(flags.changes);
  for (let n = 0; n < total; n += 1) {
    const due = start + (n * 1000) / Number(flags.changes);
    await new Promise((resolve) => void setTimeout(resolve, Math.max(0, due - performance.now())));
    running.push(one(n, key, took, answered));
  }
  await Promise.all(running);
  clearInterval(sample);
  const all = Object.values(took).flat();
  Object.assign(results, {
    changes: all.length,
    change_answered_p50_ms: quantile(answered, 0.5),
    change_answered_p99_ms: quantile(answered, 0.99),
    live_p50_ms: quantile(all, 0.5),
    live_p99_ms: quantile(all, 0.99),
    live_max_ms: Math.max(...all),
    ...Object.fromEntries(Object.entries(took).map(([kind, times]) => [`live_p99_ms_${kind}`, quantile(times, 0.99)])),
  });
  const part = Math.max(1, Math.floor(memory.length / 4));
  for (const role of ['gateway', 'control'] as const) {
    results[`${role}_memory_mb`] = median(memory.slice(-part).map((one) => one[role])) / 2 ** 20;
    results[`${role}_memory_grew_mb`] =
      (median(memory.slice(-part).map((one) => one[role])) - median(memory.slice(0, part).map((one) => one[role]))) /
      2 ** 20;
  }
}

async function one(n: number, key: string, took: Record<string, number[]>, answered: number[]): Promise<void> {
  const kind = kinds[n % kinds.length] ?? 'key_issued';
  const { make, seen } = await changes[kind](n, key);
  const begun = performance.now();
  await make();
  const start = performance.now();
  answered.push(start - begun);
  while (!(await seen()))
    if (performance.now() - start > 10_000) throw new Error(`change ${n} (${kind}) is not live after 10 s`);
  (took[kind] ??= []).push(performance.now() - start);
}

function answerOf(url: string, key: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { authorization: `Bearer ${key}` } }, (response) => {
      let body = '';
      response.on('data', (piece: Buffer) => void (body += piece.toString()));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
    }).once('error', reject);
  });
}

async function statusOf(url: string, key: string): Promise<number> {
  return (await answerOf(url, key)).status;
}

async function until(look: () => Promise<number>, wanted: number): Promise<void> {
  const start = performance.now();
  while ((await look()) !== wanted)
    if (performance.now() - start > 60_000) throw new Error('the gateway does not get there within a minute');
}

interface RunningTraffic {
  end(): Promise<{ calls: number; failed: Record<string, number> }>;
}

function startTraffic(traffic: Traffic): RunningTraffic {
  const child: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, 'traffic.ts'), JSON.stringify(traffic)],
    { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] },
  );
  let said = '';
  child.stdout?.on('data', (piece: Buffer) => void (said += piece.toString()));
  const ended = new Promise((resolve) => child.once('close', resolve));
  return {
    async end() {
      child.kill('SIGTERM');
      await ended;
      return JSON.parse(said) as { calls: number; failed: Record<string, number> };
    },
  };
}

/** The gateway alone, with no control plane to ask: from the start of its process to the first call answered. */
async function startFromDisk(key: string): Promise<number> {
  const { port } = new URL(platform.gateway);
  const env = {
    ...process.env,
    TULOU_DATA: platform.data,
    TULOU_CONTROL_URL: platform.platform,
    TULOU_NODE_TOKEN_FILE: join(platform.data, 'node.token'),
    TULOU_GATEWAY_LISTEN: `127.0.0.1:${port}`,
    TULOU_ADMIN_LISTEN: '127.0.0.1:0',
    TULOU_UPSTREAM_ALLOW: 'loopback',
    TULOU_PLATFORM_URL: platform.platform,
    TULOU_LOG_LEVEL: 'error',
  };
  const tulou = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'bin', 'tulou');
  const start = performance.now();
  const gateway = startPinned(undefined, ['sh', tulou, 'gateway'], env);
  try {
    for (;;) {
      const status = await statusOf(`${platform.gateway}/p0/a0/v1/`, key).catch(() => 0);
      if (status === 200) return performance.now() - start;
      if (performance.now() - start > 60_000) throw new Error(`the gateway answers ${status} after a minute`);
      await new Promise((resolve) => void setTimeout(resolve, 5));
    }
  } finally {
    await gateway.stop();
  }
}
