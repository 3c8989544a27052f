/** The whole way through, over real processes: publish, plan, subscribe, key, call; the limit, the usage, the assertion. */
import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { openControl, type Control } from './control.ts';
import { startPlatform, type Platform, type PlatformProcess } from './platform.ts';

const forgedTenant = 'ten_00000000000000000000000000';

describe('the way through', () => {
  let folder: string;
  let running: PlatformProcess;
  let platform: Platform;
  let control: Control;
  let upstream: Server;
  const seen: { url: string | undefined; headers: IncomingHttpHeaders }[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tulou-way-'));
    // The embedded database runs as another user where this one is root: it has to be able to get there.
    await chmod(folder, 0o755);
    running = startPlatform(['--data', join(folder, 'data'), '--gateway', '127.0.0.1:0', '--platform', '127.0.0.1:0']);
    platform = await running.ready;
    control = openControl(platform.platform, (await readFile(join(platform.data, 'operator.token'), 'utf8')).trim());
    upstream = createServer((request, response) => {
      seen.push({ url: request.url, headers: request.headers });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"items":[]}');
    });
    await new Promise<void>((resolve) => void upstream.listen(0, '127.0.0.1', resolve));
    await publish();
  });
  after(async () => {
    await running.stop();
    upstream.closeAllConnections();
    upstream.close();
    await rm(folder, { recursive: true });
  });

  async function publish(): Promise<void> {
    const openapi = await readFile(join(import.meta.dirname, '..', 'orders', 'openapi.yaml'), 'utf8');
    const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    await control.send('POST', '/tenants', { slug: 'acme', name: 'Acme' });
    await control.send('POST', '/tenants', { slug: 'globex', name: 'Globex' });
    await control.send('POST', '/tenants/acme/apis', { slug: 'orders', name: 'Orders' });
    const version = await control.send('POST', '/tenants/acme/apis/orders/versions', {
      name: 'v1',
      openapi,
      upstreams: [{ url }],
      access: 'key',
    });
    assert.deepEqual([version.body['state'], version.body['operations']], ['live', 5]);
    await control.send('POST', '/tenants/acme/apis/orders/plans', {
      slug: 'standard',
      limits: [{ requests: 100, per: 'minute' }],
      approval: 'auto',
    });
  }

  /** A new app of globex with a subscription and a key. */
  async function newApp(slug: string): Promise<{ id: string; key: string }> {
    const app = await control.send('POST', '/tenants/globex/apps', { slug, name: slug });
    const subscription = await control.send('POST', '/tenants/globex/subscriptions', {
      app: slug,
      api: 'acme/orders',
      plan: 'standard',
    });
    assert.equal(subscription.body['state'], 'active');
    const key = await control.send('POST', `/tenants/globex/apps/${slug}/keys`, { environment: 'live' });
    return { id: String(app.body['id']), key: String(key.body['key']) };
  }

  function call(key: string, path = '/orders'): Promise<Response> {
    return fetch(`${platform.gateway}/acme/orders/v1${path}`, {
      headers: { authorization: `Bearer ${key}`, 'tulou-tenant': forgedTenant, 'tulou-anything': 'x', 'x-own': 'kept' },
    });
  }

  /** Waits until the gateway knows the key: one call is answered with 200, and counts; refusals count for no app. */
  async function known(key: string): Promise<void> {
    for (let tries = 0; tries < 400; tries += 1) {
      const response = await fetch(`${platform.gateway}/acme/orders/v1/orders`, {
        method: 'HEAD',
        headers: { authorization: `Bearer ${key}` },
      });
      if (response.status === 200) return;
      await new Promise((resolve) => void setTimeout(resolve, 25));
    }
    assert.fail('the gateway never learnt of the key');
  }

  async function usageOf(app: string): Promise<{ total: number; byStatus: Record<string, number> }> {
    const found = await control.find(`/tenants/acme/usage?app=${app}&by=status`);
    const items = (found?.body['items'] ?? []) as { status: number; requests: number }[];
    const total = (found?.body['total'] as { requests: number } | undefined)?.requests ?? 0;
    return { total, byStatus: Object.fromEntries(items.map(({ status, requests }) => [status, requests])) };
  }

  it('admits 100 calls a minute, refuses call 101, and counts exactly 101 within five seconds', async () => {
    let app = await newApp('shop-0');
    let answers: { status: number; headers: Headers; body: string }[] = [];
    // The window slides over whole minutes: a run that a minute's end cuts in two proves nothing and is made again.
    for (let round = 1; answers.length === 0 && round <= 3; round += 1) {
      await known(app.key);
      const minute = Math.floor(Date.now() / 60_000);
      const got: typeof answers = [];
      for (let n = 1; n <= 100; n += 1) {
        const response = await call(app.key);
        got.push({ status: response.status, headers: response.headers, body: await response.text() });
      }
      if (Math.floor(Date.now() / 60_000) === minute) answers = got;
      else app = await newApp(`shop-${round}`);
    }
    // One call was made by `known`: of these the 100th is call 101.
    assert.deepEqual(
      answers.map(({ status }) => status),
      [...Array.from({ length: 99 }, () => 200), 429],
    );
    const refused = answers.at(-1);
    assert.equal(refused?.headers.get('content-type'), 'application/problem+json');
    const retryAfter = Number(refused?.headers.get('retry-after'));
    assert.ok(retryAfter >= 1 && retryAfter <= 120, `Retry-After: ${retryAfter}`);
    const problem = JSON.parse(refused?.body ?? '') as Record<string, unknown>;
    assert.deepEqual([problem['code'], problem['status'], problem['fault']], ['rate_limited', 429, 'caller']);
    const until = performance.now() + 5000;
    let usage = await usageOf(app.id);
    while (usage.total < 101 && performance.now() < until) {
      await new Promise((resolve) => void setTimeout(resolve, 50));
      usage = await usageOf(app.id);
    }
    assert.deepEqual(usage, { total: 101, byStatus: { 200: 100, 429: 1 } });
  });

  it(
    'tells the upstream who calls, in words and in a signed assertion, and neither the credential nor what the client ' +
      'made up',
    async () => {
      const app = await newApp('checked');
      await known(app.key);
      seen.length = 0;
      const response = await call(app.key, '/orders/ord_1?x=1');
      assert.equal(response.status, 200);
      assert.equal(seen.length, 1);
      const { url, headers } = seen[0] ?? { url: '', headers: {} };
      const globex = String((await control.find('/tenants/globex'))?.body['id']);
      const plan = String((await control.find('/tenants/acme/apis/orders/plans/standard'))?.body['id']);
      assert.equal(url, '/orders/ord_1?x=1');
      assert.equal(headers['tulou-tenant'], globex);
      assert.equal(headers['tulou-app'], app.id);
      assert.equal(headers['tulou-plan'], plan);
      assert.equal(headers['tulou-request-id'], response.headers.get('tulou-request-id'));
      assert.equal(headers['x-own'], 'kept');
      for (const name of ['authorization', 'x-api-key', 'tulou-anything']) assert.equal(headers[name], undefined, name);
      const everything = JSON.stringify(headers);
      assert.ok(!everything.includes(forgedTenant) && !everything.includes(app.key), 'no forged tenant, no credential');
      const keys = createRemoteJWKSet(new URL('/.well-known/tulou/assertion-keys.json', platform.platform));
      const { payload, protectedHeader } = await jwtVerify(String(headers['tulou-assertion']), keys, {
        issuer: platform.platform,
        audience: 'acme/orders',
        algorithms: ['EdDSA'],
      });
      assert.deepEqual([payload['tenant'], payload['app'], payload['plan']], [globex, app.id, plan]);
      assert.ok((payload.exp ?? 0) - (payload.iat ?? 0) <= 120);
      assert.ok(protectedHeader.kid !== undefined);
    },
  );

  it('refuses a key that does not exist, and one in no hand', async () => {
    for (const headers of [{}, { authorization: 'Bearer tlk_live_nonsense' }, { 'x-api-key': 'x' }]) {
      const response = await fetch(`${platform.gateway}/acme/orders/v1/orders`, { headers: { ...headers } });
      assert.equal(response.status, 401);
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
    }
  });
});
