/** The identity server opens a transaction of the platform for the reasons of one table only, and has each of them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemWide } from '../../src/identity/system-wide.ts';
import { nilTenant } from '../../src/tenancy/nil-tenant.ts';
import type { Store } from '../../src/store/store.ts';
import { authorize, basic, formOf, redemption, resourceOf } from './attack.ts';
import { sendBare, type Answer } from './bare.ts';
import { startWorld, type TestClient, type World } from './world.ts';

let world: World;
let client: TestClient;
/** Why, or in which tenant, each transaction was opened. */
let opened: { readonly reason?: string; readonly tenant?: string }[] = [];

const observing = (store: Store): Store => ({
  ...store,
  tenant(scope, work) {
    opened.push({ tenant: scope.tenantUuid });
    return store.tenant(scope, work);
  },
  system(reason, work) {
    opened.push({ reason });
    return store.system(reason, work);
  },
});

before(async () => {
  world = await startWorld(undefined, undefined, undefined, undefined, observing);
  client = await world.makeClient();
});
after(() => world.stop());

const post = (path: string, fields: Record<string, string>): Promise<Answer> =>
  sendBare(world.issuer, `/oauth2/${path}`, basic(client), formOf(fields));

/** The distinct reasons and tenants of what runs. */
async function openedBy(work: () => Promise<void>): Promise<{ reasons: string[]; tenants: string[] }> {
  opened = [];
  await work();
  // The node also looks for changed issuers by the clock.
  const reasons = opened.flatMap(({ reason }) => (reason === systemWide.issuers ? [] : (reason ?? [])));
  return {
    reasons: [...new Set(reasons)].toSorted(),
    tenants: [...new Set(opened.flatMap(({ tenant }) => tenant ?? []))],
  };
}

test('a flow from the sign-in to revoked tokens has two reasons to look across tenants, and works as its issuer otherwise', async () => {
  const { reasons, tenants } = await openedBy(async () => {
    const code = (await authorize(world, client)).get('code') ?? '';
    const first = await post('token', redemption(code));
    assert.equal(first.status, 200, first.text);
    const next = await post('token', {
      grant_type: 'refresh_token',
      refresh_token: String(first.said['refresh_token'] ?? ''),
    });
    const own = await post('token', { grant_type: 'client_credentials', resource: resourceOf(world) });
    assert.equal(own.status, 200, own.text);
    for (const token of [own, first, next].map(({ said }) => String(said['access_token'] ?? ''))) {
      assert.equal((await post('introspect', { token })).status, 200);
      assert.equal((await post('revoke', { token })).status, 200);
    }
  });
  assert.deepEqual(reasons, [systemWide.clients, systemWide.rights].toSorted());
  assert.deepEqual(tenants, [nilTenant]);
});

test('each reason of the table is in use', () => {
  const folder = fileURLToPath(new URL('../../src/identity/', import.meta.url));
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const texts = sources.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  const used = [...texts.matchAll(/\b(?:asPlatform|crossing)\(\s*[\w.]+,\s*'(\w+)'/g)].map(([, name = '']) => name);
  assert.deepEqual([...new Set(used)].toSorted(), Object.keys(systemWide).toSorted());
});
