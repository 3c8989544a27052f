import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { newFolder, openGateway, openUpstream, scene, StandInControl, until, isReady } from './stand-in.ts';

describe('a call through the gateway', () => {
  const folder = newFolder();
  const control = new StandInControl();
  let upstream: Awaited<ReturnType<typeof openUpstream>>;
  let gateway: Awaited<ReturnType<typeof openGateway>>;
  let world: ReturnType<typeof scene>;

  before(async () => {
    upstream = await openUpstream();
    await control.start();
    world = scene(upstream.url);
    control.put(...world.objects);
    gateway = await openGateway(control.url, folder.path);
    await until('ready', isReady(gateway.admin));
  });
  after(async () => {
    await gateway.role.stop();
    await control.stop();
    await upstream.close();
    folder.remove();
  });

  it('reaches the upstream with who calls and without the credential', async () => {
    const response = await fetch(`${gateway.url}/acme/orders/v1/orders/7?full=1`, {
      headers: { 'x-api-key': world.key.text, 'tulou-tenant': 'ten_forged', 'tulou-user': 'root' },
    });
    assert.equal(response.status, 200);
    assert.equal(await response.text(), 'fine');
    assert.match(response.headers.get('tulou-request-id') ?? '', /^req_[0-7][0-9a-z]{25}$/);
    const got = upstream.seen.at(-1);
    assert.equal(got?.url, '/orders/7?full=1');
    assert.equal(got.headers['tulou-tenant'], world.developer);
    assert.equal(got.headers['tulou-app'], world.app);
    assert.equal(got.headers['tulou-user'], undefined);
    assert.equal(got.headers['x-api-key'], undefined);
    assert.equal(got.headers['tulou-request-id'], response.headers.get('tulou-request-id'));
  });

  it('is counted at control', async () => {
    await until('counted', () => control.counted >= 1);
    const [row] = control.rows;
    assert.equal(row?.operation, 'getOrder');
  });
});
