/**
 * Server-side request forgery: every URL that a tenant, a client, a member or an unknown client can supply, in every spelling
 * of a place inside. A canary listens there, and no request of ours reaches it.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import type { Operation } from '@tulou/contract';
import { operations as nouns } from '@tulou/contract/operations/index';
import { openGuardedFetch } from '../../src/identity/outbound/guarded-fetch.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { newId, systemRandom as random } from '../../src/kernel/random.ts';
import { openCanary, type Canary } from '../canary.ts';
import { startTestControl, type Client } from '../control/fixture.ts';
import { isReady, newFolder, openGateway, scene, StandInControl, until } from '../gateway/stand-in.ts';
import { seedOf } from '../isolation/seeds.ts';
import { fillPath, isTenantScoped, populate, type View } from '../isolation/world.ts';
import { basic, formOf, post, requestOf, send } from './attack.ts';
import { openBrowser } from './browser.ts';
import { pagesOver, startWorld, type World } from './world.ts';

let canary: Canary;
before(async () => {
  canary = await openCanary();
});
after(() => canary.stop());

const operations = Object.values(nouns).flatMap((noun) => Object.values<Operation>(noun));

/** Seeds point to this machine, to which this platform does not connect. */
const elsewhere =
  (call: Client): Client =>
  (method, path, { body, ...rest } = {}) => {
    const text = JSON.stringify(body ?? null).replaceAll('http://127.0.0.1:9', 'https://example.com');
    return call(method, path, { ...rest, ...(body === undefined ? {} : { body: JSON.parse(text) as object }) });
  };

/** Every text in a body of this operation that could replace an address: where it has one, and where it might accept one. */
function hostileBodies(operation: Operation, view: View, url: string): readonly object[] {
  const seed = seedOf(operation.id, view, 'canary') as Record<string, unknown>;
  const text = JSON.stringify(seed);
  const swapped = text.replaceAll(/"https?:\/\/[^"]*"/g, JSON.stringify(url));
  const fields = Object.keys(operation.body instanceof z.ZodObject ? operation.body.shape : {}).filter((name) =>
    /ur[il]|issuer|host|upstream/.test(name),
  );
  const own = fields.flatMap((name) => [url, [url], [{ url }]].map((value) => ({ ...seed, [name]: value })));
  return swapped === text ? own : [JSON.parse(swapped) as object, ...own];
}

const referring = (url: string): object => ({
  openapi: '3.1.0',
  info: { title: 'x', version: '1' },
  servers: [{ url }],
  externalDocs: { url },
  paths: {
    '/x': { $ref: url },
    '/y': {
      get: {
        responses: { 200: { description: 'y', content: { 'application/json': { schema: { $ref: `${url}#/x` } } } } },
      },
    },
  },
  components: {
    securitySchemes: { one: { type: 'openIdConnect', openIdConnectUrl: url } },
    schemas: { x: { $ref: url }, y: { $dynamicRef: url, $schema: url } },
  },
});

test('the control API: no address in any body, and none that a document refers to, makes it connect there', async () => {
  const control = await startTestControl(clock, undefined, []);
  try {
    const tenant = await control.makeTenant('canary');
    const view = await populate(operations, tenant, 'canary', elsewhere(control.call), control.reportCalls);
    let sent = 0;
    const call = async (operation: Operation, body: object): Promise<void> => {
      const path = fillPath(operation.path, view) ?? '';
      const { status, text } = await control.call(operation.method, path, { token: tenant.tokens.owner, body });
      assert.ok(status < 500, `${operation.id} ${JSON.stringify(body)}: ${status} ${text}`);
      sent += 1;
    };
    for (const operation of operations.filter((one) => isTenantScoped(one) && one.body !== undefined)) {
      for (const url of canary.urls)
        for (const body of hostileBodies(operation, view, url)) await call(operation, body);
    }
    const create = operations.find(({ id }) => id === 'versions.create');
    assert.ok(create !== undefined && sent > canary.urls.length * 5);
    const named = (n: number) => ({ ...seedOf(create.id, view, `r${n}`), upstreams: [{ url: 'https://example.com' }] });
    for (const [n, url] of canary.urls.entries()) await call(create, { ...named(n), openapi: referring(url) });
  } finally {
    await control.stop();
  }
  assert.equal(canary.hits(), 0);
});

test('the gateway: whatever upstream is published, it connects to no place inside', async () => {
  const folder = newFolder();
  const control = await new StandInControl().start();
  const { objects, version, key } = scene('https://example.com');
  const versions = canary.urls.map((url, n) => ({
    ...version,
    key: `ver_${n}`,
    name: `v${n}`,
    upstreams: [{ url, weight: 1 }],
  }));
  control.put(...objects.filter(({ kind }) => kind !== 'version'), ...versions);
  const gateway = await openGateway(control.url, folder.path, { upstreamAllow: [] });
  try {
    await until('ready', isReady(gateway.admin));
    const codes = await Promise.all(
      versions.map(async ({ name }) => {
        const headers = { authorization: `Bearer ${key.text}` };
        const answer = await fetch(`${gateway.url}/acme/orders/${name}/orders`, { headers });
        return ((await answer.json()) as { code?: string }).code;
      }),
    );
    for (const [n, code] of codes.entries())
      // A URL that cannot be called was not accepted at all.
      assert.ok(
        ['upstream_refused', 'upstream_unreachable', 'route_not_found'].includes(code ?? ''),
        `${canary.urls[n]}: ${code}`,
      );
    assert.ok(codes.filter((code) => code === 'upstream_refused').length > 20, String(codes));
  } finally {
    await gateway.role.stop();
    await control.stop();
    folder.remove();
  }
  assert.equal(canary.hits(), 0);
});

/** Actions that make the identity server call other servers: a logout that apps receive, and a tenant's own provider. */
async function provoke(world: World, urls: readonly string[]): Promise<void> {
  const now = new Date();
  const connections = urls.map(() => newId('connection', clock, random));
  await world.store.system('the scene of a test', async ({ sql }) => {
    for (const [n, url] of urls.entries())
      await sql`insert into connections (tenant_id, id, name, issuer_url, client_id, domains, enforced, state, created_at, updated_at)
        values (${world.tenant.uuid}, ${connections[n] ?? ''}, ${`c${n}`}, ${url}, 'x', '{}', false, 'active', ${now}, ${now})`;
  });
  const browser = openBrowser(world.issuer);
  for (const id of connections) {
    const page = await browser.open(`${world.issuer}/account/federation/${id}?interaction=${'i'.repeat(43)}`);
    assert.ok(page.status < 500 || page.status === 502, `${page.status} ${page.text}`);
    assert.doesNotMatch(page.text, /secret/);
  }
}

async function provokeLogout(world: World, urls: readonly string[]): Promise<void> {
  const browser = openBrowser(world.issuer);
  for (const backchannelLogoutUri of urls) {
    const client = await world.makeClient({ backchannelLogoutUri });
    await browser.open(`${world.issuer}/oauth2/authorize?${formOf(requestOf(world, client))}`);
  }
  const asked = await browser.open(`${world.issuer}/oauth2/end-session`);
  const done = await browser.submit(asked, { logout: 'yes' });
  assert.equal(done.status, 200, done.text);
}

const strict = openGuardedFetch({ allow: [] }, { clock, resolve: () => Promise.resolve(['127.0.0.1']) });

test('the identity server: no provider of a tenant, and no app’s wish to be told, makes it connect there', async () => {
  const [pages, agreeing] = [
    await startWorld((store) => pagesOver(store, strict), undefined, []),
    await startWorld(undefined, undefined, []),
  ];
  try {
    await provoke(pages, canary.urls);
    // A name that resolves to an inside address.
    await provoke(pages, [`https://idp.test:${new URL(canary.url).port}/`]);
    await provokeLogout(agreeing, canary.urls.slice(0, 20));
  } finally {
    await Promise.all([pages.stop(), agreeing.stop()]);
  }
  assert.equal(canary.hits(), 0);
});

test('the identity server: a stranger’s request makes it fetch nothing, whatever it names', async () => {
  const world = await startWorld(undefined, undefined, ['loopback', 'private', 'link-local']);
  try {
    const client = await world.makeClient();
    const header = (more: object): string =>
      Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'x', ...more })).toString('base64url');
    const url = canary.url;
    const jwt = `${header({ jku: url, x5u: url, typ: 'dpop+jwt' })}.${Buffer.from(JSON.stringify({ iss: url, sub: client.id, jwks_uri: url })).toString('base64url')}.AAAA`;
    const good = requestOf(world, client);
    for (const wish of [
      { request_uri: url },
      { client_id: url },
      { client_id: url.replace('http:', 'https:') },
      { request: jwt },
      { id_token_hint: jwt },
      { resource: url },
      { redirect_uri: url },
      { registration: JSON.stringify({ jwks_uri: url, sector_identifier_uri: url, logo_uri: url }) },
      { authorization_details: JSON.stringify([{ type: url, locations: [url] }]) },
    ]) {
      const fields = { ...good, ...wish };
      await send(`${world.issuer}/oauth2/authorize?${formOf(fields)}`);
      await post(`${world.issuer}/oauth2/par`, fields, basic(client));
    }
    const assertion = {
      client_assertion: jwt,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    };
    for (const fields of [
      { grant_type: 'client_credentials', resource: good['resource'] ?? '', ...assertion },
      { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: jwt },
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: jwt,
        subject_token_type: url,
        resource: url,
      },
    ]) {
      await post(`${world.issuer}/oauth2/token`, fields, { dpop: jwt });
      await post(`${world.issuer}/oauth2/token`, fields, { ...basic(client), dpop: jwt });
    }
    await post(`${world.issuer}/oauth2/introspect`, { token: jwt }, basic(client));
    await send(`${world.issuer}/oauth2/userinfo`, { headers: { authorization: `Bearer ${jwt}` } });
    await send(`${world.issuer}/oauth2/end-session?${formOf({ id_token_hint: jwt, post_logout_redirect_uri: url })}`);
    await send(`${world.issuer}/.well-known/webfinger?resource=${encodeURIComponent(url)}`);
  } finally {
    await world.stop();
  }
  assert.equal(canary.hits(), 0);
});

test('where the operator allows this machine, the same ways lead there: the canary can be hit', async () => {
  const [pages, agreeing] = [await startWorld(pagesOver), await startWorld()];
  try {
    await provoke(pages, [canary.url]);
    const before = canary.hits();
    assert.ok(before > 0);
    await provokeLogout(agreeing, [canary.url]);
    assert.ok(canary.hits() > before);
  } finally {
    await Promise.all([pages.stop(), agreeing.stop()]);
  }
});
