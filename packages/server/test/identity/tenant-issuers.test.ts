/** Many issuers in one process: found by host name, changed while they serve, each with its own pages and sessions. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Mount } from '../../src/http/listen.ts';
import { listen } from '../../src/http/listen.ts';
import { originOf } from '../../src/http/origin.ts';
import { startIdentity, type Identity } from '../../src/identity/identity.ts';
import { openSigning } from '../../src/identity/issuers/signing.ts';
import { announce, rotateKeys } from '../../src/identity/keys/keys.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { openLog } from '../../src/kernel/log.ts';
import { systemRandom as random } from '../../src/kernel/random.ts';
import type { Store } from '../../src/store/store.ts';
import { sendBare } from './bare.ts';
import { openBrowser } from './browser.ts';
import { insertTwins, openTenantIssuer, vault, type TenantIssuer } from './issuers.ts';
import { pagesOver, startWorld, type World } from './world.ts';
import { ofIssuer, platform } from '../../src/identity/scopes.ts';

let world: World;
let shop: TenantIssuer;
before(async () => {
  world = await startWorld(pagesOver);
  shop = await openTenantIssuer(world, 'shop2');
  await announced();
});
after(() => world.stop());

const discovery = '/.well-known/openid-configuration';
const announced = (): Promise<void> => ofIssuer(world.store, platform, announce);

/**
 * The answer of the issuer, as soon as it satisfies the condition. It is requested repeatedly, because nodes learn of a
 * change with a delay.
 */
async function until(issuer: string, path: string, isSo: (status: number, text: string) => boolean): Promise<string> {
  for (;;) {
    const { status, text } = await sendBare(issuer, path, {});
    if (isSo(status, text)) return text;
  }
}
const serves = (issuer: string): Promise<string> => until(issuer, discovery, (status) => status === 200);

/** As control does it: with the row, the messages for gateways and nodes. */
async function change({ issuer, tenantUuid }: TenantIssuer, set: Record<string, string>): Promise<void> {
  await ofIssuer(world.store, { tenantUuid }, async (tx) => {
    await tx.sql`update issuers set ${tx.sql(set)} where tenant_id = ${tenantUuid}`;
    await openSigning({ clock, vault }).open(tx, { issuer, tenantUuid });
  });
}

test('an issuer is served at its own name, and says nothing but that name', async () => {
  const said = JSON.parse(await serves(shop.issuer)) as Record<string, unknown>;
  assert.equal(said['issuer'], shop.issuer);
  for (const [name, value] of Object.entries(said))
    if (name.endsWith('_endpoint') || name.endsWith('_uri'))
      assert.ok(String(value).startsWith(`${shop.issuer}/`), name);
  const keys = await sendBare(shop.issuer, '/oauth2/jwks', {});
  const own = await sendBare(world.issuer, '/oauth2/jwks', {});
  assert.equal(keys.status, 200);
  assert.notEqual(keys.text, own.text);
});

/** One more process, which keeps this many issuers ready; its own address is the platform's. */
async function openNode(store: Store, warmIssuers: number): Promise<{ url: string; stop(): Promise<void> }> {
  const held: { identity?: Identity } = {};
  const log = openLog('identity', 'silent');
  const mount: Mount = { owns: () => true, handle: (message, response) => held.identity?.handle(message, response) };
  const none = (): Promise<never> => Promise.reject(new Error('not reached'));
  const listener = await listen({ host: '127.0.0.1', port: 0 }, none, { clock, random, log }, mount);
  const started = await startIdentity(
    { platformUrl: listener.url, upstreamAllow: [], signUp: 'invited', warmIssuers },
    // No timer runs while queries are counted.
    { store, clock: { ...clock, every: () => ({ cancel: () => undefined }) }, random, log, vault },
  );
  held.identity = started;
  return { url: listener.url, stop: () => listener.close().then(() => started.stop()) };
}

test('a host that is nobody’s costs no query, however often it is asked for', async () => {
  let queries = 0;
  const counting: Store = {
    ...world.store,
    system: (reason, work) => {
      queries += 1;
      return world.store.system(reason, work);
    },
  };
  const node = await openNode(counting, 10);
  queries = 0;
  for (let i = 0; i < 200; i += 1) {
    const { status, said } = await sendBare(node.url, discovery, { host: `nobody-${i}.test` });
    assert.deepEqual([status, said['code']], [421, 'host_unknown']);
  }
  assert.equal(queries, 0);
  await node.stop();
});

test('where more issuers are asked for at once than are kept ready, each is answered as itself', async () => {
  const names = ['one', 'two', 'three', 'four', 'five'];
  for (const name of names) await openTenantIssuer(world, name);
  const node = await openNode(world.store, 2);
  const issuers = names.map((name) => originOf(`${name}.test`, node.url));
  await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const issuer = issuers[i % issuers.length] ?? '';
      const { status, said } = await sendBare(issuer, discovery, {});
      assert.deepEqual([status, said['issuer']], [200, issuer]);
    }),
  );
  await node.stop();
});

test('pages have the issuer’s name and colour; what is for members is at the platform only', async () => {
  await change(shop, { name: 'Shop & Co', accent: '#0a5a2a' });
  const page = await until(shop.issuer, '/account/reset', (_, text) => text.includes('Shop &amp; Co'));
  assert.ok(!page.includes('Tulou'));
  const sheet = /href="(\/account\/style-[^"]+)"/.exec(page)?.[1] ?? '';
  assert.match((await sendBare(shop.issuer, sheet, {})).text, /--accent: #0a5a2a/);
  assert.equal((await sendBare(world.issuer, sheet, {})).status, 404);
  for (const path of ['/account/invitation', '/account/outbox', '/account/install'])
    assert.equal((await sendBare(shop.issuer, path, {})).status, 404, path);
});

test('while its name, colour and keys change again and again, no request fails', async () => {
  let asked = 0;
  const over = new AbortController();
  const failed: string[] = [];
  const ask = async (): Promise<void> => {
    while (!over.signal.aborted) {
      for (const path of [discovery, '/oauth2/jwks', '/account/reset']) {
        const { status, text } = await sendBare(shop.issuer, path, {});
        if (status !== 200) failed.push(`${path} ${status} ${text}`);
        asked += 1;
      }
    }
  };
  const asking = [ask(), ask()];
  for (let i = 0; i < 10; i += 1) {
    await change(shop, { name: `Shop ${i}` });
    await rotateKeys(shop, { store: world.store, clock, vault });
    await until(shop.issuer, '/account/reset', (_, text) => text.includes(`Shop ${i}`));
  }
  over.abort();
  await Promise.all(asking);
  assert.deepEqual(failed, []);
  assert.ok(asked > 60);
});

test('a key that was rotated in signs at once, one that was removed is not shown any more', async () => {
  const kids = async (): Promise<readonly string[]> => {
    const { said } = await sendBare(shop.issuer, '/oauth2/jwks', {});
    return (said['keys'] as { kid: string }[]).map(({ kid }) => kid);
  };
  const [current = ''] = await kids();
  const signing = openSigning({ clock, vault });
  await ofIssuer(world.store, shop, (tx) => signing.revoke(tx, shop, current));
  await until(shop.issuer, '/oauth2/jwks', (_, text) => !text.includes(current));
  assert.ok(!(await kids()).includes(current));
});

test('while it is paused, or its tenant suspended, it is nobody’s; afterwards all is as before', async () => {
  const gone = (): Promise<string> => until(shop.issuer, discovery, (status) => status === 421);
  await change(shop, { state: 'paused' });
  await retold('issuer', shop.issuer);
  await gone();
  await change(shop, { state: 'active' });
  await serves(shop.issuer);
  await world.store.system(
    'test',
    ({ sql }) => sql`update tenants set suspended_at = now() where tenant_id = ${shop.tenantUuid}`,
  );
  await retold('tenant', shop.id);
  await gone();
  await world.store.system(
    'test',
    ({ sql }) => sql`update tenants set suspended_at = null where tenant_id = ${shop.tenantUuid}`,
  );
  await retold('tenant', shop.id);
  await serves(shop.issuer);
});

/** The state that control publishes for an issuer, in any state. */
function retold(kind: 'issuer' | 'tenant', key: string): Promise<void> {
  return world.store
    .system('test', async (tx) => {
      await tx.sql`update snapshot_head set seq = seq + 1`;
      await tx.sql`
      insert into snapshot_objects (kind, key, tenant, seq, object)
      select ${kind}, ${key}, ${shop.tenantUuid}, seq, null from snapshot_head
      on conflict (kind, key) do update set seq = excluded.seq`;
    })
    .then(announced);
}

test('what one issuer’s form was given is not taken at another', async () => {
  const page = await openBrowser(world.issuer).open(`${world.issuer}/account/reset`);
  const token = /name="form_token" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
  const cookie = page.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
  const body = new URLSearchParams({ form_token: token, email: 'a@b.test' }).toString();
  assert.equal((await sendBare(world.issuer, '/account/reset', { cookie }, body)).status, 200);
  assert.equal((await sendBare(shop.issuer, '/account/reset', { cookie }, body)).status, 403);
});

test('a person of one issuer is unknown at another, with the same address', async () => {
  const other = await openTenantIssuer(world, 'other2');
  await announced();
  await serves(other.issuer);
  await insertTwins(world, [shop], 'ann@home.test');
  const mailsAfter = async (issuer: string): Promise<number> => {
    const browser = openBrowser(issuer);
    await browser.submit(await browser.open(`${issuer}/account/reset`), { email: 'ann@home.test' });
    const rows = await world.store.system(
      'test',
      ({ sql }) => sql`delete from mails where recipient = 'ann@home.test' returning id`,
    );
    return rows.length;
  };
  assert.deepEqual(
    [await mailsAfter(shop.issuer), await mailsAfter(other.issuer), await mailsAfter(world.issuer)],
    [1, 0, 0],
  );
});

test('an issuer that version 0.1.0 accepted under a name that leads to the platform takes nothing from it', async () => {
  const before = (await sendBare(world.issuer, '/oauth2/jwks', {})).text;
  await openTenantIssuer(world, 'a', '1');
  // Its object in the snapshot takes the place of the platform's, as it did then.
  const { tenantUuid } = await openTenantIssuer(world, '127.0.0', '1');
  const ownerOf = async (): Promise<unknown> => {
    const [row] = await world.store.system(
      'test',
      ({ sql }) => sql`select tenant from snapshot_objects where kind = 'issuer' and key = ${world.issuer}`,
    );
    return row?.['tenant'];
  };
  assert.equal(await ownerOf(), tenantUuid);
  const node = await world.startNode();
  assert.equal(await ownerOf(), '00000000-0000-0000-0000-000000000000');
  assert.equal((await sendBare(node, '/oauth2/jwks', { host: new URL(world.issuer).host })).text, before);
  await announced();
  await serves(shop.issuer);
  // A name that the parser ignores is not read as the name of the request before.
  for (const host of ['a.1', 'a.0x1', '%61.test', 'a b', '..'])
    assert.ok([400, 421].includes((await sendBare(node, discovery, { host })).status), host);
  await world.store.system('test', ({ sql }) => sql`delete from issuers where host in ('a.1', '127.0.0.1')`);
});
