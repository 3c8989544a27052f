/**
 * The cost of a tenant: many tenants, each with an API, a live version, an app and a key, made through the control API.
 * README.md says how to read the figures.
 */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from '../measure/machine.ts';
import { quantile, show, table } from '../measure/numbers.ts';
import { cpuOf, inParallel, newFolder, progress, startMeasured, type MeasuredPlatform } from '../measure/platform.ts';
import { memoryBytes } from '../measure/process.ts';

const { values: flags } = parseArgs({
  options: {
    tenants: { type: 'string', default: '10000' },
    width: { type: 'string', default: '16' },
    out: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
});
const tenants = flags.smoke ? 50 : Number(flags.tenants);
const width = Number(flags.width);
const objectsEach = 5;

interface Held {
  readonly memory: number;
  readonly files: number;
  readonly threads: number;
}

const folder = await newFolder();
const platform = await startMeasured(folder.path);
const results: Record<string, number> = { tenants };
try {
  // The first half warms up. The growth of the second half is the cost of its tenants.
  const half = Math.floor(tenants / 2);
  await makeTenants(0, half);
  await settled();
  const before = { control: held(platform.pids.control), gateway: held(platform.pids.gateway) };
  const cpuBefore = cpuOf(platform);
  const seconds = await makeTenants(half, tenants - half);
  const cpuAfter = cpuOf(platform);
  results['writes_per_second'] = ((tenants - half) * objectsEach) / seconds;
  results['tenants_per_second'] = (tenants - half) / seconds;
  for (const part of ['control', 'database'] as const) {
    results[`${part}_cpu_ms_per_write`] = (cpuAfter[part] - cpuBefore[part]) / ((tenants - half) * objectsEach);
  }
  results['live_after_last_write_ms'] = await live(`t${tenants - 1}`);
  await settled();
  const after = { control: held(platform.pids.control), gateway: held(platform.pids.gateway) };
  for (const role of ['control', 'gateway'] as const) {
    results[`${role}_memory_mb`] = after[role].memory / 2 ** 20;
    results[`${role}_bytes_per_tenant`] = (after[role].memory - before[role].memory) / (tenants - half);
    results[`${role}_files_opened_since`] = after[role].files - before[role].files;
    results[`${role}_threads_started_since`] = after[role].threads - before[role].threads;
  }
  Object.assign(results, await lists(), await snapshotSize(platform));
} finally {
  await platform.stop();
  await folder.remove();
}
const about = machine();
process.stdout.write(
  `${about.processor}, ${about.cores} cores, Node ${about.node}; ${tenants} tenants, ${width} writers\n\n`,
);
process.stdout.write(
  `${table(
    ['', 'value'],
    Object.entries(results).map(([name, value]) => [name.replaceAll('_', ' '), show(value)]),
  )}\n`,
);
if (flags.out !== undefined)
  await writeFile(flags.out, `${JSON.stringify({ machine: about, ...results }, undefined, 2)}\n`);
if (flags.smoke && (results['search_hits'] !== 1 || results['listed'] !== tenants)) {
  process.stderr.write('not sane: a tenant is missing from a list or a search\n');
  process.exit(1);
}

async function makeTenants(from: number, count: number): Promise<number> {
  const { control } = platform;
  const tell = progress('tenants', count);
  return inParallel(count, width, async (index) => {
    const slug = `t${from + index}`;
    await control.send('POST', '/tenants', { slug, name: `Tenant number ${from + index}` });
    await control.send('POST', `/tenants/${slug}/apis`, { slug: 'main', name: 'Main' });
    await control.send('POST', `/tenants/${slug}/apis/main/versions`, {
      name: 'v1',
      upstreams: [{ url: 'http://127.0.0.1:9' }],
      access: 'key',
      state: 'live',
    });
    await control.send('POST', `/tenants/${slug}/apps`, { slug: 'app', name: 'App' });
    await control.send('POST', `/tenants/${slug}/apps/app/keys`, { environment: 'live' });
    tell();
  });
}

/** Milliseconds until the gateway knows the version of a tenant: without a key, that is a 401 and no longer a 404. */
async function live(slug: string): Promise<number> {
  const start = performance.now();
  for (;;) {
    const response = await fetch(`${platform.gateway}/${slug}/main/v1/`);
    await response.arrayBuffer();
    if (response.status === 401) return performance.now() - start;
    if (performance.now() - start > 30_000) throw new Error(`the gateway answers ${response.status} for ${slug}`);
  }
}

/** Memory must not count uncollected garbage, so the roles get some quiet seconds first. */
async function settled(): Promise<void> {
  await new Promise((resolve) => void setTimeout(resolve, flags.smoke ? 500 : 8000));
}

function held(pid: number): Held {
  const count = (what: string): number => readdirSync(`/proc/${pid}/${what}`).length;
  return { memory: memoryBytes(pid), files: count('fd'), threads: count('task') };
}

async function lists(): Promise<Record<string, number>> {
  const times: Record<'list' | 'search' | 'get', number[]> = { list: [], search: [], get: [] };
  const timed = async <T>(into: number[], work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    const value = await work();
    into.push(performance.now() - start);
    return value;
  };
  let listed = 0;
  for (let cursor: unknown = ''; typeof cursor === 'string';) {
    const path = `/tenants?limit=200${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = await timed(times.list, () => platform.control.find(path));
    listed += ((page?.body['items'] ?? []) as unknown[]).length;
    cursor = page?.body['next'];
  }
  let hits = 0;
  for (let n = 0; n < 100; n += 1) {
    const slug = `t${Math.floor((n * tenants) / 100)}`;
    const found = await timed(times.search, () => platform.control.find(`/tenants?search=${slug}&limit=200`));
    const items = (found?.body['items'] ?? []) as { slug: string }[];
    hits += items.some((item) => item.slug === slug) ? 1 : 0;
    await timed(times.get, () => platform.control.find(`/tenants/${slug}/apis`));
  }
  return {
    listed,
    search_hits: hits / 100,
    ...Object.fromEntries(
      Object.entries(times).flatMap(([name, all]) => [
        [`${name}_p50_ms`, quantile(all, 0.5)],
        [`${name}_p99_ms`, quantile(all, 0.99)],
      ]),
    ),
  };
}

/** The whole configuration as a gateway gets it, and as it keeps it on disk. */
async function snapshotSize({ platform: url, data }: MeasuredPlatform): Promise<Record<string, number>> {
  const token = (await readFile(join(data, 'node.token'), 'utf8')).trim();
  const start = performance.now();
  const response = await fetch(`${url}/internal/v1/snapshot?since=0`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { length } = await response.text();
  const disk = join(data, 'gateway', 'snapshot');
  const names = await readdir(disk, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(disk, name))).size));
  return {
    snapshot_read_ms: performance.now() - start,
    snapshot_mb: length / 2 ** 20,
    snapshot_bytes_per_tenant: length / tenants,
    gateway_disk_mb: sizes.reduce((sum, size) => sum + size, 0) / 2 ** 20,
  };
}
