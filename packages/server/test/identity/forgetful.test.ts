/**
 * Row-level security limits the queries of the identity server. Here every query of its flows forgets its tenant, and
 * the rows of other tenants stay out of sight.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openArtifacts, revokeGrant } from '../../src/identity/artifacts/adapter.ts';
import type { IssuerRef } from '../../src/identity/keys/keys.ts';
import { readKeys } from '../../src/identity/keys/keys.ts';
import { openPasswords } from '../../src/identity/people/password.ts';
import { signIn } from '../../src/identity/people/sign-in.ts';
import { findUser } from '../../src/identity/people/users.ts';
import { openAccounts } from '../../src/identity/provider/account.ts';
import { asPlatform } from '../../src/identity/system-wide.ts';
import { readRights } from '../../src/identity/tokens/rights.ts';
import { sha256 } from '../../src/kernel/hash.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { newId, systemRandom as random } from '../../src/kernel/random.ts';
import type { Sql } from '../../src/store/pool.ts';
import { findMembership } from '../../src/store/membership.ts';
import type { Store, SystemTx, TenantTx } from '../../src/store/store.ts';
import { openTenantIssuer, platformOf, vault, type TenantIssuer } from './issuers.ts';
import { startWorld, type World } from './world.ts';

const nobody = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const [email, password] = ['kim@alpha.test', 'a long enough password'];

let world: World;
let platform: IssuerRef;
let alpha: TenantIssuer;
let beta: TenantIssuer;
/** A person of alpha's issuer. */
let kim: string;
/** The store whose queries forget. */
let store: Store;

before(async () => {
  world = await startWorld();
  platform = platformOf(world);
  [alpha, beta] = [await openTenantIssuer(world, 'alpha'), await openTenantIssuer(world, 'beta')];
  store = forgetful(world.store);
  kim = newId('user', clock, random);
  const [kept, now] = [await openPasswords(random, clock).keep(password), new Date()];
  await world.store.system(
    'test',
    ({ sql }) => sql`
    insert into users (tenant_id, id, email, name, locale, secret_password, verified_at, created_at, updated_at)
    values (${alpha.tenantUuid}, ${kim}, ${email}, 'Kim', 'en', ${kept}, ${now}, ${now}, ${now})`,
  );
});
after(() => world.stop());

function forgetful(real: Store): Store {
  const of = <T extends TenantTx | SystemTx>(tx: T): T => ({ ...tx, sql: forgetting(tx.sql) });
  return {
    ...real,
    tenant: (scope, work) => real.tenant(scope, (tx) => work(of(tx))),
    system: (reason, work) => real.system(reason, (tx) => work(of(tx))),
  };
}

/** `tenant_id = ${tenant}` becomes `tenant_id <> ${nobody}`, which is true for the rows of every tenant. */
const forgetting = (sql: Sql): Sql =>
  new Proxy(sql, {
    apply(target, self, args: readonly unknown[]): unknown {
      const [strings, ...values] = args;
      if (!isTemplate(strings)) return Reflect.apply(target, self, args);
      const texts = strings.map((text) => (namesTenant(text) ? text.replace(/= $/, '<> ') : text));
      const forgotten = values.map((value, at) => (namesTenant(strings[at]) ? nobody : value));
      return Reflect.apply(target, self, [Object.assign(texts, { raw: texts }), ...forgotten]);
    },
  });

const isTemplate = (value: unknown): value is readonly string[] => Array.isArray(value) && 'raw' in value;
const namesTenant = (text = ''): boolean => /\btenant_id = $/.test(text);

test('the store of this test forgets: as the platform, its queries find the rows of another tenant', async () => {
  const found = await store.system('test', (tx) => findUser(tx as unknown as TenantTx, beta, email));
  assert.equal(found?.id, kim);
});

test('a person of one issuer does not sign in at another, and is not known there by their id', async () => {
  const passwords = openPasswords(random, clock);
  const at = (issuer: IssuerRef) =>
    signIn(issuer, { email, password, address: '192.0.2.1' }, { store, clock, passwords });
  assert.equal((await at(alpha)).kind, 'right');
  for (const other of [beta, platform]) assert.equal((await at(other)).kind, 'wrong', other.issuer);
  const known = (issuer: IssuerRef) => openAccounts(issuer, { store })(undefined as never, kim);
  assert.notEqual(await known(alpha), undefined);
  for (const other of [beta, platform]) assert.equal(await known(other), undefined, other.issuer);
});

test('an issuer neither finds nor ends what another one keeps', async () => {
  const deps = { store, clock, vault, findClient: () => Promise.resolve(undefined) };
  const grants = (issuer: IssuerRef) => openArtifacts(issuer.tenantUuid, deps)('Grant');
  await grants(alpha).upsert('grant-of-alpha', { accountId: kim, clientId: 'cli_x' }, 60);
  for (const other of [beta, platform]) {
    assert.equal(await grants(other).find('grant-of-alpha'), undefined);
    await revokeGrant(other.tenantUuid, sha256('grant-of-alpha'), deps);
  }
  assert.equal((await grants(alpha).find('grant-of-alpha'))?.accountId, kim);
  await revokeGrant(alpha.tenantUuid, sha256('grant-of-alpha'), deps);
  assert.equal(await grants(alpha).find('grant-of-alpha'), undefined);
  assert.ok(await world.denied(`grant:${sha256('grant-of-alpha')}`), 'the gateways are told by a tenant’s issuer too');
});

test('an issuer signs with its own keys', async () => {
  const kids = async (issuer: IssuerRef, from: Store): Promise<readonly string[]> =>
    (await readKeys(issuer, { store: from, clock, vault })).map(({ kid }) => kid);
  for (const issuer of [alpha, beta, platform]) {
    const own = await kids(issuer, world.store);
    assert.ok(own.length > 0);
    assert.deepEqual(await kids(issuer, store), own);
  }
});

test('an app that one tenant has installed gets no rights at another, and a member is none there', async () => {
  const { id } = await world.makeClient();
  const rights = (tenant: string, user?: string) =>
    asPlatform(store, 'rights', (tx) => readRights(tx, platform, id, `urn:tulou:tenant:${tenant}`, user));
  for (const user of [undefined, world.user]) {
    assert.equal((await rights('shop', user))?.installation, world.installation);
    for (const other of ['alpha', 'beta', beta.id]) assert.equal(await rights(other, user), undefined, other);
  }
  const member = (tenantUuid: string) => store.system('test', (tx) => findMembership(tx, tenantUuid, world.user));
  assert.equal((await member(world.tenant.uuid))?.role, 'owner');
  for (const { tenantUuid } of [alpha, beta]) assert.equal(await member(tenantUuid), undefined);
});
