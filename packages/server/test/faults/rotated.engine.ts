/** Signing keys change under load: no token is refused for that. A removed key is refused within two seconds. */
import assert from 'node:assert/strict';
import type { Agent } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { callOn, connections, Fleet, type FleetGateway } from './fleet.ts';

const withinMs = 2000;
const rotations = 5;
const removals = 5;
const connectionsEach = 16;

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const kidOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString()) as { kid: string }).kid;
const pause = (ms: number): Promise<void> => new Promise((resolve) => void clock.after(ms, resolve));

interface Call {
  readonly mintedAt: number;
  readonly kid: string;
  readonly status: number;
}

describe('the keys of the issuer', () => {
  let fleet: Fleet;
  let gateways: FleetGateway[];
  let client: Awaited<ReturnType<Fleet['makeClient']>>;
  before(async () => {
    fleet = await Fleet.start();
    client = await fleet.makeClient();
    gateways = [await fleet.openGateway('one'), await fleet.openGateway('two')];
    for (const { url } of gateways)
      await untilStatus(connections(1)[0] as Agent, url, await fleet.token(client.config), 200);
  });
  after(() => fleet.stop());

  async function untilStatus(agent: Agent, url: string, token: string, status: number): Promise<void> {
    while ((await callOn(agent, url, bearer(token))) !== status) await pause(5);
  }

  /** New tokens all the time. Each is used immediately and again at every gateway, and every earlier token once more. */
  function openLoad() {
    const stopping = new AbortController();
    const calls: Call[] = [];
    const minted: { token: string; at: number }[] = [];
    const one = async (): Promise<void> => {
      const agents = gateways.map(({ url }) => ({ url, agent: connections(1)[0] as Agent }));
      const use = async ({ token, at }: { token: string; at: number }): Promise<void> => {
        for (const { url, agent } of agents) {
          calls.push({ mintedAt: at, kid: kidOf(token), status: await callOn(agent, url, bearer(token)) });
        }
      };
      while (!stopping.signal.aborted) {
        const fresh = { token: await fleet.token(client.config), at: clock.monotonic() };
        minted.push(fresh);
        await use(fresh);
        const old = minted[calls.length % minted.length];
        if (old !== undefined) await use(old);
      }
      for (const { agent } of agents) agent.destroy();
    };
    const all = Array.from({ length: 4 }, one);
    return {
      calls,
      async stop(): Promise<void> {
        stopping.abort();
        await Promise.all(all);
      },
    };
  }

  it('are rotated with no failed verification, of old tokens or of new ones', async (t) => {
    const load = openLoad();
    for (let n = 0; n < rotations; n += 1) {
      await pause(1000);
      await fleet.command('rotate-keys');
    }
    await pause(1000);
    await load.stop();
    const failed = load.calls.filter(({ status }) => status !== 200);
    const kids = new Set(load.calls.map(({ kid }) => kid));
    t.diagnostic(`${load.calls.length} calls with tokens of ${kids.size} keys, ${failed.length} refused`);
    assert.deepEqual(failed, []);
    assert.ok(kids.size > rotations, 'each rotation has brought another key into use');
  });

  it('are refused on every thread of two gateways within two seconds once one is taken away, and new tokens go on', async (t) => {
    const lags: number[] = [];
    for (let n = 0; n < removals; n += 1) {
      const token = await fleet.token(client.config);
      const kid = kidOf(token);
      const places = gateways.flatMap(({ url }) => connections(connectionsEach).map((agent) => ({ agent, url })));
      await Promise.all(places.map(({ agent, url }) => untilStatus(agent, url, token, 200)));
      const load = openLoad();
      const asking = places.map(async ({ agent, url }) => {
        let acceptedAt = 0;
        for (let refusals = 0; refusals < 3;) {
          const isAccepted = (await callOn(agent, url, bearer(token))) === 200;
          if (isAccepted) acceptedAt = clock.monotonic();
          refusals = isAccepted ? 0 : refusals + 1;
        }
        agent.destroy();
        return acceptedAt;
      });
      await fleet.command('rotate-keys', `--remove=${kid}`);
      const removedAt = clock.monotonic();
      lags.push(Math.max(...(await Promise.all(asking)).map((at) => Math.max(0, at - removedAt))));
      await pause(withinMs);
      await load.stop();
      const failed = load.calls.filter(({ status, mintedAt }) => status !== 200 && mintedAt > removedAt + withinMs / 2);
      assert.deepEqual(failed, [], 'tokens of the next key are good');
    }
    lags.sort((a, b) => a - b);
    t.diagnostic(`last accepted after the removal: ${lags.map((lag) => Math.round(lag)).join(', ')} ms`);
    assert.ok((lags.at(-1) ?? 0) <= withinMs);
  });
});
