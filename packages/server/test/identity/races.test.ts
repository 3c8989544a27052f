/**
 * Rounds of 32 parallel redemptions, from two processes, over two nodes: for every value that is valid once, exactly one
 * redemption succeeds. TULOU_TEST_RACE_ROUNDS=100 is the long run.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { openBrowser } from './browser.ts';
import { callback, deviceGrant, startWorld, type TestClient, type World } from './world.ts';

const rounds = Number(process.env['TULOU_TEST_RACE_ROUNDS'] ?? 20);
const timesEach = 16;

interface Said {
  readonly status: number;
  readonly location: string | null;
  readonly text: string;
}
interface Order {
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: Record<string, string>;
}
interface Racer {
  readonly url: string;
  race(order: Order): Promise<Said[]>;
  stop(): Promise<void>;
}

let world: World;
let app: TestClient;
let racers: readonly Racer[];
let resource: string;
before(async () => {
  world = await startWorld();
  app = await world.makeClient();
  resource = `urn:tulou:tenant:${world.tenant.id}`;
  racers = [startRacer(world.issuer), startRacer(await world.startNode())];
});
after(async () => {
  await Promise.all(racers.map((racer) => racer.stop()));
  await world.stop();
});

function startRacer(url: string): Racer {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./racer.ts', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    url,
    async race({ path, headers = {}, body }) {
      const form = body === undefined ? {} : { body: new URLSearchParams(body).toString() };
      const type = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
      child.stdin.write(
        `${JSON.stringify({ url: url + path, times: timesEach, headers: { ...type, ...headers }, ...form })}\n`,
      );
      return JSON.parse(String((await lines.next()).value)) as Said[];
    },
    async stop() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** All redemptions of one round, from both processes concurrently. */
const raceAll = async (order: Order): Promise<Said[]> =>
  (await Promise.all(racers.map((racer) => racer.race(order)))).flat();

const basic = (): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`${app.id}:${app.secret}`).toString('base64')}`,
});
const verifier = 'v'.repeat(43);

async function post(path: string, body: Record<string, string>): Promise<Record<string, string>> {
  const answer = await fetch(world.issuer + path, {
    method: 'POST',
    headers: basic(),
    body: new URLSearchParams(body),
  });
  const said = (await answer.json()) as Record<string, string>;
  assert.ok(answer.ok, JSON.stringify(said));
  return said;
}

const request = async (): Promise<Record<string, string>> => ({
  client_id: app.id,
  response_type: 'code',
  redirect_uri: callback,
  scope: 'openid acme/orders:read',
  resource,
  code_challenge: await challengeOf(verifier),
  code_challenge_method: 'S256',
});

async function challengeOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Buffer.from(digest).toString('base64url');
}

async function makeCode(): Promise<string> {
  const query = new URLSearchParams(await request());
  const page = await openBrowser(world.issuer).open(`${world.issuer}/oauth2/authorize?${query.toString()}`);
  return new URL(page.url).searchParams.get('code') ?? '';
}

const redeem = (code: string): Record<string, string> => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: callback,
  code_verifier: verifier,
});

/** Each round: a value that is valid once, and the request that succeeded. */
async function hold(make: () => Promise<Order>, succeeded: (said: Said) => boolean): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const all = await raceAll(await make());
    assert.equal(all.length, 2 * timesEach);
    assert.equal(
      all.filter(succeeded).length,
      1,
      `round ${round}: ${JSON.stringify(all.map(({ status, text }) => [status, text.slice(0, 90)]))}`,
    );
    assert.ok(
      all.every(({ status }) => status < 500),
      'those that lost are refused, not failed',
    );
  }
}

const gotToken = ({ status }: Said): boolean => status === 200;

test('an authorization code is redeemed once', async () => {
  const make = async (): Promise<Order> => ({
    path: '/oauth2/token',
    headers: basic(),
    body: redeem(await makeCode()),
  });
  await hold(make, gotToken);
});

test('a refresh token is used once, and its reuse ends the family', async () => {
  let winner = '';
  const make = async (): Promise<Order> => {
    const { refresh_token: token = '' } = await post('/oauth2/token', redeem(await makeCode()));
    return { path: '/oauth2/token', headers: basic(), body: { grant_type: 'refresh_token', refresh_token: token } };
  };
  const note = (said: Said): boolean => {
    if (said.status === 200) winner = (JSON.parse(said.text) as { refresh_token: string }).refresh_token;
    return said.status === 200;
  };
  await hold(make, note);
  const answer = await fetch(`${world.issuer}/oauth2/token`, {
    method: 'POST',
    headers: basic(),
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: winner }),
  });
  assert.equal(answer.status, 400);
});

test('a pushed request is answered with one code', async () => {
  const browser = openBrowser(world.issuer);
  const first = new URLSearchParams(await request());
  await browser.open(`${world.issuer}/oauth2/authorize?${first.toString()}`);
  const make = async (): Promise<Order> => {
    const { request_uri: uri = '' } = await post('/oauth2/par', await request());
    const query = new URLSearchParams({ client_id: app.id, request_uri: uri });
    return { path: `/oauth2/authorize?${query.toString()}`, headers: { cookie: browser.cookies('/oauth2/authorize') } };
  };
  await hold(make, ({ location }) => location?.includes('code=') === true);
});

test('a device code is redeemed once', async () => {
  const make = async (): Promise<Order> => {
    const device = await post('/oauth2/device/authorize', { scope: 'openid acme/orders:read', resource });
    const browser = openBrowser(world.issuer);
    const start = await browser.open(`${world.issuer}/oauth2/device`);
    await browser.submit(await browser.submit(start, { user_code: device['user_code'] ?? '' }));
    return {
      path: '/oauth2/token',
      headers: basic(),
      body: { grant_type: deviceGrant, device_code: device['device_code'] ?? '' },
    };
  };
  await hold(make, gotToken);
});

test('a DPoP proof is used once', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwk = await exportJWK(publicKey);
  const body = { grant_type: 'client_credentials', resource };
  const prove = (nonce: string): Promise<string> =>
    new SignJWT({ htm: 'POST', htu: `${world.issuer}/oauth2/token`, jti: crypto.randomUUID(), nonce })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .setIssuedAt()
      .sign(privateKey);
  const make = async (): Promise<Order> => {
    const headers = { ...basic(), dpop: await prove('none') };
    const asked = await fetch(`${world.issuer}/oauth2/token`, {
      method: 'POST',
      headers,
      body: new URLSearchParams(body),
    });
    const proof = await prove(asked.headers.get('dpop-nonce') ?? '');
    return { path: '/oauth2/token', headers: { ...basic(), dpop: proof }, body };
  };
  await hold(make, gotToken);
});
