/** The cost of each kind of credential in a whole call, and the cost of issuing a token. README.md says how to read the figures. */
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { signed, type Signing } from '../../packages/server/src/gateway/signatures/sample-signer.ts';
import { machine } from '../measure/machine.ts';
import { median, show, table } from '../measure/numbers.ts';
import { cpuOf, inParallel, newFolder, startMeasured, type MeasuredPlatform } from '../measure/platform.ts';
import { cpuMs } from '../measure/process.ts';

const { values: flags } = parseArgs({
  options: {
    calls: { type: 'string', default: '5000' },
    rounds: { type: 'string', default: '7' },
    out: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
});
const calls = flags.smoke ? 200 : Number(flags.calls);
const rounds = flags.smoke ? 2 : Number(flags.rounds);
const connections = 16;
const path = '/acme/orders/v1/orders/7';

type Fields = readonly string[];
interface Subject {
  readonly name: string;
  /** Fields of the call with this number. */
  readonly fields: () => Fields;
}

const upstream = createServer((asked, response) => void asked.resume().once('end', () => response.end('fine')));
await new Promise<void>((resolve) => void upstream.listen(0, '127.0.0.1', resolve));
const folder = await newFolder();
process.env['TULOU_GATEWAY_THREADS'] = '1';
process.env['TULOU_IDENTITY_REQUESTS_PER_SECOND'] = '1000000';
const platform = await startMeasured(folder.path);
try {
  const client = await publish(platform, `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`);
  const subjects = await subjectsOf(platform, client);
  const agents = Array.from({ length: connections }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  for (const { fields } of subjects) await warm(platform, agents, fields);
  const costs = await measureCalls(platform, agents, subjects);
  const base = median(costs[0]?.micros ?? []);
  const rows = costs.map(({ name, micros, database }) => [
    name,
    show(median(micros)),
    show(median(micros) / base),
    show(database),
  ]);
  const issued = await measureIssue(platform, client);
  process.stdout.write(`${JSON.stringify(machine())}\n\n`);
  process.stdout.write(`${table(['whole call', 'gateway CPU µs', '× key', 'PostgreSQL CPU µs'], rows)}\n\n`);
  const issue = [['client credentials', show(issued.control), show(issued.database)]];
  process.stdout.write(`${table(['token issue', 'control CPU µs', 'PostgreSQL CPU µs'], issue)}\n`);
  if (flags.out !== undefined) await writeFile(flags.out, `${JSON.stringify({ machine: machine(), costs, issued })}\n`);
  for (const agent of agents) agent.destroy();
} finally {
  await platform.stop();
  upstream.close();
  await folder.remove();
}

interface Client {
  readonly id: string;
  readonly secret: string;
  readonly tenant: string;
}

/** acme publishes, globex has the app, mall has installed it. */
async function publish({ control }: MeasuredPlatform, url: string): Promise<Client> {
  const made = async (at: string, body: object): Promise<Record<string, unknown>> =>
    (await control.send('POST', at, body)).body;
  let tenant = '';
  for (const slug of ['acme', 'globex', 'mall']) tenant = String((await made('/tenants', { slug, name: slug }))['id']);
  await made('/tenants/acme/apis', { slug: 'orders', name: 'Orders' });
  const words = { en: 'Read orders', zh: '读取订单' };
  await made('/tenants/acme/apis/orders/scopes', { name: 'read', risk: 'low', title: words, description: words });
  await made('/tenants/acme/apis/orders/versions', { name: 'v1', upstreams: [{ url }], access: 'any', state: 'live' });
  await made('/tenants/acme/apis/orders/plans', { slug: 'p', limits: [], approval: 'auto' });
  await made('/tenants/globex/apps', {
    slug: 'shop',
    name: 'Shop',
    visibility: 'public',
    scopes: ['acme/orders:read'],
  });
  await made('/tenants/globex/subscriptions', { app: 'shop', api: 'acme/orders', plan: 'p' });
  await made('/tenants/mall/installations', { app: 'globex/shop' });
  const client = await made('/tenants/globex/apps/shop/clients', {
    name: 'c',
    environment: 'live',
    authentication: 'client_secret_basic',
    grant_types: ['client_credentials'],
  });
  return { id: String(client['id']), secret: String(client['client_secret']), tenant };
}

async function subjectsOf(running: MeasuredPlatform, client: Client): Promise<Subject[]> {
  const issue = async (body: object): Promise<Record<string, unknown>> =>
    (await running.control.send('POST', '/tenants/globex/apps/shop/keys', { environment: 'live', ...body })).body;
  const key = await issue({});
  const token = await tokenOf(running, client);
  const hmac = await issue({ kind: 'hmac-sha256' });
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const edwards = await issue({ kind: 'ed25519', public_key: publicKey.export({ format: 'jwk' }).x });
  let serial = 0;
  const signedBy = (made: Record<string, unknown>, how: Signing['sign']) => (): Fields => {
    const signing = { object: { key: String(made['credential_id']) }, sign: how };
    return signed(signing, Date.now(), { url: running.gateway + path, params: { nonce: String((serial += 1)) } });
  };
  const hmacSign = (base: string): Buffer => createHmac('sha256', String(hmac['key'])).update(base).digest();
  return [
    { name: 'key', fields: () => ['x-api-key', String(key['key'])] },
    { name: 'token', fields: () => ['authorization', `Bearer ${token}`] },
    { name: 'signed, HMAC', fields: signedBy(hmac, hmacSign) },
    { name: 'signed, Ed25519', fields: signedBy(edwards, (base) => sign(null, Buffer.from(base), privateKey)) },
  ];
}

async function tokenOf({ platform: url }: MeasuredPlatform, { id, secret, tenant }: Client): Promise<string> {
  const response = await fetch(`${url}/oauth2/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: `urn:tulou:tenant:${tenant}` }).toString(),
  });
  const { access_token: token } = (await response.json()) as { access_token?: string };
  if (token === undefined) throw new Error(`no token: ${response.status}`);
  return token;
}

function call(gateway: string, agent: Agent, fields: Fields): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(gateway + path, { agent }, (response) => {
      response.resume().once('close', () => resolve(response.statusCode ?? 0));
    });
    asked.once('error', reject);
    for (let at = 0; at < fields.length; at += 2) asked.setHeader(fields[at] ?? '', fields[at + 1] ?? '');
    asked.end();
  });
}

/** Calls until the gateway knows the credential, and some more calls, so that the code is compiled. */
async function warm({ gateway }: MeasuredPlatform, agents: readonly Agent[], fields: () => Fields): Promise<void> {
  const [agent = new Agent()] = agents;
  const end = performance.now() + 10_000;
  while ((await call(gateway, agent, fields())) !== 200) if (performance.now() > end) throw new Error('never accepted');
  await many(gateway, agents, fields, Math.min(calls, 2000));
}

async function many(gateway: string, agents: readonly Agent[], fields: () => Fields, count: number): Promise<void> {
  const free = [...agents];
  await inParallel(count, agents.length, async () => {
    const agent = free.pop() ?? new Agent();
    const status = await call(gateway, agent, fields());
    if (status !== 200) throw new Error(`a call was answered ${status}`);
    free.push(agent);
  });
}

/** The subjects take turns, so that other load of the machine affects all of them. */
async function measureCalls(running: MeasuredPlatform, agents: readonly Agent[], subjects: readonly Subject[]) {
  const costs = subjects.map(({ name }) => ({ name, micros: [] as number[], database: 0 }));
  for (let round = 0; round < rounds; round += 1) {
    for (const [n, { fields }] of subjects.entries()) {
      const before = { gateway: cpuMs(running.pids.gateway), database: cpuOf(running).database };
      await many(running.gateway, agents, fields, calls);
      costs[n]?.micros.push(((cpuMs(running.pids.gateway) - before.gateway) * 1000) / calls);
      const cost = costs[n];
      if (cost !== undefined) cost.database += ((cpuOf(running).database - before.database) * 1000) / calls / rounds;
    }
  }
  return costs;
}

async function measureIssue(running: MeasuredPlatform, client: Client): Promise<{ control: number; database: number }> {
  const count = Math.min(2000, calls);
  const issue = (): Promise<number> => inParallel(count, 8, () => tokenOf(running, client).then(() => undefined));
  await issue();
  const before = cpuOf(running);
  await issue();
  const after = cpuOf(running);
  const micros = (part: 'control' | 'database'): number => ((after[part] - before[part]) * 1000) / count;
  return { control: micros('control'), database: micros('database') };
}
