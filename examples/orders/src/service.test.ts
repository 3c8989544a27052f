import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { parse } from 'yaml';
import { operations } from './operations.ts';
import { startOrders, type RunningService } from './service.ts';

const acme = 'ten_01jd0000000000000000000001';
const globex = 'ten_01jd0000000000000000000002';

interface Keys {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

async function newKeys(): Promise<Keys> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const jwk = await exportJWK(publicKey);
  return { privateKey, jwk: { ...jwk, alg: 'EdDSA', kid: await calculateJwkThumbprint(jwk) } };
}

/** The platform's published keys, as the gateway's control plane serves them. */
function servePlatform(keys: () => JWK[]): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    if (request.url !== '/.well-known/tulou/assertion-keys.json') return void response.writeHead(404).end();
    return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: keys() }));
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve({ server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
    );
  });
}

interface Problem {
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly violations?: { pointer: string; message: string }[];
}
interface Order {
  readonly id: string;
  readonly status: string;
  readonly total: number;
  readonly [key: string]: unknown;
}

const newOrder = {
  currency: 'EUR',
  reference: 'A-1',
  lines: [
    { sku: 'tea', quantity: 2, unit_price: 450 },
    { sku: 'pot', quantity: 1, unit_price: 3000 },
  ],
};

describe('the orders service', () => {
  let keys: Keys;
  const published: JWK[] = [];
  let platform: { server: Server; url: string };
  let folder: string;
  let service: RunningService;

  before(async () => {
    keys = await newKeys();
    published.push(keys.jwk);
    platform = await servePlatform(() => published);
    folder = await mkdtemp(join(tmpdir(), 'orders-'));
    service = await startOrders({
      host: '127.0.0.1',
      port: 0,
      folder,
      platformUrl: platform.url,
      audience: 'acme/orders',
    });
  });
  after(async () => {
    await service.stop();
    platform.server.close();
    await rm(folder, { recursive: true });
  });

  function assertion(
    tenant: string,
    change: { by?: Keys; audience?: string; issuer?: string; at?: number; seconds?: number } = {},
  ): Promise<string> {
    const {
      by = keys,
      audience = 'acme/orders',
      issuer = platform.url,
      at = Math.floor(Date.now() / 1000),
      seconds = 120,
    } = change;
    return new SignJWT({ tenant, app: 'app_x', plan: 'standard' })
      .setProtectedHeader({ alg: 'EdDSA', kid: by.jwk.kid ?? '' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(at)
      .setExpirationTime(at + seconds)
      .sign(by.privateKey);
  }

  async function call<T = Order>(
    tenant: string,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; headers: Headers; body: T }> {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = {
      'tulou-assertion': await assertion(tenant),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const response = await fetch(service.url + path, { method, headers, ...json });
    return { status: response.status, headers: response.headers, body: (await response.json()) as T };
  }

  it('places an order, adds it up, and gives it back', async () => {
    const created = await call(acme, 'POST', '/orders', newOrder);
    assert.equal(created.status, 201);
    assert.equal(created.headers.get('location'), `orders/${created.body.id}`);
    assert.equal(created.body.total, 3900);
    assert.equal(created.body.status, 'placed');
    const read = await call(acme, 'GET', `/orders/${created.body.id}`);
    assert.deepEqual(read.body, created.body);
  });

  it('lists the newest first, page by page, and only in the state that is asked for', async () => {
    const tenant = 'ten_01jd0000000000000000000003';
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift((await call(tenant, 'POST', '/orders', newOrder)).body.id);
    await call(tenant, 'POST', `/orders/${ids[1]}/cancel`);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: { body: { items: Order[]; next: string | null } } = await call(
        tenant,
        'GET',
        `/orders?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...page.body.items.map(({ id }) => id));
      cursor = page.body.next;
    }
    assert.deepEqual(seen, ids.toSorted().toReversed());
    const cancelled = await call<{ items: Order[]; next: null }>(tenant, 'GET', '/orders?status=cancelled');
    assert.deepEqual(
      cancelled.body.items.map(({ id }) => id),
      [ids[1]],
    );
  });

  it('moves an order through its states in their order, and no other way', async () => {
    const { id } = (await call(acme, 'POST', '/orders', newOrder)).body;
    assert.equal((await call(acme, 'PATCH', `/orders/${id}`, { status: 'shipped' })).status, 409);
    for (const status of ['packed', 'shipped', 'delivered'])
      assert.equal((await call(acme, 'PATCH', `/orders/${id}`, { status })).body.status, status);
    const late = await call<Problem>(acme, 'POST', `/orders/${id}/cancel`);
    assert.equal(late.status, 409);
    assert.equal(late.body.detail, 'The order is delivered; to become cancelled it must be placed or packed.');
  });

  it('says what is wrong with an order, and where', async () => {
    const refused = await call<Problem>(acme, 'POST', '/orders', {
      currency: 'euro',
      lines: [{ sku: 'tea', quantity: 0, unit_price: 1, colour: 'red' }],
    });
    assert.equal(refused.status, 400);
    assert.equal(refused.headers.get('content-type'), 'application/problem+json');
    assert.deepEqual(refused.body.violations?.map(({ pointer }) => pointer).toSorted(), [
      '/currency',
      '/lines/0',
      '/lines/0/quantity',
    ]);
    assert.equal((await call(acme, 'GET', '/orders?limit=1000')).status, 400);
  });

  it('refuses bodies that are no JSON, too large, or said to be something else', async () => {
    const send = async (body: string, type: string): Promise<number> => {
      const headers = { 'tulou-assertion': await assertion(acme), 'content-type': type };
      return (await fetch(`${service.url}/orders`, { method: 'POST', headers, body })).status;
    };
    assert.equal(await send('{', 'application/json'), 400);
    assert.equal(await send('a=b', 'application/x-www-form-urlencoded'), 415);
    assert.equal(await send(`"${'x'.repeat(300_000)}"`, 'application/json'), 413);
  });

  it('keeps the order books of tenants apart', async () => {
    const { id } = (await call(acme, 'POST', '/orders', newOrder)).body;
    const never = await call<Problem>(globex, 'GET', '/orders/ord_00000000000000000000000000000000');
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { status: 'packed' }],
      ['POST', '/cancel', undefined],
    ] as const) {
      const foreign = await call<Problem>(globex, method, `/orders/${id}${path}`, body);
      assert.deepEqual([foreign.status, foreign.body], [404, never.body]);
    }
    const list = await call<{ items: Order[] }>(globex, 'GET', '/orders?limit=100');
    assert.deepEqual(list.body.items, []);
    assert.equal((await call(acme, 'GET', `/orders/${id}`)).body.status, 'placed');
  });

  it('believes no tenant but the one in a valid assertion', async () => {
    const stranger = await newKeys();
    const now = Math.floor(Date.now() / 1000);
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ iss: platform.url, aud: 'acme/orders', iat: now, exp: now + 60, tenant: acme })).toString('base64url')}.`;
    const [head, , signature] = (await assertion(globex)).split('.');
    const swapped = `${head}.${Buffer.from(JSON.stringify({ iss: platform.url, aud: 'acme/orders', iat: now, exp: now + 60, tenant: acme })).toString('base64url')}.${signature}`;
    const forged: Record<string, string | undefined> = {
      none: undefined,
      nonsense: 'abc',
      unsigned,
      'another payload under a good signature': swapped,
      'a stranger’s key': await assertion(acme, { by: stranger }),
      'a stranger’s key under a known id': await assertion(acme, {
        by: { privateKey: stranger.privateKey, jwk: keys.jwk },
      }),
      'another API': await assertion(acme, { audience: 'acme/billing' }),
      'another platform': await assertion(acme, { issuer: 'https://elsewhere.example' }),
      'an old one': await assertion(acme, { at: now - 600 }),
      'one that lives for a year': await assertion(acme, { at: now - 400, seconds: 31_536_000 }),
      'no tenant': await assertion(''),
    };
    for (const [what, value] of Object.entries(forged)) {
      const response = await fetch(`${service.url}/orders`, {
        headers: { 'tulou-tenant': acme, ...(value === undefined ? {} : { 'tulou-assertion': value }) },
      });
      assert.equal(response.status, 401, what);
    }
  });

  it('takes the key of a gateway that joined later', async () => {
    keys = await newKeys();
    published.push(keys.jwk);
    // The service asks for new keys at most every two seconds.
    let answer = await call(acme, 'GET', '/orders');
    for (let tries = 0; answer.status === 401 && tries < 100; tries += 1) {
      await new Promise((resolve) => void setTimeout(resolve, 100));
      answer = await call(acme, 'GET', '/orders');
    }
    assert.equal(answer.status, 200);
  });

  it('answers 404 and 405 for what it does not offer', async () => {
    assert.equal((await call(acme, 'GET', '/')).status, 404);
    assert.equal((await call(acme, 'GET', '//')).status, 404);
    const refused = await call(acme, 'DELETE', '/orders');
    assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, POST']);
  });

  it('offers exactly what openapi.yaml says', async () => {
    const document = parse(await readFile(join(import.meta.dirname, '..', 'openapi.yaml'), 'utf8')) as {
      paths: Record<string, Record<string, { operationId?: string; requestBody?: unknown }>>;
    };
    const documented = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).flatMap(([method, { operationId, requestBody }]) =>
        operationId === undefined
          ? []
          : [`${operationId} ${method.toUpperCase()} ${path} ${requestBody !== undefined}`],
      ),
    );
    assert.deepEqual(
      documented.toSorted(),
      operations.map(({ id, method, path, takesBody }) => `${id} ${method} ${path} ${takesBody}`).toSorted(),
    );
  });

  it('loses no order that it has answered, though it is killed', async () => {
    const home = await mkdtemp(join(tmpdir(), 'orders-killed-'));
    const answered: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      const running = await spawnOrders(home, platform.url);
      const headers = { 'tulou-assertion': await assertion(acme), 'content-type': 'application/json' };
      const place = async (): Promise<void> => {
        for (;;) {
          const response = await fetch(`${running.url}/orders`, {
            method: 'POST',
            headers,
            body: JSON.stringify(newOrder),
          });
          answered.push(((await response.json()) as Order).id);
          if (answered.length === (round + 1) * 20) running.child.kill('SIGKILL');
        }
      };
      await Promise.allSettled([place(), place(), place()]);
    }
    assert.ok(answered.length >= 60);
    const last = await spawnOrders(home, platform.url);
    const headers = { 'tulou-assertion': await assertion(acme) };
    for (const id of answered) assert.equal((await fetch(`${last.url}/orders/${id}`, { headers })).status, 200);
    const ended = new Promise((resolve) => last.child.once('exit', resolve));
    last.child.kill('SIGTERM');
    assert.equal(await ended, 0);
    await rm(home, { recursive: true });
  });
});

function spawnOrders(folder: string, platformUrl: string): Promise<{ child: ChildProcess; url: string }> {
  const env = {
    ...process.env,
    ORDERS_LISTEN: '127.0.0.1:0',
    ORDERS_DATA: folder,
    TULOU_PLATFORM_URL: platformUrl,
    ORDERS_AUDIENCE: 'acme/orders',
  };
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the service ended with ${code}`)));
    child.stdout.once('data', (line: Buffer) =>
      resolve({ child, url: (JSON.parse(line.toString()) as { url: string }).url }),
    );
  });
}
