import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import {
  figure,
  isReady,
  newFolder,
  newKey,
  openGateway,
  openUpstream,
  scene,
  StandInControl,
  until,
} from './stand-in.ts';

describe('a call through the gateway', () => {
  const folder = newFolder();
  const control = new StandInControl();
  let upstream: Awaited<ReturnType<typeof openUpstream>>;
  let gateway: Awaited<ReturnType<typeof openGateway>>;
  let world: ReturnType<typeof scene>;
  /** Answers of a known version. Each must be found in the usage. */
  let answered = 0;
  const call = (
    path = '/acme/orders/v1/orders/7',
    headers: Record<string, string> = { 'x-api-key': world.key.text },
  ) => {
    answered += 1;
    return fetch(`${gateway.url}${path}`, { headers });
  };

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

  it('reaches the upstream with who calls, without the credential, and not with what the client forged', async () => {
    const response = await call('/acme/orders/v1/orders/7?full=1', {
      authorization: `Bearer ${world.key.text}`,
      'tulou-tenant': 'ten_forged',
      'tulou-user': 'root',
      'tulou-anything': 'x',
    });
    assert.equal(response.status, 200);
    assert.equal(await response.text(), 'fine');
    assert.match(response.headers.get('tulou-request-id') ?? '', /^req_[0-7][0-9a-z]{25}$/);
    const got = upstream.seen.at(-1);
    assert.equal(got?.url, '/orders/7?full=1');
    const sent = Object.entries(got.headers).filter(([name]) => name.startsWith('tulou-'));
    const { 'tulou-assertion': assertion, 'tulou-request-id': requestId, ...who } = Object.fromEntries(sent);
    assert.deepEqual(who, {
      'tulou-environment': 'live',
      'tulou-tenant': world.developer,
      'tulou-app': world.app,
      'tulou-plan': world.plan.key,
      'tulou-scopes': '',
    });
    assert.equal(requestId, response.headers.get('tulou-request-id'));
    assert.equal(got.headers.authorization, undefined);
    await until('the key is registered', () => control.registered.size === 1);
    const [jwk] = control.registered.values();
    const keys = createLocalJWKSet({ keys: [{ kty: 'OKP', crv: 'Ed25519', ...jwk }] });
    const { payload } = await jwtVerify(String(assertion), keys, {
      issuer: 'http://platform.test',
      audience: 'acme/orders',
    });
    assert.equal(payload['tenant'], world.developer);
    assert.equal(payload['subscription'] !== undefined && payload['app'], world.app);
  });

  it('is found in the usage at control, once', async () => {
    await Promise.all(Array.from({ length: 50 }, () => call()));
    await until('counted', () => control.counted >= answered);
    assert.equal(control.counted, answered);
    const row = control.rows.at(-1);
    assert.deepEqual(
      [row?.provider, row?.consumer, row?.api, row?.version, row?.operation, row?.app, row?.status],
      [world.provider, world.developer, world.api, world.version.key, 'getOrder', world.app, 200],
    );
  });

  it('is found at control by its request id, with the reason when it was refused', async () => {
    const refused = await call(undefined, { 'x-api-key': 'tlk_live_nonsense' });
    const id = refused.headers.get('tulou-request-id') ?? '';
    const found = () => control.calls.find((one) => one.id === id);
    await until('the record is there', () => found() !== undefined);
    assert.deepEqual([found()?.status, found()?.code, found()?.api], [401, 'credential_invalid', world.api]);
  });

  it('is answered while control takes no records, and the records come when it does again', async () => {
    control.refusesCalls = true;
    const before = control.calls.length;
    const answers = await Promise.all(Array.from({ length: 20 }, () => call()));
    assert.ok(answers.every(({ status }) => status === 200));
    await until('they wait', async () => (await figure(gateway.admin, 'tulou_gateway_call_records_waiting')) > 0);
    control.refusesCalls = false;
    const ids = answers.map(({ headers }) => headers.get('tulou-request-id'));
    await until('they come', () => control.calls.some(({ id }) => ids.includes(id)));
    assert.ok(control.calls.length > before);
  });

  it('of a hundred a minute is refused as call 101, over all threads, and all 101 are counted', async () => {
    const busy = newKey(5, world.app, world.developer);
    const plan = { ...world.plan, limits: [{ requests: 100, per: 'minute' as const, by: 'key' as const }] };
    control.put(plan, busy.object);
    const headers = { 'x-api-key': busy.text };
    await until('the key is known', async () => (await figure(gateway.admin, 'tulou_gateway_snapshot_keys')) === 2);
    const statuses = await Promise.all(
      Array.from({ length: 101 }, async () => (await call(undefined, headers)).status),
    );
    assert.equal(statuses.filter((status) => status === 200).length, 100);
    assert.equal(statuses.filter((status) => status === 429).length, 1);
    const refused = await call(undefined, headers);
    assert.equal(refused.status, 429);
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    assert.equal(refused.headers.get('content-type'), 'application/problem+json');
    assert.equal(((await refused.json()) as { code: string }).code, 'rate_limited');
    await until('counted', () => control.counted >= answered);
    assert.equal(control.counted, answered);
    control.put(world.plan);
  });

  it('with a revoked key is refused as soon as the change has come', async () => {
    const revoked = newKey(6, world.app, world.developer);
    const headers = { 'x-api-key': revoked.text };
    control.put(revoked.object);
    await until('the key works', async () => (await call(undefined, headers)).status === 200);
    control.drop(revoked.object);
    await until('the key is refused', async () => (await call(undefined, headers)).status === 401);
    for (let i = 0; i < 20; i += 1) assert.equal((await call(undefined, headers)).status, 401);
  });

  it('does not fail while versions, plans and whole configurations are swapped under it', async () => {
    const other = await openUpstream();
    const load = { on: true };
    const statuses: number[] = [];
    const callers = Array.from({ length: 8 }, async () => {
      while (load.on) statuses.push((await call()).status);
    });
    for (let round = 0; round < 40; round += 1) {
      const url = round % 2 === 0 ? other.url : upstream.url;
      control.put({ ...world.version, upstreams: [{ url, weight: 1 }] }, { ...world.plan, slug: `p${round}` });
      // A restored backup: a new epoch, and all objects again.
      if (round % 10 === 9) control.epoch = control.epoch.replace(/\d+$/, String(round).padStart(12, '0'));
      await until('the change is live', async () => {
        return (await figure(gateway.admin, 'tulou_gateway_snapshot_seq')) === control.seq;
      });
    }
    load.on = false;
    await Promise.all(callers);
    assert.ok(statuses.length > 40);
    assert.deepEqual([...new Set(statuses)], [200]);
    assert.ok(other.seen.length > 0);
    control.put(world.version, world.plan);
    await until('back', async () => (await figure(gateway.admin, 'tulou_gateway_snapshot_seq')) === control.seq);
    await other.close();
  });

  it('continues with the last good state of an object that arrives broken, and reports it to operators', async () => {
    control.putRaw({
      kind: 'version',
      key: world.version.key,
      tenant: world.provider,
      object: { ...world.version, upstreams: 'none of your business' },
    });
    const quarantined = (): Promise<number> => figure(gateway.admin, 'tulou_gateway_snapshot_quarantined');
    await until('quarantined', async () => (await quarantined()) === 1);
    assert.equal((await call()).status, 200);
    const ready = await fetch(`${gateway.admin}/readyz`);
    assert.equal(ready.status, 200);
    assert.match(await ready.text(), new RegExp(`version ${world.version.key}: upstreams`));
    control.put(world.version);
    await until('mended', async () => (await quarantined()) === 0);
  });

  it('to a private address is refused where the operator did not allow it', async () => {
    for (const url of ['http://10.0.0.1', 'http://169.254.169.254', 'http://[fe80::1]', 'http://192.168.0.1:81']) {
      control.put({ ...world.version, upstreams: [{ url, weight: 1 }] });
      await until('refused', async () => (await call()).status === 502);
      assert.equal(((await (await call()).json()) as { code: string }).code, 'upstream_refused');
    }
    control.put(world.version);
    await until('back', async () => (await call()).status === 200);
  });

  it('is counted in the figures that operators read', async () => {
    const text = await (await fetch(`${gateway.admin}/metrics`)).text();
    assert.ok((await figure(gateway.admin, 'tulou_gateway_requests_total{class="2xx"}')) > 100);
    assert.ok((await figure(gateway.admin, 'tulou_gateway_refusals_total{code="rate_limited"}')) >= 2);
    assert.equal(await figure(gateway.admin, 'tulou_gateway_threads'), 2);
    assert.equal(await figure(gateway.admin, 'tulou_gateway_in_flight'), 0);
    assert.ok((await figure(gateway.admin, 'tulou_gateway_limit_slots')) > 0);
    assert.ok(!text.includes('ten_') && !text.includes('NaN'));
  });
});
