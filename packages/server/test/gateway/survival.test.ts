import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { figure, isReady, newFolder, openGateway, openUpstream, scene, StandInControl, until } from './stand-in.ts';

describe('a gateway', () => {
  let folder: ReturnType<typeof newFolder>;
  let control: StandInControl;
  let upstream: Awaited<ReturnType<typeof openUpstream>>;
  let world: ReturnType<typeof scene>;
  beforeEach(async () => {
    folder = newFolder();
    control = await new StandInControl().start();
    upstream = await openUpstream();
    world = scene(upstream.url, { plan: { limits: [{ requests: 1_000_000, per: 'day', by: 'subscription' }] } });
    control.put(...world.objects);
  });
  afterEach(async () => {
    await control.stop();
    await upstream.close();
    folder.remove();
  });
  const call = (url: string): Promise<Response> =>
    fetch(`${url}/acme/orders/v1/orders/1`, { headers: { 'x-api-key': world.key.text } });
  const left = (response: Response): number => Number(/r=(\d+)/.exec(response.headers.get('ratelimit') ?? '')?.[1]);

  it('without disk or control is not ready, and serves as soon as control is there', async () => {
    await control.stop();
    const gateway = await openGateway(control.url, folder.path);
    assert.equal((await fetch(`${gateway.admin}/readyz`)).status, 503);
    assert.equal((await fetch(`${gateway.admin}/healthz`)).status, 200);
    assert.equal((await fetch(`${gateway.url}/readyz`)).status, 503);
    assert.equal((await call(gateway.url)).status, 503);
    await control.start();
    await until('ready', isReady(gateway.admin));
    await until('served', async () => (await call(gateway.url)).status === 200);
    await gateway.role.stop();
  });

  it('started while control is down serves from its disk, limited and counted, and reports to control when it is back', async () => {
    const first = await openGateway(control.url, folder.path);
    await until('ready', isReady(first.admin));
    assert.equal(left(await call(first.url)), 999_999);
    control.put({ ...world.plan, slug: 'kept-in-the-log' });
    await until('taken', async () => (await figure(first.admin, 'tulou_gateway_snapshot_seq')) === control.seq);
    await first.role.stop();
    assert.equal(control.counted, 1);

    await control.stop();
    const second = await openGateway(control.url, folder.path);
    assert.equal(await isReady(second.admin)(), true);
    for (let n = 2; n <= 21; n += 1) {
      const response = await call(second.url);
      assert.equal(response.status, 200);
      assert.equal(left(response), 1_000_000 - n);
    }
    await until('spooled', async () => (await figure(second.admin, 'tulou_gateway_spool_segments')) > 0);
    assert.equal(control.counted, 1);
    await control.start();
    await until('counted', () => control.counted >= 21);
    assert.equal(control.counted, 21);
    control.put({ ...world.version, state: 'retired' });
    await until('retired', async () => (await call(second.url)).status === 410);
    await second.role.stop();
  });

  it('keeps what control does not take, and brings it when it does', async () => {
    control.refusesUsage = true;
    const first = await openGateway(control.url, folder.path);
    await until('served', async () => (await call(first.url)).status === 200);
    const calls = upstream.seen.length;
    await first.role.stop();
    assert.equal(control.batches.size, 0);
    control.refusesUsage = false;
    const second = await openGateway(control.url, folder.path);
    await until('counted', () => control.counted >= calls);
    await until('removed', () => !readdirSync(join(folder.path, 'usage')).some((name) => name.endsWith('.seg')));
    await second.role.stop();
  });

  it('finishes running calls when it is stopped, and refuses new connections', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = await openUpstream(() => held);
    control.put({ ...world.version, upstreams: [{ url: slow.url, weight: 1 }] });
    const gateway = await openGateway(control.url, folder.path);
    await until('ready', isReady(gateway.admin));
    const running = call(gateway.url);
    await until('under way', () => slow.seen.length === 1);
    const stopping = gateway.role.stop();
    await until('closed', () =>
      call(gateway.url).then(
        () => false,
        () => true,
      ),
    );
    release();
    const response = await running;
    assert.equal(response.status, 200);
    assert.equal(await response.text(), 'fine');
    await stopping;
    assert.ok(control.counted >= 1);
    await slow.close();
  });

  it('says so when its port is taken, also by another gateway that shares its port with its own threads', async () => {
    const first = await openGateway(control.url, folder.path);
    const port = Number(new URL(first.url).port);
    const other = newFolder();
    await assert.rejects(openGateway(control.url, other.path, { listen: { host: '127.0.0.1', port } }), {
      code: 'EADDRINUSE',
    });
    await first.role.stop();
    other.remove();
  });

  it('replaces a thread that dies, gives back what it held, and goes on counting exactly', async () => {
    let release = (): void => undefined;
    const wait = new Promise<void>((resolve) => (release = resolve));
    const workers: Worker[] = [];
    const note = (worker: Worker): void => void workers.push(worker);
    process.on('worker', note);
    const slow = await openUpstream(() => wait);
    const version = { ...world.version, upstreams: [{ url: slow.url, weight: 1 }] };
    control.put(version, { ...world.plan, concurrency: 4 });
    const gateway = await openGateway(control.url, folder.path);
    await until('ready', isReady(gateway.admin));
    process.off('worker', note);
    // Four calls take all places of the plan, then the threads under them die.
    const lost = Array.from({ length: 4 }, () =>
      call(gateway.url).then(
        () => 'answered',
        () => 'broken off',
      ),
    );
    await until('under way', () => slow.seen.length === 4);
    assert.equal((await call(gateway.url)).status, 429);
    for (const worker of workers) await worker.terminate();
    assert.deepEqual(await Promise.all(lost), Array(4).fill('broken off'));
    await until('replaced', async () => {
      const [deaths, threads] = await Promise.all([
        figure(gateway.admin, 'tulou_gateway_thread_deaths_total'),
        figure(gateway.admin, 'tulou_gateway_threads'),
      ]);
      return deaths === 2 && threads === 2;
    });
    release();
    await until('serving', () =>
      call(gateway.url).then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
    const statuses = await Promise.all(Array.from({ length: 4 }, async () => (await call(gateway.url)).status));
    assert.deepEqual(statuses, [200, 200, 200, 200]);
    await until('at rest', async () => (await figure(gateway.admin, 'tulou_gateway_in_flight')) === 0);
    await gateway.role.stop();
    await slow.close();
  });

  it('does not start in a data folder that another gateway has', async () => {
    const first = await openGateway(control.url, folder.path, { threads: 1 });
    await assert.rejects(openGateway(control.url, folder.path, { threads: 1 }), { code: 'data_in_use' });
    await first.role.stop();
    const second = await openGateway(control.url, folder.path, { threads: 1 });
    await second.role.stop();
  });

  it('starts with a damaged newest base from the one before', async () => {
    const first = await openGateway(control.url, folder.path);
    await until('ready', isReady(first.admin));
    control.epoch = control.epoch.replace('6f0e', '7f0e');
    control.put(world.plan);
    await until('taken', async () => (await figure(first.admin, 'tulou_gateway_snapshot_seq')) === control.seq);
    await first.role.stop();
    await control.stop();
    const bases = readdirSync(join(folder.path, 'snapshot')).filter((name) => name.startsWith('base'));
    assert.equal(bases.length, 2);
    writeFileSync(join(folder.path, 'snapshot', bases.toSorted().at(-1) ?? ''), 'rubbish');
    const second = await openGateway(control.url, folder.path);
    await until('served', async () => (await call(second.url)).status === 200);
    await second.role.stop();
  });

  it('killed with -9 under load has counted every answer that left it, and nothing that was not under way', async () => {
    const inFlight = 16;
    let answered = 0;
    let port = 0;
    for (let round = 0; round < 4; round += 1) {
      const child = spawn(
        process.execPath,
        [fileURLToPath(new URL('child.ts', import.meta.url)), control.url, folder.path, String(port)],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      const { gateway, admin } = JSON.parse(line) as { gateway: string; admin: string };
      port = Number(new URL(gateway).port);
      await until('ready', isReady(admin));
      const before = answered;
      const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
      const load = { on: true };
      const callers = Array.from({ length: inFlight }, async () => {
        while (load.on) if (await answers(agent, gateway)) answered += 1;
      });
      await until('under load', () => answered - before > 500);
      child.kill('SIGKILL');
      await once(child, 'exit');
      load.on = false;
      await Promise.all(callers);
      agent.destroy();
    }
    // The next start ships the remaining segments.
    const gateway = await openGateway(control.url, folder.path);
    await until('counted', () => control.counted >= answered);
    await until('all shipped', async () => (await figure(gateway.admin, 'tulou_gateway_spool_segments')) === 0);
    assert.ok(control.counted >= answered, `${control.counted} counted, ${answered} answered`);
    assert.ok(control.counted - answered <= 4 * inFlight, `${control.counted} counted, ${answered} answered`);
    // The counters too: at most one second of counts is missing, and nothing is counted twice.
    assert.ok(left(await call(gateway.url)) >= 1_000_000 - control.counted - 4 * inFlight - 1);
    await gateway.role.stop();
    rmSync(join(folder.path, 'usage'), { recursive: true });
  });

  /** Whether a complete answer with status 200 arrived. */
  function answers(agent: Agent, url: string): Promise<boolean> {
    return new Promise((resolve) => {
      const sent = request(`${url}/acme/orders/v1/orders/1`, { agent, headers: { 'x-api-key': world.key.text } });
      sent.on('error', () => resolve(false));
      sent.on('response', (response) => {
        response.resume();
        response.on('error', () => resolve(false));
        response.on('close', () => resolve(response.complete && response.statusCode === 200));
      });
      sent.end();
    });
  }
});
