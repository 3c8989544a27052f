/** How a gateway handles a folder that is older, newer, damaged, or removed during its work. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { figure, isReady, newFolder, openGateway, openUpstream, scene, StandInControl, until } from './stand-in.ts';

describe('the folder of a gateway', () => {
  let folder: ReturnType<typeof newFolder>;
  let control: StandInControl;
  let upstream: Awaited<ReturnType<typeof openUpstream>>;
  let world: ReturnType<typeof scene>;
  beforeEach(async () => {
    folder = newFolder();
    control = await new StandInControl().start();
    upstream = await openUpstream();
    world = scene(upstream.url);
    control.put(...world.objects);
  });
  afterEach(async () => {
    await control.stop();
    await upstream.close();
    folder.remove();
  });
  const call = async (url: string): Promise<number> =>
    (await fetch(`${url}/acme/orders/v1/orders/1`, { headers: { 'x-api-key': world.key.text } })).status;
  const snapshot = (): string => join(folder.path, 'snapshot');

  it('whose configuration has lost its end is not served from: calls are refused until control has answered', async () => {
    const first = await openGateway(control.url, folder.path);
    await until('ready', isReady(first.admin));
    control.drop(world.key.object);
    await until('taken', async () => (await figure(first.admin, 'tulou_gateway_snapshot_seq')) === control.seq);
    await first.role.stop();
    await control.stop();
    for (const name of readdirSync(snapshot())) if (/log-/.test(name)) rmSync(join(snapshot(), name));
    const second = await openGateway(control.url, folder.path);
    const ready = await fetch(`${second.admin}/readyz`);
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), /configuration on disk is damaged .* until control has answered/);
    assert.equal(await call(second.url), 503);
    await control.start();
    await until('ready', isReady(second.admin));
    await until('refused', async () => (await call(second.url)) === 401);
    await second.role.stop();
  });

  it('of 0.1.0 is served from without control, and verified as soon as control is there', async () => {
    await control.stop();
    cpSync(fileURLToPath(new URL('formats/0.1.0', import.meta.url)), snapshot(), { recursive: true });
    const gateway = await openGateway(control.url, folder.path);
    assert.equal((await fetch(`${gateway.admin}/readyz`)).status, 200);
    assert.equal(await figure(gateway.admin, 'tulou_gateway_snapshot_seq'), 3);
    assert.equal(await figure(gateway.admin, 'tulou_gateway_snapshot_keys'), 1);
    await control.start();
    await until('a base of its own', async () => existsSync(join(snapshot(), 'end')));
    await until('served', async () => (await call(gateway.url)) === 200);
    await gateway.role.stop();
  });

  it('keeps objects of a kind that only a newer control knows: counted, not broken, and ready', async () => {
    control.putRaw({ kind: 'share', key: 'shr_1', tenant: world.provider, object: { anything: true } });
    const gateway = await openGateway(control.url, folder.path);
    await until('ready', isReady(gateway.admin));
    assert.equal(await (await fetch(`${gateway.admin}/readyz`)).text(), 'ready\n');
    assert.equal(await figure(gateway.admin, 'tulou_gateway_snapshot_unknown'), 1);
    assert.equal(await figure(gateway.admin, 'tulou_gateway_snapshot_quarantined'), 0);
    assert.equal(await call(gateway.url), 200);
    await gateway.role.stop();
    const [base = ''] = readdirSync(snapshot()).filter((name) => name.startsWith('base'));
    assert.match(readFileSync(join(snapshot(), base), 'utf8'), /"kind":"share"/);
  });

  it('that is removed under it is made again, with all that it knows, and every call is counted', async () => {
    const gateway = await openGateway(control.url, folder.path);
    await until('ready', isReady(gateway.admin));
    const identity = readFileSync(join(folder.path, 'identity.json'), 'utf8');
    assert.equal(await call(gateway.url), 200);
    rmSync(folder.path, { recursive: true });
    assert.equal(await call(gateway.url), 200);
    await until('made again', async () => existsSync(join(snapshot(), 'end')));
    await until('ready', isReady(gateway.admin));
    assert.equal(readFileSync(join(folder.path, 'identity.json'), 'utf8'), identity);
    assert.equal(await call(gateway.url), 200);
    await until('counted', () => control.counted >= 3);
    await gateway.role.stop();
    assert.equal(control.counted, 3);
    await control.stop();
    const next = await openGateway(control.url, folder.path);
    assert.equal(await call(next.url), 200);
    await next.role.stop();
  });
});
