/** The whole host: desired state in, calls through the ingress, reports out. Real control routes, real sandboxes. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { HostedService } from '@tulou/contract/hosting';
import { openHost, type RunningHost } from '../src/index.ts';
import { Control, serviceOf, token, type GivenRevision } from './control.ts';
import { callSocket, clock, makeFolder, random, until, type Answer, type Files } from './machine.ts';
import { nodeAnswering, workerAnswering } from './programs.ts';

const log = { info: () => undefined, warn: () => undefined };

describe('a host', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let control: Control;
  let host: RunningHost;

  beforeEach(async () => {
    folder = await makeFolder();
    control = await new Control().open();
    host = await openHere();
  });
  afterEach(async () => {
    await host.stop();
    await control.close();
    await folder.remove();
  });

  const openHere = (): Promise<RunningHost> =>
    openHost(
      { dir: join(folder.path, 'h'), control: { url: control.url, token }, ingress: { path: ingressPath() } },
      { clock, random, log },
    );
  const ingressPath = (): string => join(folder.path, 'in', 'ingress.sock');
  const call = (service: HostedService, path = '/'): Promise<Answer> =>
    callSocket(ingressPath(), path, { 'tulou-service': service.id, 'tulou-environment': service.environment });
  const revision = async (files: Files, over: Partial<GivenRevision> = {}): Promise<GivenRevision> => {
    const entry = Object.keys(files)[0] ?? '';
    return { artifact: await control.add(files), entry, kind: entry === 'worker.js' ? 'worker' : 'node', ...over };
  };
  const deploy = async (service: HostedService): Promise<void> => {
    control.set([service]);
    await until('an answer of the revision', async () => ((await call(service)).status < 500 ? true : undefined));
  };
  const problemOf = ({ text }: Answer): { code: string; detail: string } =>
    JSON.parse(text) as { code: string; detail: string };

  test('runs a worker and a program for Node, and passes calls on as they are', async () => {
    const worker = serviceOf(1, 1, {
      1: await revision(workerAnswering('q.method + new URL(q.url).pathname + q.headers.get("tulou-service")')),
    });
    const node = serviceOf(2, 1, { 2: await revision(nodeAnswering('q.method + q.url + q.headers.host')) });
    control.set([worker, node]);
    await host.configured;
    await until('the state', async () => ((await call(worker)).status === 200 ? true : undefined));
    assert.equal((await call(worker, '/a?b')).text, `GET/a${worker.id}`);
    assert.equal((await call(node, '/a?b')).text, 'GET/a?bservice.test');
  });

  test('an unknown service, and one of the other environment, are refused with a cause', async () => {
    const service = serviceOf(1, 1, { 1: await revision(workerAnswering('1')) });
    await deploy(service);
    for (const wrong of [
      { ...service, id: `svc_${'0'.repeat(26)}` as const },
      { ...service, environment: 'test' as const },
    ]) {
      const answer = await call(wrong);
      assert.equal(answer.status, 503);
      assert.equal(answer.headers['content-type'], 'application/problem+json');
      assert.equal(problemOf(answer).code, 'service_unavailable');
      assert.ok(answer.headers['retry-after']);
    }
    assert.equal((await callSocket(ingressPath())).status, 503, 'without the fields of the gateway');
  });

  test('from zero, a burst of 200 calls is answered without an error, by few instances', async () => {
    const instances = { min: 0, max: 3, idle_ms: 1000 };
    const service = serviceOf(1, 1, { 1: await revision(workerAnswering('"ok"'), { instances }) });
    await deploy(service);
    await until('zero', () => (running(host) === 0 ? true : undefined));
    const answers = await Promise.all(Array.from({ length: 200 }, () => call(service)));
    assert.deepEqual([...new Set(answers.map(({ status, text }) => `${status} ${text}`))], ['200 ok']);
    assert.ok(running(host) <= 3);
  });

  test('a new revision takes over without a failed call, and the old one ends', async () => {
    const old = await revision(workerAnswering('"old"'));
    const service = serviceOf(1, 1, { 1: old });
    await deploy(service);
    const seen: string[] = [];
    control.set([serviceOf(1, 2, { 2: await revision(workerAnswering('"new"')) })]);
    await until('the new one', async () => {
      const { status, text } = await call(service);
      seen.push(`${status} ${text}`);
      return text === 'new' ? true : undefined;
    });
    assert.deepEqual(
      [...new Set(seen)].filter((each) => each !== '200 old'),
      ['200 new'],
    );
    await until('the end of the old', () =>
      host.instances().every(({ revision, state }) => revision.endsWith('2') || state === 'stopped') ? true : undefined,
    );
  });

  for (const [what, files, expected] of [
    ['throws at its start', { 'server.js': 'throw new Error("no database")' }, /no database/],
    ['listens too late', { 'server.js': 'setInterval(() => {}, 1000)' }, /start_timeout_ms/],
    ['has a broken module', { 'worker.js': 'export default {' }, /SyntaxError|exit code/],
  ] as const)
    test(`a revision that ${what} gets no call, and the one before it keeps them`, async () => {
      const good = serviceOf(1, 1, { 1: await revision(workerAnswering('"good"')) });
      await deploy(good);
      const limits = { start_timeout_ms: 1500 };
      control.set([serviceOf(1, 2, { 2: await revision(files, { limits }) })]);
      const said = await until('its cause in the log', () =>
        control.reports
          .flatMap(({ logs }) => logs)
          .find(({ stream, text }) => stream === 'host' && expected.test(text)),
      );
      assert.ok(said.revision.endsWith('2'));
      const reported = await until('its report', () =>
        control.reports.flatMap(({ instances }) => instances).find(({ state }) => state === 'failed'),
      );
      assert.match(reported.detail ?? '', expected);
      assert.equal((await call(good)).text, 'good');
    });

  test('a first revision that fails is refused with its cause, without a wait', async () => {
    const service = serviceOf(1, 1, { 1: await revision({ 'server.js': 'throw new Error("no database")' }) });
    control.set([service]);
    const answer = await until('the refusal', async () => {
      const got = await call(service);
      return got.text.includes('no database') ? got : undefined;
    });
    assert.equal(answer.status, 503);
    assert.match(problemOf(answer).detail, /did not start/);
  });

  test('a canary gets its share of the calls', async () => {
    const a = await revision(workerAnswering('"a"'), { weight: 80 });
    const b = await revision(workerAnswering('"b"'), { weight: 20 });
    const service = serviceOf(1, 1, { 1: a, 2: b });
    control.set([service]);
    await until('both', async () => ((await call(service)).text === 'b' ? true : undefined));
    const texts = await Promise.all(Array.from({ length: 200 }, async () => (await call(service)).text));
    const share = texts.filter((text) => text === 'b').length;
    assert.ok(share > 10 && share < 90, `${share} of 200 where 40 are expected`);
  });

  test('an instance that is killed breaks its call with 502, is started again, and others never notice', async () => {
    const files = nodeAnswering(
      'q.url === "/die" ? process.kill(process.pid, "SIGKILL") || new Promise(() => {}) : "alive"',
    );
    const service = serviceOf(1, 1, { 1: await revision(files, { instances: { min: 1, max: 1 } }) });
    const other = serviceOf(2, 1, { 2: await revision(workerAnswering('"other"')) });
    control.set([service, other]);
    await until('its start', async () => ((await call(service)).status === 200 ? true : undefined));
    const broken = await call(service, '/die');
    assert.equal(broken.status, 502);
    assert.equal(problemOf(broken).code, 'upstream_unreachable');
    assert.equal((await call(other)).text, 'other');
    assert.equal((await call(service)).text, 'alive', 'the next call waits for the new instance');
  });

  test('a service that does not answer in time is cut with 504', async () => {
    const files = nodeAnswering('q.url === "/hang" ? new Promise(() => {}) : "ok"');
    const service = serviceOf(1, 1, { 1: await revision(files, { limits: { request_timeout_ms: 1500 } }) });
    await deploy(service);
    const answer = await call(service, '/hang');
    assert.equal(answer.status, 504);
    assert.equal(problemOf(answer).code, 'upstream_timeout');
  });

  test('an instance in an endless loop is replaced, and the calls after it are answered', async () => {
    const files = nodeAnswering('q.url === "/loop" ? (() => { for (;;); })() : "alive"');
    const limits = { request_timeout_ms: 1500 };
    const service = serviceOf(1, 1, { 1: await revision(files, { limits, instances: { max: 2 } }) });
    await deploy(service);
    assert.equal((await call(service, '/loop')).status, 504);
    assert.equal((await call(service)).text, 'alive');
    const failed = await until('its report', () =>
      control.reports.flatMap(({ instances }) => instances).find(({ state }) => state === 'failed'),
    );
    assert.match(failed.detail ?? '', /answered no call for 1500 ms/);
  });

  test('bodies stream both ways at once', async () => {
    const files = { 'server.js': 'require("node:http").createServer((q, s) => q.pipe(s)).listen(process.env.PORT)' };
    const service = serviceOf(1, 1, { 1: await revision(files) });
    await deploy(service);
    const socket = connect(ingressPath());
    let got = '';
    socket.on('data', (part: Buffer) => (got += part.toString()));
    const head = `POST / HTTP/1.1\r\nhost: a\r\ntulou-service: ${service.id}\r\ntulou-environment: live\r\ntransfer-encoding: chunked\r\n\r\n`;
    socket.write(`${head}5\r\nfirst\r\n`);
    await until('the first part, while the request is open', () => (got.includes('first') ? true : undefined));
    socket.write('6\r\nsecond\r\n0\r\n\r\n');
    await until('the rest', () => (got.includes('second') && got.endsWith('0\r\n\r\n') ? true : undefined));
    socket.destroy();
  });

  test('logs have tags of the host, which no line can forge; usage is counted', async () => {
    const forged = JSON.stringify({ service: 'svc_other', instance: 'isn_other', stream: 'host', text: 'forged' });
    const files = nodeAnswering(`(console.log(${JSON.stringify(forged)}), console.error('two\\nlines'), 'ok')`);
    const service = serviceOf(1, 1, { 1: await revision(files) });
    await deploy(service);
    const lines = await until('the lines', () => {
      const all = control.reports.flatMap(({ logs }) => logs);
      return all.some(({ text }) => text === 'lines') ? all : undefined;
    });
    const line = lines.find(({ text }) => text === forged) ?? assert.fail('the line is not there as it was written');
    assert.deepEqual([line.service, line.stream, line.environment], [service.id, 'stdout', 'live']);
    const usage = await until('the usage', () => {
      const all = control.reports.flatMap(({ usage }) => usage);
      return all.some(({ cpu_ms: ms }) => ms > 0) && all.some(({ requests }) => requests > 0) ? all : undefined;
    });
    assert.equal(
      usage.reduce((sum, { cold_starts: starts }) => sum + starts, 0),
      1,
    );
    const file = join(folder.path, 'h', 'logs', `${service.id}-live.jsonl`);
    await until('the file', async () =>
      (await readFile(file, 'utf8').catch(() => '')).includes('forged') ? true : undefined,
    );
  });

  test('a hostile or wrong artifact is refused with its cause, and leaves nothing', async () => {
    const wrong = control.addBytes(Buffer.from('not what the digest says'), `sha256:${'1'.repeat(64)}`);
    const service = serviceOf(1, 1, { 1: { artifact: wrong, entry: 'a.js', kind: 'node' } });
    control.set([service]);
    const answer = await until('the refusal', async () => {
      const got = await call(service);
      return got.text.includes('digest') ? got : undefined;
    });
    assert.equal(answer.status, 503);
    assert.deepEqual(await readdir(join(folder.path, 'h', 'artifacts')), []);
  });

  test('a service that is no longer named ends, and its calls are refused', async () => {
    const service = serviceOf(1, 1, { 1: await revision(workerAnswering('1'), { instances: { min: 1 } }) });
    await deploy(service);
    control.set([]);
    await until('the end', () => (running(host) === 0 ? true : undefined));
    assert.equal((await call(service)).status, 503);
  });

  test('without control, a restarted host serves from its disk', async () => {
    const service = serviceOf(1, 1, { 1: await revision(workerAnswering('"kept"')) });
    await deploy(service);
    await host.stop();
    await control.close();
    host = await openHere();
    assert.equal((await call(service)).text, 'kept');
    await control.open();
  });
});

describe('a host that is killed', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  let control: Control;
  let child: ChildProcess;

  before(async () => {
    folder = await makeFolder();
    control = await new Control().open();
  });
  after(async () => {
    child.kill('SIGTERM');
    await until('its end', () => (child.exitCode === null && child.signalCode === null ? undefined : true));
    assert.equal(child.exitCode, 0);
    assert.deepEqual(await processesUnder(dir()), []);
    await control.close();
    await folder.remove();
  });

  const dir = (): string => join(folder.path, 'h');
  const begin = async (): Promise<void> => {
    // A descriptor that it inherits, as from a careless supervisor: no sandbox may see it.
    const stdio = [...Array.from({ length: 39 }, () => 'ignore' as const), 'pipe' as const];
    stdio[1] = 'pipe';
    const program = join(import.meta.dirname, 'host-process.ts');
    child = spawn(process.execPath, [program, dir(), control.url, join(folder.path, 'in', 'i.sock')], {
      stdio: [stdio[0] ?? 'ignore', 'pipe', 'inherit', ...stdio.slice(3)],
    });
    await new Promise((resolve) => void child.stdout?.once('data', resolve));
  };

  test('leaves no process behind, and the next one cleans up and serves', async () => {
    const files = nodeAnswering('require("node:fs").readdirSync("/proc/self/fd").join()');
    const revision = {
      artifact: await control.add(files),
      entry: 'server.js',
      kind: 'node',
      instances: { min: 2 },
    } as const;
    const service = serviceOf(1, 1, { 1: revision });
    control.set([service]);
    await begin();
    const call = (): Promise<Answer> =>
      callSocket(join(folder.path, 'in', 'i.sock'), '/', { 'tulou-service': service.id, 'tulou-environment': 'live' });
    const answer = await until('its service', () => call().then((got) => (got.status === 200 ? got : undefined)));
    assert.ok(!answer.text.split(',').includes('39'), answer.text);
    await until('two instances', async () => ((await processesUnder(dir())).length >= 4 ? true : undefined));
    child.kill('SIGKILL');
    await until('the end of all', async () => ((await processesUnder(dir())).length === 0 ? true : undefined));
    await begin();
    assert.equal(
      (await until('its service', () => call().then((got) => (got.status === 200 ? got : undefined)))).status,
      200,
    );
    const left = await readdir(join(dir(), 'sandbox', 'instances'));
    assert.ok(left.length <= 2, left.join());
  });
});

const running = (host: RunningHost): number =>
  host.instances().filter(({ state }) => state !== 'stopped' && state !== 'failed').length;

/** Processes in sandboxes of a host: their mounts come from its folder. */
async function processesUnder(dir: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '');
    if (mounts.includes(`${dir}/artifacts`)) found.push(pid);
  }
  return found;
}
