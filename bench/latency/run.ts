/**
 * The latency that gateways add at a load that they can bear: an open loop at a share of the capacity of the slowest, side
 * by side in one run. README.md says how to read the table.
 */
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generate } from '../measure/load.ts';
import { load, machine } from '../measure/machine.ts';
import { median, show, table } from '../measure/numbers.ts';
import { offer, type Offered } from '../measure/open-loop.ts';
import { haproxyBare } from '../gateway/subjects/haproxy.ts';
import { nginxLua, startUpstream } from '../gateway/subjects/nginx.ts';
import { requirePeers } from '../gateway/subjects/requirements.ts';
import type { Bench, RunningSubject, Subject } from '../gateway/subjects/subject.ts';
import { tulou } from '../gateway/subjects/tulou.ts';

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
    share: { type: 'string', default: '0.6' },
    rate: { type: 'string' },
    out: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
});
const seconds = flags.smoke ? 1 : Number(flags.seconds);
const rounds = flags.smoke ? 1 : Number(flags.rounds);
const connections = Number(flags.connections);

requirePeers();
const folder = await mkdtemp(join(tmpdir(), 'bench-latency-'));
await chmod(folder, 0o755);
const upstream = await startUpstream(folder, 1);
const bench: Bench = { upstream, folder, subjectCore: 0, otherCore: 1, path: '/orders?limit=20', keys: 20 };
const subjects: readonly Subject[] = [haproxyBare, nginxLua(true), tulou];
const running: { subject: Subject; run: RunningSubject }[] = [];
const measured = new Map<string, Offered[]>(subjects.map(({ name }) => [name, []]));
let perSecond = Number(flags.rate ?? 0);
try {
  for (const subject of subjects) running.push({ subject, run: await subject.start(bench) });
  const capacities = [];
  for (const { run } of running) capacities.push(await capacityOf(run));
  const gateway = running.at(-1)?.run.pids()[0];
  if (gateway !== undefined) await apart(gateway);
  if (flags.rate === undefined) perSecond = Math.floor(Number(flags.share) * Math.min(...capacities));
  process.stderr.write(`${perSecond} requests per second; capacities ${capacities.map(show).join(', ')}\n`);
  for (let round = 1; round <= rounds; round += 1) {
    for (const { subject, run } of running) {
      const one = await offer({ ...(await planOf(run)), perSecond, seconds, connections }, bench.otherCore);
      measured.get(subject.name)?.push(one);
      process.stderr.write(`round ${round}  ${subject.name.padEnd(22)} ${JSON.stringify(one)}\n`);
    }
  }
} finally {
  for (const { run } of running.toReversed()) await run.stop();
  await upstream.stop();
  await rm(folder, { recursive: true, force: true });
}
await report();

async function capacityOf({ url, credentials }: RunningSubject): Promise<number> {
  const plan = { url, credentials, headers: { Host: 'api.example.com' }, connections, core: bench.otherCore };
  await generate({ ...plan, seconds: flags.smoke ? 1 : 5 });
  const { requests, seconds: took } = await generate({ ...plan, seconds: flags.smoke ? 1 : 4 });
  return requests / took;
}

async function planOf({ url, credentials }: RunningSubject) {
  const { pathname, search } = new URL(url);
  const fields = credentials.length === 0 ? [''] : credentials.map((text) => `Authorization: ${text}\r\n`);
  const requests = fields.map((field) => `GET ${pathname}${search} HTTP/1.1\r\nHost: api.example.com\r\n${field}\r\n`);
  return { url, requests };
}

/** The thread of the gateway that serves keeps its core; all others of the process go to the other one. */
async function apart(pid: number): Promise<void> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const used = (task: string): number => {
    const fields = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return Number(fields[11]) + Number(fields[12]);
  };
  const [serving] = tasks.toSorted((a, b) => used(b) - used(a));
  for (const task of tasks) {
    const core = task === serving ? bench.subjectCore : bench.otherCore;
    execFileSync('taskset', ['-pc', String(core), task], { stdio: 'ignore' });
  }
}

async function report(): Promise<void> {
  const sums = [...measured].map(([subject, all]) => {
    const of = (value: (one: Offered) => number): number => median(all.map(value));
    return {
      subject,
      p50_us: of((one) => one.p50_us),
      p90_us: of((one) => one.p90_us),
      p99_us: of((one) => one.p99_us),
      p999_us: of((one) => one.p999_us),
      max_us: Math.max(...all.map((one) => one.max_us)),
      generator_p99_us: of((one) => one.generator_p99_us),
      errors: all.reduce((sum, { errors }) => sum + errors, 0),
    };
  });
  const about = machine();
  process.stdout.write(
    `\n${about.processor}, ${about.cores} cores, ${about.system}, Node ${about.node}, load ${load()}\n` +
      `${rounds} rounds of ${seconds} s, ${perSecond} requests per second, ${connections} connections; medians, worst maximum\n\n`,
  );
  const head = ['subject', 'p50 µs', 'p90 µs', 'p99 µs', 'p99.9 µs', 'max µs', 'generator p99 µs', 'errors'];
  const rows = sums.map(({ subject, ...numbers }) => [subject, ...Object.values(numbers).map(show)]);
  process.stdout.write(`${table(head, rows)}\n`);
  if (flags.out !== undefined)
    await writeFile(
      flags.out,
      `${JSON.stringify({ machine: about, perSecond, seconds, sums, measured: [...measured] })}\n`,
    );
  const wrong = sums.filter(({ errors, p50_us }) => errors > 0 || !(p50_us > 0));
  for (const { subject } of wrong) process.stderr.write(`not sane: ${subject}\n`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}
