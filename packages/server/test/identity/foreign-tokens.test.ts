/** Tokens of three issuers with one `kid` and one `client_id` at a gateway: the key decides for which tenant they count. */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { after, before, test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { SnapshotObject } from '@tulou/contract';
import { SampleGate } from '../../src/gateway/sample-gate.ts';
import { signJwt, world as sampleWorld } from '../../src/gateway/tokens/sample-issuer.ts';
import type { IssuerRef } from '../../src/identity/keys/keys.ts';
import { readSecretKeys } from '../../src/identity/keys/rows.ts';
import { sleep, systemClock as clock } from '../../src/kernel/clock.ts';
import { basic, formOf } from './attack.ts';
import { sendBare } from './bare.ts';
import { giveClient, insertTwinClients, openTenantIssuer, platformOf, shareKid, vault } from './issuers.ts';
import type { TenantIssuer } from './issuers.ts';
import { startWorld, type TestClient, type World } from './world.ts';
import { ofIssuer } from '../../src/identity/scopes.ts';

let world: World;
let platform: IssuerRef;
let alpha: TenantIssuer;
let beta: TenantIssuer;
let client: TestClient;
before(async () => {
  world = await startWorld();
  platform = platformOf(world);
  alpha = await openTenantIssuer(world, 'alpha');
  beta = await openTenantIssuer(world, 'beta');
  client = await insertTwinClients(world, [alpha, beta]);
  await giveClient(world, client.id, alpha);
  await shareKid(world, alpha, beta);
  for (const { issuer } of [alpha, beta])
    while ((await sendBare(issuer, '/oauth2/jwks', {})).status !== 200) await sleep(clock, 20);
});
after(() => world.stop());

interface Gate {
  /** The answer to a call with this token on an API of this tenant. */
  readonly call: (text: string, tenant: TenantIssuer) => { readonly status: number; readonly code: string };
  readonly close: () => Promise<void>;
}

/** A gateway's pipeline over the issuers as they are published; each tenant has an API that its own app subscribes to. */
async function openGate(): Promise<Gate> {
  const issuers = await world.store.system('test', async ({ sql }) => {
    const rows = await sql<{ object: SnapshotObject }[]>`select object from snapshot_objects where kind = 'issuer'`;
    return rows.map(({ object }) => object);
  });
  assert.equal(issuers.length, 3);
  const gate = new SampleGate();
  gate.nowMs = clock.now();
  gate.publish(...issuers);
  for (const tenant of [alpha, beta]) gate.publish(...objectsOf(tenant));
  // As the directory of clients has it: the `client_id` is alpha's.
  gate.publish({ kind: 'client', key: client.id, tenant: alpha.id, app: alpha.app });
  const call = (text: string, tenant: TenantIssuer) =>
    gate.call(`/${slugOf(tenant)}/own/v1/orders/1`, ['authorization', `Bearer ${text}`]);
  return { call, close: () => gate.close() };
}

const slugOf = ({ issuer }: TenantIssuer): string => new URL(issuer).hostname.split('.', 1)[0] ?? '';

function objectsOf(tenant: TenantIssuer): readonly SnapshotObject[] {
  const [slug, key] = [slugOf(tenant), (kind: string): string => `${kind}_${slugOf(tenant)}`];
  const [own, scopes] = [{ tenant: tenant.id }, [`${slug}/own:read`]];
  return [
    { kind: 'tenant', key: tenant.id, slug, state: 'active' },
    { ...sampleWorld.api, ...own, key: key('api'), slug: 'own', hosts: [], scopes: [{ name: 'read', risk: 'low' }] },
    { ...sampleWorld.tokenVersion, ...own, key: key('ver'), api: key('api'), name: 'v1' },
    { ...sampleWorld.plan, ...own, key: key('pln'), api: key('api') },
    { kind: 'app', key: tenant.app, ...own, slug: 'own', state: 'active', scopes },
    { kind: 'installation', key: tenant.installation, ...own, app: tenant.app, scopes },
    { kind: 'subscription', key: key('sub'), ...own, app: tenant.app, api: key('api'), plan: key('pln') },
  ];
}

/** Tokens that only a thief of the issuer's own key could sign. */
async function forge(key: IssuerRef, claims: object, header: object = {}): Promise<string> {
  const [current] = await ofIssuer(world.store, key, (tx) => readSecretKeys(tx, key.tenantUuid, vault));
  assert.ok(current);
  const secret = createPrivateKey({ key: current.secretJwk, format: 'jwk' });
  return signJwt(secret, { typ: 'at+jwt', alg: 'ES256', kid: current.kid, ...header }, claims);
}

const ownToken = async (from: IssuerRef, tenant: TenantIssuer): Promise<string> => {
  const fields = { grant_type: 'client_credentials', resource: `urn:tulou:tenant:${tenant.id}` };
  return String((await sendBare(from.issuer, '/oauth2/token', basic(client), formOf(fields))).said['access_token']);
};

test('at the gateway a token counts for the tenant of its issuer, and nobody else’s key makes it another’s', async () => {
  const gate = await openGate();
  try {
    const [ofAlpha, ofPlatform] = [await ownToken(alpha, alpha), await ownToken(platform, alpha)];
    assert.equal(decodeProtectedHeader(ofAlpha).kid, decodeProtectedHeader(await forge(beta, {})).kid, 'one kid');
    assert.equal(gate.call(ofAlpha, alpha).status, 200);
    assert.equal(gate.call(ofPlatform, alpha).status, 200);
    assert.notEqual(gate.call(ofAlpha, beta).status, 200);
    const claims = decodeJwt(ofAlpha);
    const platformClaims = decodeJwt(ofPlatform);
    const toBeta = { aud: `urn:tulou:tenant:${beta.id}`, ins: beta.installation, jti: 'other' };
    for (const [what, text] of Object.entries({
      'alpha’s own, signed again': await forge(alpha, claims),
      'the platform’s own, signed again': await forge(platform, platformClaims),
    }))
      assert.equal(gate.call(text, alpha).status, 200, what);
    for (const [what, text] of Object.entries({
      'alpha for beta, with beta’s installation': await forge(alpha, { ...claims, ...toBeta }),
      'beta’s key under alpha’s name and kid': await forge(beta, claims),
      'beta’s key under the platform’s name': await forge(beta, platformClaims),
      'beta for alpha': await forge(beta, { ...claims, iss: beta.issuer }),
      'beta for itself, with a client of alpha': await forge(beta, { ...claims, ...toBeta, iss: beta.issuer }),
      'alpha’s key under the platform’s name': await forge(alpha, platformClaims),
      'alpha’s key under the platform’s name and kid': await forge(alpha, platformClaims, {
        kid: decodeProtectedHeader(ofPlatform).kid,
      }),
      'the platform’s key under alpha’s name': await forge(platform, claims),
      'alpha’s name in another spelling': await forge(alpha, { ...claims, iss: `${alpha.issuer}/` }),
      'no issuer': await forge(alpha, { ...claims, iss: undefined }),
      'several issuers': await forge(alpha, { ...claims, iss: [alpha.issuer] }),
    })) {
      for (const tenant of [alpha, beta]) {
        const { status, code } = gate.call(text, tenant);
        assert.ok(status >= 400 && status < 500, `${what}: ${status} ${code}`);
      }
    }
  } finally {
    await gate.close();
  }
});
