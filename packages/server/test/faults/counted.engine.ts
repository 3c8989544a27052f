/** Every answered call is counted after any kill, and calls continue while everything except the gateway is down. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/kernel/clock.ts';
import { openLog } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { openCluster } from '../../src/store/embedded/cluster.ts';
import { ensureMasterKey } from '../../src/up/master-key.ts';
import { ensureToken } from '../../src/up/tokens.ts';
import { familyOf, temporary, tulou, until, untilGone, up, type Started } from './platform.ts';
import { call, callers, openUpstream, publish, untilServed } from './published.ts';

const kills = 20;
const callersCount = 16;

/** A port that is free now. A role needs the same port after a restart, so it cannot use any port. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => void server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Waits until a role answers. If it ends before, its output is the error. */
async function untilAnswers(role: Started, url: string): Promise<void> {
  let ended: Error | undefined;
  role.ready.catch((error: unknown) => (ended = error instanceof Error ? error : new Error(String(error))));
  await until(async () => {
    if (ended !== undefined) throw ended;
    return fetch(url).then(
      ({ status }) => status === 200,
      () => false,
    );
  });
}

describe('a gateway that is killed', () => {
  it('has counted every call it answered, over twenty kills under load', async (t) => {
    const folder = await temporary();
    const upstream = await openUpstream();
    const platform = await up({ data: join(folder.path, 'data') });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    // A gateway of its own, beside the platform's, so that no supervisor waits longer after each kill.
    const start = (): Started =>
      tulou('gateway', {
        data: join(folder.path, 'second'),
        ports: [],
        env: {
          TULOU_CONTROL_URL: platform.at.platform,
          TULOU_PLATFORM_URL: platform.at.platform,
          TULOU_NODE_TOKEN_FILE: join(platform.at.data, 'node.token'),
          TULOU_UPSTREAM_ALLOW: 'loopback',
          TULOU_GATEWAY_LISTEN: `127.0.0.1:${port}`,
          TULOU_ADMIN_LISTEN: '127.0.0.1:0',
        },
      });
    let gateway = start();
    try {
      const { key, counted } = await publish(platform.at.platform, platform.at.data, upstream.url, 1_000_000_000);
      await untilServed(url, key);
      const load = callers(() => url, key, callersCount);
      const untilAnswered = (more: number): Promise<void> => {
        const goal = load.answered() + more;
        return until(() => Promise.resolve(load.answered() >= goal));
      };
      for (let round = 1; round <= kills; round += 1) {
        await untilAnswered(200);
        gateway.kill('SIGKILL');
        await gateway.ended;
        gateway = start();
      }
      await untilAnswered(200);
      await load.stop();
      gateway.kill('SIGTERM');
      assert.equal((await gateway.ended).code, 0);
      // A drained gateway has sent everything, including the data of its killed predecessors.
      const answered = 1 + load.answered();
      const total = await counted();
      t.diagnostic(`${answered} answered, ${total} counted, ${load.failed()} not answered, ${kills} kills`);
      assert.ok(total >= answered, `counted ${total}, answered ${answered}`);
      // A call is counted just before its last byte is sent. A kill in between leaves a call that is counted and not seen.
      assert.ok(total - answered <= kills * callersCount, `counted ${total}, answered ${answered}`);
    } finally {
      gateway.kill('SIGTERM');
      platform.kill('SIGTERM');
      await Promise.all([gateway.ended, platform.ended]);
      upstream.close();
      await folder.remove();
    }
  });
});

/** Starts roles as an operator does who runs each by itself, on ports that stay the same. */
async function rolesOn(
  databaseUrl: string,
  data: string,
  ports: { control: number; gateway: number; adminOfControl: number; adminOfGateway: number },
): Promise<(role: 'control' | 'gateway') => Started> {
  await ensureToken(join(data, 'operator.token'), 'operator', systemRandom);
  await ensureToken(join(data, 'node.token'), 'node', systemRandom);
  await ensureMasterKey(join(data, 'master.key'), systemRandom);
  const env = {
    TULOU_DATABASE_URL: databaseUrl,
    TULOU_CONTROL_URL: `http://127.0.0.1:${ports.control}`,
    TULOU_PLATFORM_URL: `http://127.0.0.1:${ports.control}`,
    TULOU_GATEWAY_URL: `http://127.0.0.1:${ports.gateway}`,
    TULOU_UPSTREAM_ALLOW: 'loopback',
    TULOU_PLATFORM_LISTEN: `127.0.0.1:${ports.control}`,
    TULOU_GATEWAY_LISTEN: `127.0.0.1:${ports.gateway}`,
  };
  return (role) => {
    const admin = role === 'control' ? ports.adminOfControl : ports.adminOfGateway;
    return tulou(role, { data, ports: [], env: { ...env, TULOU_ADMIN_LISTEN: `127.0.0.1:${admin}` } });
  };
}

describe('control, worker and PostgreSQL away', () => {
  it('calls go on, limited and counted, also after the gateway was killed; usage arrives when they are back', async () => {
    const folder = await temporary();
    const upstream = await openUpstream();
    const data = join(folder.path, 'data');
    await mkdir(data);
    const cluster = await openCluster(
      { dir: folder.path, fallback: folder.path, connectionsMax: 50, durable: false },
      systemClock,
      openLog('test', 'error'),
    );
    let database = await cluster.start();
    const [control = 0, gateway = 0, adminOfControl = 0, adminOfGateway = 0] = await Promise.all(
      Array.from({ length: 4 }, freePort),
    );
    const platformUrl = `http://127.0.0.1:${control}`;
    const gatewayUrl = `http://127.0.0.1:${gateway}`;
    const start = await rolesOn(cluster.url, data, { control, gateway, adminOfControl, adminOfGateway });
    let controlRole = start('control');
    await untilAnswers(controlRole, `${platformUrl}/api/v1/openapi.json`);
    let gatewayRole = start('gateway');
    try {
      const limit = 60;
      const { key, counted } = await publish(platformUrl, data, upstream.url, limit);
      await untilServed(gatewayUrl, key);
      let answered = 1;
      controlRole.kill('SIGKILL');
      await controlRole.ended;
      await database.stop();
      for (let n = 0; n < 20; n += 1) assert.equal(await call(gatewayUrl, key), 200);
      answered += 20;

      const family = await familyOf(gatewayRole.pid);
      gatewayRole.kill('SIGKILL');
      await gatewayRole.ended;
      await untilGone(family);
      gatewayRole = start('gateway');
      await untilAnswers(gatewayRole, `${gatewayUrl}/readyz`);
      await untilServed(gatewayUrl, key);
      answered += 1;
      let refused = 0;
      for (let n = 0; n < limit + 10; n += 1) {
        const status = await call(gatewayUrl, key);
        assert.ok(status === 200 || status === 429, `status ${status}`);
        answered += 1;
        if (status === 429) refused += 1;
      }
      // Counters are saved every second, so a kill may lose the newest counts; later counts are exact.
      assert.ok(refused >= 11, `${refused} of ${limit + 11} calls were refused, the plan allows ${limit}`);

      database = await cluster.start();
      controlRole = start('control');
      await untilAnswers(controlRole, `${platformUrl}/api/v1/openapi.json`);
      await until(async () => (await counted().catch(() => 0)) >= answered);
      assert.equal(await counted(), answered);
    } finally {
      gatewayRole.kill('SIGTERM');
      controlRole.kill('SIGTERM');
      await Promise.all([gatewayRole.ended, controlRole.ended]);
      await database.stop();
      upstream.close();
      await folder.remove();
    }
  });
});
