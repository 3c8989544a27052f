import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { idFromUuid } from '@tulou/contract';
import { openTestDatabase, type TestDatabase } from '../../../test/harness.ts';
import type { Clock } from '../../kernel/clock.ts';
import { systemClock } from '../../kernel/clock.ts';
import { systemRandom, uuidV7 } from '../../kernel/random.ts';
import { openStore } from '../../store/store.ts';
import {
  ensureKeys,
  findDue,
  readKeys,
  removeSigningKey,
  rotateIfDue,
  rotateKeys,
  type IssuerRef,
  type KeyDeps,
} from './keys.ts';
import { openVault } from '../../kernel/seal.ts';

let database: TestDatabase;
before(async () => {
  database = await openTestDatabase();
});
after(() => database.close());

const vault = openVault(Buffer.alloc(32, 3), systemRandom);
const depsAt = (offsetMs = 0): KeyDeps => {
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + offsetMs };
  return { store: database.store, clock, vault };
};
const fresh = async (state = 'active'): Promise<IssuerRef> => {
  const tenantUuid = uuidV7(systemClock, systemRandom);
  const id = idFromUuid('tenant', tenantUuid);
  const now = new Date();
  await database.store.system('test', async ({ sql }) => {
    await sql`insert into tenants (tenant_id, slug, name, created_at, updated_at)
      values (${tenantUuid}, ${id.replace('_', '-')}, 'Shop', ${now}, ${now})`;
    await sql`insert into issuers (tenant_id, host, name, sign_up, state, created_at, updated_at)
      values (${tenantUuid}, ${`${id}.test`}, 'Shop', 'open', ${state}, ${now}, ${now})`;
  });
  return { issuer: `https://${id}.test`, tenantUuid };
};
const states = async (issuer: IssuerRef) =>
  Object.fromEntries((await readKeys(issuer, depsAt())).map(({ kid, state }) => [state, kid]));

async function published({ issuer }: IssuerRef): Promise<{ seq: number; kids: string[]; text: string }> {
  const [row] = await database.store.system(
    'test',
    ({ sql }) => sql<{ seq: number; object: { keys: { kid: string }[] } }[]>`
      select seq, object from snapshot_objects where kind = 'issuer' and key = ${issuer}`,
  );
  assert.ok(row);
  return { seq: row.seq, kids: row.object.keys.map(({ kid }) => kid).toSorted(), text: JSON.stringify(row.object) };
}

test('many nodes that start at once agree on the same two keys', async () => {
  const issuer = await fresh();
  const stores = Array.from({ length: 4 }, () => openStore({ url: database.url, connectionsMax: 2 }, systemClock));
  const all = await Promise.all(
    stores.map(async (store) => {
      await ensureKeys(issuer, { ...depsAt(), store });
      return readKeys(issuer, { ...depsAt(), store });
    }),
  );
  await Promise.all(stores.map((store) => store.close()));
  const [first] = all;
  assert.deepEqual(
    first?.map(({ state }) => state),
    ['current', 'next'],
  );
  for (const one of all) assert.deepEqual(one, first);
});

test('the gateways know exactly the keys that verify, and no secret half', async () => {
  const issuer = await fresh();
  await ensureKeys(issuer, depsAt());
  const keys = await readKeys(issuer, depsAt());
  const { kids, text } = await published(issuer);
  assert.deepEqual(kids, keys.map(({ kid }) => kid).toSorted());
  for (const { secretJwk } of keys) assert.ok(secretJwk.d !== undefined && !text.includes(secretJwk.d));
});

test('a start where nothing changed changes nothing in the snapshot', async () => {
  const issuer = await fresh();
  await ensureKeys(issuer, depsAt());
  const { seq } = await published(issuer);
  await ensureKeys(issuer, depsAt());
  assert.equal((await published(issuer)).seq, seq);
});

test('rotation: the next key signs, which was known before; the current one goes on to verify', async () => {
  const issuer = await fresh();
  await ensureKeys(issuer, depsAt());
  const old = await states(issuer);
  const known = await published(issuer);
  await rotateKeys(issuer, depsAt());
  const now = await states(issuer);
  assert.deepEqual([now['current'], now['previous']], [old['next'], old['current']]);
  assert.ok(known.kids.includes(now['current'] ?? ''), 'it was published before it signs');
  assert.deepEqual((await published(issuer)).kids, Object.values(now).toSorted());
  assert.ok((await published(issuer)).seq > known.seq, 'nodes that look see that something has changed');
});

test('by schedule a key signs thirty days, verifies one more, and is then forgotten', async () => {
  const issuer = await fresh();
  const day = 24 * 60 * 60_000;
  await ensureKeys(issuer, depsAt());
  const first = await states(issuer);
  await rotateIfDue(issuer, depsAt(29 * day));
  assert.deepEqual(await states(issuer), first);
  await rotateIfDue(issuer, depsAt(30 * day + 1000));
  assert.equal((await states(issuer))['previous'], first['current']);
  await rotateIfDue(issuer, depsAt(31 * day + 2000));
  assert.equal((await states(issuer))['previous'], undefined);
  assert.ok(!(await published(issuer)).kids.includes(first['current'] ?? ''));
});

test('a key in wrong hands: none accepts it any more, its secret half is gone, and another signs', async () => {
  const issuer = await fresh();
  await ensureKeys(issuer, depsAt());
  const old = await states(issuer);
  assert.equal(await removeSigningKey(issuer, old['current'] ?? '', depsAt()), true);
  assert.equal(await removeSigningKey(issuer, 'another', depsAt()), false);
  const now = await states(issuer);
  assert.equal(now['current'], old['next']);
  assert.ok(!Object.values(now).includes(old['current'] ?? ''));
  assert.ok(!(await published(issuer)).kids.includes(old['current'] ?? ''));
  const [row] = await database.store.system(
    'test',
    ({ sql }) => sql`select length(secret_jwk) as bytes from signing_keys where kid = ${old['current'] ?? ''}`,
  );
  assert.equal(row?.['bytes'], 0);
});

test('a tenant’s issuer speaks for that tenant only; while it is paused, its keys are told to nobody', async () => {
  const issuer = await fresh();
  await ensureKeys(issuer, depsAt());
  const { text } = await published(issuer);
  assert.ok(text.includes(`"issues_for":"${idFromUuid('tenant', issuer.tenantUuid)}"`), text);
  const paused = await fresh('paused');
  await ensureKeys(paused, depsAt());
  await rotateKeys(paused, depsAt());
  await assert.rejects(published(paused));
  assert.equal((await readKeys(paused, depsAt())).length, 3);
});

test('keys are due when they have signed for thirty days, or verified for a day afterwards', async () => {
  const issuer = await fresh();
  const day = 24 * 60 * 60_000;
  const due = async (offsetMs: number): Promise<boolean> =>
    (await findDue(depsAt(offsetMs))).includes(issuer.tenantUuid);
  await ensureKeys(issuer, depsAt());
  assert.deepEqual([await due(29 * day), await due(30 * day + 1000)], [false, true]);
  await rotateIfDue(issuer, depsAt(30 * day + 1000));
  assert.deepEqual([await due(30 * day + 2000), await due(31 * day + 2000)], [false, true]);
});

test('with another master key nothing can be opened', async () => {
  const issuer = await fresh();
  await ensureKeys(issuer, depsAt());
  const other = { ...depsAt(), vault: openVault(Buffer.alloc(32, 4), systemRandom) };
  await assert.rejects(readKeys(issuer, other));
});
