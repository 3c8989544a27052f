/**
 * Many issuers in one process: each tenant's own, with an app that its tenant has installed, made through the control API.
 * README.md says how to read the figures.
 */
import { Agent, request } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { machine } from '../measure/machine.ts';
import { quantile, show, table } from '../measure/numbers.ts';
import { cpuOf, inParallel, newFolder, progress, startMeasured } from '../measure/platform.ts';
import { memoryBytes } from '../measure/process.ts';

const { values: flags } = parseArgs({
  options: {
    issuers: { type: 'string', default: '1000' },
    requests: { type: 'string', default: '10000' },
    width: { type: 'string', default: '16' },
    warm: { type: 'string', default: '250' },
    out: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
});
const issuers = flags.smoke ? 30 : Number(flags.issuers);
const requests = flags.smoke ? 200 : Number(flags.requests);
const width = Number(flags.width);
const discovery = '/.well-known/openid-configuration';

interface Client {
  readonly host: string;
  readonly resource: string;
  readonly basic: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

// The platform keeps fewer issuers ready than there are.
// All requests come from one address.
process.env['TULOU_IDENTITY_REQUESTS_PER_SECOND'] = '1000000';
process.env['TULOU_WARM_ISSUERS'] = flags.smoke ? '10' : flags.warm;
const folder = await newFolder();
const platform = await startMeasured(folder.path);
const { port } = new URL(platform.platform);
const agent = new Agent({ keepAlive: true, maxSockets: width });
const results: Record<string, number> = { issuers };
let failed = 0;
try {
  const empty = memoryBytes(platform.pids.control);
  const clients = await makeIssuers();
  // Every issuer for the first time in this process, one after the other: its keys are read and its provider is built.
  const cold = await timed(clients.length, 1, (n) => discover(at(clients, n)));
  const before = cpuOf(platform);
  // There are more issuers than kept providers, in random order, so most of these requests find no provider.
  const order = Array.from({ length: requests }, (_, n) => at(clients, (n * 7919) % clients.length));
  const thrashed = await timed(requests, width, (n) => (n % 2 === 0 ? discover(at(order, n)) : issue(at(order, n))));
  const after = cpuOf(platform);
  const busy = memoryBytes(platform.pids.control);
  await settled();
  const quiet = memoryBytes(platform.pids.control);
  const same = at(clients, 0);
  const warm = await timed(Math.min(500, requests), 1, () => discover(same));
  const foreign = await timed(Math.min(500, requests), 1, (n) => unknown(`nobody-${n}.test`));
  Object.assign(results, {
    ...spread('cold', cold),
    ...spread('warm', warm),
    ...spread('thrashing', thrashed),
    ...spread('unknown_host', foreign),
    thrashing_control_cpu_ms: (after.control - before.control) / requests,
    thrashing_database_cpu_ms: (after.database - before.database) / requests,
    requests: cold.length + requests,
    failed,
    control_memory_before_mb: empty / 2 ** 20,
    control_memory_thrashing_mb: busy / 2 ** 20,
    control_memory_mb: quiet / 2 ** 20,
  });
} finally {
  agent.destroy();
  await platform.stop();
  await folder.remove();
}
const about = machine();
process.stdout.write(
  `${about.processor}, ${about.cores} cores, Node ${about.node}; ${issuers} issuers, ${width} at once\n\n`,
);
process.stdout.write(
  `${table(
    ['', 'value'],
    Object.entries(results).map(([name, value]) => [name.replaceAll('_', ' '), show(value)]),
  )}\n`,
);
if (flags.out !== undefined)
  await writeFile(flags.out, `${JSON.stringify({ machine: about, ...results }, undefined, 2)}\n`);
if (failed > 0) {
  process.stderr.write(`not sane: ${failed} requests failed\n`);
  process.exit(1);
}

/** Memory must not count uncollected garbage, so the role gets some quiet seconds first. */
async function settled(): Promise<void> {
  await new Promise((resolve) => void setTimeout(resolve, flags.smoke ? 500 : 15_000));
}

function at<T>(list: readonly T[], n: number): T {
  const found = list[n];
  if (found === undefined) throw new RangeError(`there is no number ${n}`);
  return found;
}

async function makeIssuers(): Promise<readonly Client[]> {
  const { control } = platform;
  const tell = progress('issuers', issuers);
  const clients: Client[] = [];
  await inParallel(issuers, width, async (n) => {
    const slug = `t${n}`;
    const host = `${slug}.issuers.test`;
    const { body: tenant } = await control.send('POST', '/tenants', { slug, name: `Tenant ${n}` });
    await control.send('PUT', `/tenants/${slug}/issuer`, { host, name: `Tenant ${n}` });
    await control.send('POST', `/tenants/${slug}/apps`, { slug: 'app', name: 'App' });
    const { body: client } = await control.send('POST', `/tenants/${slug}/apps/app/clients`, {
      name: 'service',
      environment: 'live',
      authentication: 'client_secret_basic',
      grant_types: ['client_credentials'],
    });
    await control.send('POST', `/tenants/${slug}/installations`, { app: `${slug}/app` });
    const credentials = `${String(client['id'])}:${String(client['client_secret'])}`;
    clients[n] = {
      host,
      resource: `urn:tulou:tenant:${String(tenant['id'])}`,
      basic: Buffer.from(credentials).toString('base64'),
    };
    tell();
  });
  return clients;
}

/** Milliseconds of each of `count` pieces of work, `lanes` at a time. */
async function timed(count: number, lanes: number, work: (n: number) => Promise<void>): Promise<readonly number[]> {
  const times: number[] = [];
  await inParallel(count, lanes, async (n) => {
    const start = performance.now();
    await work(n);
    times.push(performance.now() - start);
  });
  return times;
}

function spread(name: string, times: readonly number[]): Record<string, number> {
  return {
    [`${name}_p50_ms`]: quantile(times, 0.5),
    [`${name}_p99_ms`]: quantile(times, 0.99),
    [`${name}_max_ms`]: quantile(times, 1),
  };
}

async function discover({ host }: Client): Promise<void> {
  const { status, text } = await send(host, 'GET', discovery);
  expect(status === 200 && text.includes(`"issuer":"http://${host}:${port}"`), `${host} ${status} ${text}`);
}

async function issue({ host, resource, basic }: Client): Promise<void> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', resource }).toString();
  const headers = { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' };
  const { status, text } = await send(host, 'POST', '/oauth2/token', headers, body);
  expect(status === 200 && text.includes('access_token'), `${host} ${status} ${text}`);
}

async function unknown(host: string): Promise<void> {
  const { status } = await send(host, 'GET', discovery);
  expect(status === 421, `${host} ${status}`);
}

function expect(isSo: boolean, what: string): void {
  if (isSo) return;
  if (failed === 0) process.stderr.write(`${what.slice(0, 300)}\n`);
  failed += 1;
}

/** To the platform's listener, under any host name. */
function send(
  host: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = { method, path, agent, headers: { ...headers, host: `${host}:${port}` } };
    const outgoing = request({ hostname: '127.0.0.1', port, ...sent }, (message) => {
      let text = '';
      message.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      message.on('end', () => resolve({ status: message.statusCode ?? 0, text }));
    });
    outgoing.on('error', reject).end(body);
  });
}
