/** One tenant floods, another works: the other's latency beside its latency alone, in one run. README.md says how to read it. */
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { machine } from '../measure/machine.ts';
import { quantile, show, table } from '../measure/numbers.ts';
import { newFolder, startMeasured } from '../measure/platform.ts';

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    'at-once': { type: 'string', default: '64' },
    out: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
});
const seconds = flags.smoke ? 2 : Number(flags.seconds);
const atOnce = flags.smoke ? 16 : Number(flags['at-once']);
/** The other tenant sends one request per interval, independent of the duration of the last one. */
const periodMs = 25;
/** Below this value, the scheduler determines a latency more than our code does. */
const floorMs = 25;

interface Tenant {
  readonly slug: string;
  readonly token: string;
}

interface Measured {
  readonly latencies: readonly number[];
  readonly failed: number;
}

const folder = await newFolder();
const platform = await startMeasured(folder.path);
const failures: string[] = [];
const results: Record<string, unknown> = {};
try {
  const flooder = await makeTenant('flooder');
  const victim = await makeTenant('victim');
  await work(victim, 1);
  const alone = await work(victim, seconds);
  const rows = [rowOf('alone', alone, alone, '')];
  for (const kind of ['reads', 'wrong credentials', 'imports', 'exports', 'sign-ins']) {
    const flood = await startFlood(kind, flooder);
    const beside = await work(victim, seconds);
    rows.push(rowOf(kind, beside, alone, await flood.stop()));
    if (beside.failed > 0) failures.push(`${kind}: ${beside.failed} requests of the other tenant failed`);
    await delay(500);
  }
  const head = ['flood', 'requests', 'failed', 'p50 ms', 'p99 ms', '× p99 alone', 'answers to the flood'];
  process.stdout.write(`${JSON.stringify(machine())}\n\n${table(head, rows)}\n`);
} finally {
  await platform.stop();
  await folder.remove();
}
if (flags.out !== undefined)
  await writeFile(flags.out, `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`);
for (const failure of failures) process.stderr.write(`${failure}\n`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function makeTenant(slug: string): Promise<Tenant> {
  const { control } = platform;
  await control.send('POST', '/tenants', { slug, name: slug });
  const member = await control.send('POST', `/tenants/${slug}/members`, { email: `owner@${slug}.test`, role: 'owner' });
  const made = await control.send('POST', `/tenants/${slug}/tokens`, { member: member.body['id'], name: 'bench' });
  await control.send('POST', `/tenants/${slug}/apis`, { slug: 'orders', name: 'Orders' });
  return { slug, token: String(made.body['token']) };
}

/** An open loop: a late request does not delay the next one, so a stall counts for every request that it delays. */
async function work({ slug, token }: Tenant, forSeconds: number): Promise<Measured> {
  const latencies: number[] = [];
  let failed = 0;
  const url = `${platform.platform}/api/v1/tenants/${slug}/apis`;
  const one = async (): Promise<void> => {
    const begun = performance.now();
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    await response.arrayBuffer();
    if (response.ok) latencies.push(performance.now() - begun);
    else failed += 1;
  };
  const running: Promise<void>[] = [];
  const begun = performance.now();
  for (let n = 0; n * periodMs < forSeconds * 1000; n += 1) {
    await delay(Math.max(0, begun + n * periodMs - performance.now()));
    running.push(one().catch(() => void (failed += 1)));
  }
  await Promise.all(running);
  return { latencies, failed };
}

async function startFlood(kind: string, { slug, token }: Tenant): Promise<{ stop(): Promise<string> }> {
  const plan = JSON.stringify({ kind, platform: platform.platform, tenant: slug, token, atOnce });
  const child = spawn(process.execPath, [join(import.meta.dirname, 'flood.ts'), plan], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (piece: Buffer) => {
      said += piece.toString();
      if (said.startsWith('ready\n')) resolve();
    });
    child.once('close', () => reject(new Error(`the flood of ${kind} ended by itself`)));
  });
  return {
    async stop() {
      child.kill('SIGTERM');
      await ended;
      const counts = JSON.parse(said.trim().split('\n').at(-1) ?? '{}') as Record<string, number>;
      return Object.entries(counts)
        .map(([status, count]) => `${count} × ${status}`)
        .join(', ');
    },
  };
}

function rowOf(name: string, measured: Measured, alone: Measured, flood: string): readonly string[] {
  const [p50, p99] = [quantile(measured.latencies, 0.5), quantile(measured.latencies, 0.99)];
  const ratio = p99 / Math.max(floorMs, quantile(alone.latencies, 0.99));
  results[name] = {
    requests: measured.latencies.length,
    failed: measured.failed,
    p50_ms: p50,
    p99_ms: p99,
    ratio,
    flood,
  };
  const numbers = [measured.latencies.length, measured.failed].map(String);
  return [name, ...numbers, show(p50), show(p99), show(ratio), flood];
}
