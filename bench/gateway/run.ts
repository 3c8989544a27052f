/**
 * The cost of a request in several gateways, in one run: the same upstream, the same load, the subject alone on one core and
 * everything else on another. README.md says how to read the table.
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generate, type LoadResult } from '../measure/load.ts';
import { load, machine } from '../measure/machine.ts';
import { median, show, table } from '../measure/numbers.ts';
import { cpuParts, memoryBytes } from '../measure/process.ts';
import { fastifyProxy } from './subjects/fastify.ts';
import { haproxyBare } from './subjects/haproxy.ts';
import { requirePeers } from './subjects/requirements.ts';
import { nginxBare, nginxLua, startUpstream } from './subjects/nginx.ts';
import type { Bench, RunningSubject, Subject } from './subjects/subject.ts';
import { tulou } from './subjects/tulou.ts';

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
    only: { type: 'string', multiple: true },
    out: { type: 'string' },
    smoke: { type: 'boolean', default: false },
  },
});
const seconds = flags.smoke ? 1 : Number(flags.seconds);
const rounds = flags.smoke ? 1 : Number(flags.rounds);
const warmSeconds = flags.smoke ? 1 : 6;
const connections = Number(flags.connections);

requirePeers();

interface Measurement extends LoadResult {
  readonly subject: string;
  readonly round: number;
  readonly cpu_us: number;
  /** The part in the kernel: reading, writing, waiting. */
  readonly cpu_kernel_us: number;
  readonly memory_bytes: number;
}

const direct: Subject = {
  name: 'direct',
  does: 'nothing: the upstream itself',
  start: () =>
    Promise.resolve({
      url: `http://127.0.0.1:${upstream.port}${bench.path}`,
      credentials: [],
      pids: upstream.pids,
      stop: () => Promise.resolve(),
    }),
};
const subjects = [direct, haproxyBare, nginxBare, nginxLua(true), nginxLua(false), fastifyProxy, tulou].filter(
  ({ name }) =>
    flags.only === undefined || flags.only.some((wanted) => name.toLowerCase().includes(wanted.toLowerCase())),
);
const headers = {
  Host: 'api.example.com',
  'User-Agent': 'bench/1',
  Accept: 'application/json',
  'Accept-Encoding': 'identity',
  'X-Request-Source': 'storefront',
};

const folder = await mkdtemp(join(tmpdir(), 'bench-gateway-'));
await chmod(folder, 0o755);
const upstream = await startUpstream(folder, 1);
const bench: Bench = {
  upstream,
  folder,
  subjectCore: 0,
  otherCore: 1,
  path: '/orders?limit=20',
  keys: flags.smoke ? 3 : 100,
};
const running: { subject: Subject; run: RunningSubject }[] = [];
const measurements: Measurement[] = [];
try {
  for (const subject of subjects) {
    process.stderr.write(`starting ${subject.name}\n`);
    running.push({ subject, run: await subject.start(bench) });
  }
  for (const { run } of running) await measure(run, warmSeconds);
  for (let round = 1; round <= rounds; round += 1) {
    for (const { subject, run } of running) {
      const measurement = { subject: subject.name, round, ...(await measure(run, seconds)) };
      measurements.push(measurement);
      process.stderr.write(
        `round ${round}  ${subject.name.padEnd(22)} ${show(measurement.cpu_us)} µs, ` +
          `${show(measurement.requests / measurement.seconds)}/s, ${measurement.errors} errors\n`,
      );
    }
  }
} finally {
  for (const { run } of running.toReversed()) await run.stop();
  await upstream.stop();
  await rm(folder, { recursive: true, force: true });
}
await report();

async function measure(
  { url, credentials, pids }: RunningSubject,
  forSeconds: number,
): Promise<Omit<Measurement, 'subject' | 'round'>> {
  const before = used(pids());
  const result = await generate({
    url,
    credentials,
    headers,
    connections,
    seconds: forSeconds,
    core: bench.otherCore,
  });
  const after = used(pids());
  return {
    ...result,
    cpu_us: ((after.user + after.kernel - before.user - before.kernel) * 1000) / result.requests,
    cpu_kernel_us: ((after.kernel - before.kernel) * 1000) / result.requests,
    memory_bytes: pids().reduce((sum, pid) => sum + memoryBytes(pid), 0),
  };
}

function used(pids: readonly number[]): { user: number; kernel: number } {
  const parts = pids.map(cpuParts);
  return {
    user: parts.reduce((sum, { user }) => sum + user, 0),
    kernel: parts.reduce((sum, { kernel }) => sum + kernel, 0),
  };
}

async function report(): Promise<void> {
  const sums = subjects.map(({ name, does }) => {
    const own = measurements.filter(({ subject }) => subject === name);
    const of = (value: (one: Measurement) => number): number => median(own.map(value));
    return {
      subject: name,
      does,
      cpu_us: of((one) => one.cpu_us),
      cpu_kernel_us: of((one) => one.cpu_kernel_us),
      requests_per_second: of((one) => one.requests / one.seconds),
      p50_us: of((one) => one.p50_us),
      p99_us: of((one) => one.p99_us),
      memory_mb: of((one) => one.memory_bytes) / 2 ** 20,
      errors: own.reduce((sum, { errors }) => sum + errors, 0),
    };
  });
  const cpuOf = (name: string): number => sums.find(({ subject }) => subject === name)?.cpu_us ?? Number.NaN;
  const [haproxy, lua] = [cpuOf(haproxyBare.name), cpuOf(nginxLua(true).name)];
  const rows = sums.map((one) => [
    one.subject,
    show(one.cpu_us),
    show(one.cpu_kernel_us),
    show(one.cpu_us / haproxy),
    show(one.cpu_us / lua),
    show(one.requests_per_second),
    show(one.p50_us),
    show(one.p99_us),
    show(one.memory_mb),
    String(one.errors),
  ]);
  const about = machine();
  process.stdout.write(
    `\n${about.processor}, ${about.cores} cores, ${about.system}, Node ${about.node}, load ${load()}\n`,
  );
  process.stdout.write(`${rounds} rounds of ${seconds} s, ${connections} connections; medians\n\n`);
  const head = [
    'subject',
    'CPU µs/request',
    'in kernel',
    '× HAProxy',
    '× nginx+Lua',
    'requests/s',
    'p50 µs',
    'p99 µs',
    'memory MB',
    'errors',
  ];
  process.stdout.write(`${table(head, rows)}\n`);
  if (flags.out !== undefined)
    await writeFile(
      flags.out,
      `${JSON.stringify({ machine: about, rounds, seconds, connections, sums, measurements }, undefined, 2)}\n`,
    );
  if (flags.smoke) assertSane(sums);
}

/** Checks what a few seconds can show: each subject answers without an error, and its processor time is measurable. */
function assertSane(
  sums: readonly { subject: string; cpu_us: number; requests_per_second: number; errors: number }[],
): void {
  const wrong = sums.filter(
    ({ cpu_us, requests_per_second, errors }) => !(cpu_us > 0) || requests_per_second < 100 || errors > 0,
  );
  for (const { subject } of wrong) process.stderr.write(`not sane: ${subject}\n`);
  if (wrong.length > 0) process.exit(1);
}
