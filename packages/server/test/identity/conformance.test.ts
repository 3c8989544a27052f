/**
 * Real clients, untouched, through each flow, at the platform's issuer and at a tenant's own: openid-client, which finds it
 * all by OpenID Connect Discovery, and oauth4webapi, by RFC 8414.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createLocalJWKSet, decodeJwt, exportJWK, generateKeyPair, jwtVerify, type JSONWebKeySet } from 'jose';
import * as oauth from 'oauth4webapi';
import { idFromUuid } from '@tulou/contract';
import { TrustedProxies } from '../../src/http/trusted-proxies.ts';
import type { IssuerRef } from '../../src/identity/keys/keys.ts';
import { sleep, systemClock as clock } from '../../src/kernel/clock.ts';
import { newId, systemRandom as random } from '../../src/kernel/random.ts';
import { sendBare } from './bare.ts';
import { openBrowser } from './browser.ts';
import { serviceCertificate } from './certificate.ts';
import { insertTwins, openTenantIssuer, platformOf } from './issuers.ts';
import { kits, type Kit, type OpenKit, type Setting } from './kits.ts';
import { reach } from './reach.ts';
import { afterLogout, agreeAs, startWorld, type ClientFacts, type World } from './world.ts';

/** One of the issuers, with an app that its people use and the tenant that has installed it. */
interface Place {
  readonly issuer: IssuerRef;
  readonly resource: string;
  readonly installation: string;
  readonly scope: string;
  readonly user: string;
  /** The app and its owner. */
  readonly owner: Pick<ClientFacts, 'app' | 'owner'>;
}

let world: World;
let told: string[] = [];
let receiver: Server;
const places: Partial<Record<string, Place>> = {};
let acting = '';
before(async () => {
  world = await startWorld(() => agreeAs(() => acting), new TrustedProxies(['127.0.0.1']));
  await world.store.system('test', ({ sql }) => sql`update scopes set data_scoped = true where name = 'read'`);
  places['the platform'] = {
    issuer: platformOf(world),
    resource: `urn:tulou:tenant:${world.tenant.id}`,
    installation: world.installation,
    scope: 'acme/orders:read',
    user: world.user,
    owner: {},
  };
  places['a tenant'] = await openPlace();
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      told.push(new URLSearchParams(body).get('logout_token') ?? '');
      response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
});
after(async () => {
  receiver.close().closeAllConnections();
  await world.stop();
});

/** A tenant with its own issuer, API, app and people. */
async function openPlace(): Promise<Place> {
  const tenant = await openTenantIssuer(world, 'house');
  const user = await insertTwins(world, [tenant], 'guest@house.test');
  const [api, now] = [newId('api', clock, random), new Date()];
  await world.store.system('test', async ({ sql }) => {
    await sql`insert into apis (tenant_id, id, slug, name, visibility, hosts, created_at, updated_at)
      values (${tenant.tenantUuid}, ${api}, 'own', 'Own', 'private', '{}', ${now}, ${now})`;
    await sql`insert into scopes (tenant_id, api_id, name, risk, title, description, data_scoped, created_at, updated_at)
      values (${tenant.tenantUuid}, ${api}, 'read', 'low', '{}', '{}', true, ${now}, ${now})`;
  });
  while ((await sendBare(tenant.issuer, '/oauth2/jwks', {})).status !== 200) await sleep(clock, 20);
  return {
    issuer: tenant,
    resource: `urn:tulou:tenant:${idFromUuid('tenant', tenant.tenantUuid)}`,
    installation: tenant.installation,
    scope: 'house/own:read',
    user,
    owner: { app: tenant.app, owner: tenant.tenantUuid },
  };
}

/** A new client there, as its library sees it. */
async function begin(
  open: OpenKit,
  place: Place,
  facts: ClientFacts = {},
  more: Partial<Setting> = {},
): Promise<{ readonly kit: Kit; readonly id: string }> {
  acting = place.user;
  const { id, secret } = await world.makeClient({ ...place.owner, ...facts });
  const kit = await open({ issuer: place.issuer, clientId: id, proof: { kind: 'secret', secret }, ...more });
  return { kit, id };
}

/** As another service verifies it. */
async function verify({ issuer, resource }: Place, accessToken: string) {
  const { text } = await sendBare(issuer.issuer, '/oauth2/jwks', {});
  const keys = createLocalJWKSet(JSON.parse(text) as JSONWebKeySet);
  const { payload } = await jwtVerify(accessToken, keys, {
    issuer: issuer.issuer,
    audience: resource,
    typ: 'at+jwt',
    algorithms: ['ES256'],
  });
  return payload;
}

async function connect(place: Place, uri: string, code: string): Promise<void> {
  const browser = openBrowser(place.issuer.issuer);
  const done = await browser.submit(await browser.submit(await browser.open(uri), { user_code: code }));
  assert.match(done.text, /The device is connected/);
}

interface Flow {
  readonly name: string;
  readonly run: (open: OpenKit, place: Place) => Promise<void>;
}

const flows: readonly Flow[] = [
  {
    name: 'what it says of itself is what it does, and nothing that RFC 9700 forbids',
    async run(open, place) {
      const { metadata } = (await begin(open, place)).kit;
      assert.equal(metadata['issuer'], place.issuer.issuer);
      assert.deepEqual(metadata['response_types_supported'], ['code']);
      assert.deepEqual(metadata['code_challenge_methods_supported'], ['S256']);
      assert.equal(metadata['authorization_response_iss_parameter_supported'], true);
      const grants = metadata['grant_types_supported'];
      assert.ok(Array.isArray(grants) && !grants.includes('implicit') && !grants.includes('password'));
      for (const [name, url] of Object.entries(metadata))
        if (/_endpoint$|_uri$/.test(name)) assert.ok(String(url).startsWith(`${place.issuer.issuer}/`), name);
    },
  },
  {
    name: 'authorization code with PKCE, iss and nonce; refresh; introspection; revocation',
    async run(open, place) {
      const { kit, id } = await begin(open, place);
      const browser = openBrowser(place.issuer.issuer);
      const { scope, resource } = place;
      const first = await kit.signIn({ scope: `openid ${scope}`, resource, browser });
      const payload = await verify(place, first.accessToken);
      assert.deepEqual([payload.sub, payload['client_id'], payload['scope']], [place.user, id, scope]);
      assert.equal(payload['ins'], place.installation);
      const next = await kit.refresh(first.refreshToken ?? '', resource);
      assert.notEqual(next.refreshToken, first.refreshToken);
      assert.equal((await kit.introspect(next.accessToken))['active'], true);
      await kit.revoke(next.refreshToken ?? '');
      assert.equal((await kit.introspect(next.accessToken))['active'], false);
      await assert.rejects(kit.refresh(next.refreshToken ?? '', resource));
    },
  },
  {
    name: 'pushed requests, with tokens that are bound to the client’s key (PAR, DPoP with nonce)',
    async run(open, place) {
      const { kit } = await begin(open, place, { dpopBound: true }, { bound: true });
      const browser = openBrowser(place.issuer.issuer);
      const { scope, resource } = place;
      const tokens = await kit.signIn({ scope: `openid ${scope}`, resource, browser, pushed: true });
      const { cnf } = (await verify(place, tokens.accessToken)) as { cnf?: { jkt?: string } };
      const next = await kit.refresh(tokens.refreshToken ?? '', resource);
      assert.match(String(cnf?.jkt), /^[\w-]{43}$/);
      assert.deepEqual((await verify(place, next.accessToken))['cnf'], cnf);
    },
  },
  {
    name: 'who has signed in (UserInfo)',
    async run(open, place) {
      const { kit } = await begin(open, place);
      const browser = openBrowser(place.issuer.issuer);
      const tokens = await kit.signIn({ scope: 'openid profile email', browser });
      const { sub, name, email } = await kit.userInfo(tokens.accessToken, place.user);
      assert.equal(sub, place.user);
      assert.ok(typeof name === 'string' && typeof email === 'string');
    },
  },
  {
    name: 'client credentials for one installation, by secret, key and certificate',
    async run(open, place) {
      const { privateKey, publicKey } = await generateKeyPair('ES256');
      const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };
      const byKey: ClientFacts = { authentication: 'private_key_jwt', jwks: { keys: [jwk] } };
      const byName: ClientFacts = { authentication: 'tls_client_auth', tlsSubject: 'dns:service.example.com' };
      const certificate = serviceCertificate;
      for (const [facts, more] of [
        [{}, {}],
        [byKey, { proof: { kind: 'key', key: privateKey, kid: 'one' } }],
        [byName, { proof: { kind: 'certificate', certificate } }],
        [{ ...byName, certificateBound: true }, { proof: { kind: 'certificate', certificate } }],
      ] as const) {
        const { kit, id } = await begin(open, place, facts, more);
        const { accessToken } = await kit.forItself(place.resource);
        const payload = await verify(place, accessToken);
        assert.deepEqual([payload.sub, payload['ins'], payload['gid']], [id, place.installation, place.installation]);
        assert.equal((await kit.introspect(accessToken))['active'], true);
      }
    },
  },
  {
    name: 'a public client, with PKCE and no secret',
    async run(open, place) {
      const { kit, id } = await begin(open, place, { authentication: 'none' }, { proof: { kind: 'none' } });
      const browser = openBrowser(place.issuer.issuer);
      const tokens = await kit.signIn({ scope: `openid ${place.scope}`, resource: place.resource, browser });
      assert.equal((await verify(place, tokens.accessToken))['client_id'], id);
    },
  },
  {
    name: 'a device that has no browser',
    async run(open, place) {
      const { kit } = await begin(open, place);
      const scope = `openid ${place.scope}`;
      const tokens = await kit.byDevice(scope, place.resource, (uri, code) => connect(place, uri, code));
      assert.equal((await verify(place, tokens.accessToken)).sub, place.user);
    },
  },
  {
    name: 'token exchange',
    async run(open, place) {
      const { kit } = await begin(open, place);
      const { kit: back, id } = await begin(open, place);
      const browser = openBrowser(place.issuer.issuer);
      const { scope, resource } = place;
      const { accessToken } = await kit.signIn({ scope: `openid ${scope}`, resource, browser });
      const traded = await verify(place, (await back.exchange(accessToken, scope)).accessToken);
      assert.deepEqual([traded.sub, traded['client_id'], traded['act']], [place.user, id, { sub: id }]);
    },
  },
  {
    name: 'scopes for some of the data only (RAR)',
    async run(open, place) {
      const { kit } = await begin(open, place);
      const browser = openBrowser(place.issuer.issuer);
      const { scope, resource } = place;
      const details = [{ type: 'tulou_data', actions: [scope], identifier: 'shop-17' }];
      const tokens = await kit.signIn({ scope: `openid ${scope}`, resource, browser, pushed: true, details });
      assert.deepEqual((await verify(place, tokens.accessToken))['authorization_details'], details);
    },
  },
  {
    name: 'signing out, which the app is told',
    async run(open, place) {
      const { port } = receiver.address() as AddressInfo;
      const { kit, id } = await begin(open, place, { backchannelLogoutUri: `http://127.0.0.1:${port}/` });
      const browser = openBrowser(place.issuer.issuer);
      const { scope, resource } = place;
      const tokens = await kit.signIn({ scope: `openid ${scope}`, resource, browser });
      told = [];
      const asked = await browser.open(kit.logoutUrl(tokens.idToken ?? '', afterLogout, 'the-state'));
      const end = await browser.submit(asked, { logout: 'yes' });
      assert.equal(end.url, `${afterLogout}?state=the-state`);
      const { iss, aud, sub, sid } = decodeJwt(told[0] ?? '');
      const { sid: own } = decodeJwt(tokens.idToken ?? '');
      assert.deepEqual([told.length, iss, aud, sub, sid], [1, place.issuer.issuer, id, place.user, own]);
      await assert.rejects(kit.refresh(tokens.refreshToken ?? '', resource));
    },
  },
];

for (const name of ['the platform', 'a tenant']) {
  for (const [kit, open] of Object.entries(kits)) {
    for (const flow of flows) {
      test(`${kit} at the issuer of ${name}: ${flow.name}`, async () => {
        const place = places[name];
        assert.ok(place);
        await flow.run(open, place);
      });
    }
  }
  test(`oauth4webapi accepts an access token of ${name} as RFC 9068 says`, async () => {
    const place = places[name];
    assert.ok(place);
    const { kit } = await begin(kits['oauth4webapi'] ?? assert.fail(), place);
    const { accessToken } = await kit.forItself(place.resource);
    const request = new Request('https://api.example.com/', { headers: { authorization: `Bearer ${accessToken}` } });
    const as = { issuer: place.issuer.issuer, jwks_uri: `${place.issuer.issuer}/oauth2/jwks` };
    const claims = await oauth.validateJwtAccessToken(as, request, place.resource, {
      [oauth.customFetch]: (url, init) => reach(url, init),
      [oauth.allowInsecureRequests]: true,
    });
    assert.equal(claims['ins'], place.installation);
  });
}
