import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { SnapshotObject } from '@tulou/contract';
import { systemClock } from '../../src/kernel/clock.ts';
import { mint, newSigner, prove, thumbprint, world } from '../../src/gateway/tokens/sample-issuer.ts';
import { figure, isReady, newFolder, openGateway, openUpstream, StandInControl, until } from './stand-in.ts';

const path = '/acme/orders/v1/orders';
const threads = 2;

describe('tokens at a gateway of several threads', () => {
  let folder: ReturnType<typeof newFolder>;
  let control: StandInControl;
  let upstream: Awaited<ReturnType<typeof openUpstream>>;
  let objects: SnapshotObject[];
  beforeEach(async () => {
    folder = newFolder();
    control = await new StandInControl().start();
    upstream = await openUpstream();
    objects = Object.values(world).map((object) =>
      object.kind === 'version' ? { ...object, upstreams: [{ url: upstream.url, weight: 1 }] } : object,
    );
    control.put(...objects);
  });
  afterEach(async () => {
    await control.stop();
    await upstream.close();
    folder.remove();
  });

  const token = (wish = {}): string => mint(systemClock.now(), wish);
  /** A connection of its own each time, so that every thread gets some. */
  const send = async (url: string, headers: Record<string, string>, method = 'GET'): Promise<number> => {
    const response = await fetch(url, { method, headers: { ...headers, connection: 'close' } });
    await response.arrayBuffer();
    return response.status;
  };
  const calls = (url: string, text: string, count: number): Promise<number[]> => {
    const headers = { authorization: `Bearer ${text}` };
    return Promise.all(Array.from({ length: count }, () => send(`${url}${path}/1`, headers)));
  };

  it('are taken with no call to anyone, and refused on every thread once they are denied', async () => {
    const gateway = await openGateway(control.url, folder.path, { threads });
    await until('ready', isReady(gateway.admin));
    const text = token();
    await until('taken', async () => (await calls(gateway.url, text, 8)).every((status) => status === 200));
    const before = Math.ceil(systemClock.now() / 1000) + 60;
    control.put({ kind: 'denial', key: 'token:jti-1', tenant: 'ten_0', before, until: before });
    await until('denied', async () => (await calls(gateway.url, text, 8)).every((status) => status === 401));
    assert.deepEqual(await calls(gateway.url, token({ jti: 'jti-2' }), 8), Array<number>(8).fill(200));
    await gateway.role.stop();
  });

  it('use a proof up once over all threads', async () => {
    const gateway = await openGateway(control.url, folder.path, { threads });
    await until('ready', isReady(gateway.admin));
    const holder = newSigner('holder');
    const text = token({ cnf: { jkt: thumbprint(holder) } });
    const sendProof = (jti: string, times: number): Promise<number[]> => {
      const claims = { htu: `http://gateway.test${path}/1`, jti };
      const headers = { authorization: `DPoP ${text}`, dpop: prove(holder, text, systemClock.now(), claims) };
      return Promise.all(Array.from({ length: times }, () => send(`${gateway.url}${path}/1`, headers)));
    };
    // Proofs from before the gateway's start are refused.
    let tries = 0;
    await until('proofs are taken', async () => (await sendProof(`try-${(tries += 1)}`, 1))[0] === 200);
    for (let n = 0; n < 5; n += 1) {
      const statuses = await sendProof(`proof-${n}`, 16);
      assert.deepEqual(
        statuses.toSorted((a, b) => a - b),
        [200, ...Array<number>(15).fill(401)],
      );
    }
    await gateway.role.stop();
  });

  it('are counted for the installation that they are of, and for the tenant that has it', async () => {
    const gateway = await openGateway(control.url, folder.path, { threads });
    await until('ready', isReady(gateway.admin));
    const asked = [
      ...(await calls(gateway.url, token(), 4)),
      ...(await calls(gateway.url, token({ jti: 'jti-3' }), 4)),
    ];
    await gateway.role.stop();
    const served = asked.filter((status) => status === 200).length;
    const rows = control.rows.filter(({ status }) => status === 200);
    assert.ok(served > 0);
    assert.equal(
      rows.reduce((sum, { requests }) => sum + requests, 0),
      served,
    );
    for (const { installer, installation, consumer } of rows)
      assert.deepEqual([installer, installation, consumer], ['ten_3', 'ins_1', 'ten_2']);
  });

  it('of high risk are refused by a gateway that cannot know whether they still hold; the others pass', async () => {
    const first = await openGateway(control.url, folder.path, { threads });
    await until('ready', isReady(first.admin));
    await first.role.stop();
    await control.stop();
    const second = await openGateway(control.url, folder.path, { threads });
    const headers = { authorization: `Bearer ${token({ scope: 'acme/orders:read acme/orders:wipe' })}` };
    const wipe = () => send(`${second.url}${path}`, headers, 'DELETE');
    assert.equal(await wipe(), 503);
    assert.equal(await send(`${second.url}${path}/1`, headers), 200);
    assert.equal(await figure(second.admin, 'tulou_gateway_snapshot_stale'), 1);
    assert.match(await (await fetch(`${second.admin}/readyz`)).text(), /stale/);
    await control.start();
    await until('fresh', async () => (await wipe()) === 200);
    assert.equal(await figure(second.admin, 'tulou_gateway_snapshot_stale'), 0);
    assert.doesNotMatch(await (await fetch(`${second.admin}/readyz`)).text(), /stale/);
    await second.role.stop();
  });
});
