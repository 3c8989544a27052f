import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { assert as hold, asyncProperty, string } from 'fast-check';
import { openTestDatabase, type TestDatabase } from '../../../test/harness.ts';
import { systemClock, type Clock } from '../../kernel/clock.ts';
import { newId, systemRandom as random } from '../../kernel/random.ts';
import { openChallenges, type Challenges } from './challenges.ts';
import { addPasskey, listPasskeys, passkeysMax } from './passkeys.ts';
import { openSampleAuthenticator, type Lie, type SampleAuthenticator } from './sample-authenticator.ts';
import { takePasskey } from './show-passkey.ts';
import { createUser } from './users.ts';
import { readAnswer, relyingParty, verifyCreation } from './webauthn.ts';
import { nilTenant } from '../../tenancy/nil-tenant.ts';
import { ofIssuer } from '../scopes.ts';

const issuer = { issuer: 'https://id.shop.test', tenantUuid: nilTenant };
const rpID = 'id.shop.test';
const [origin, purpose] = [issuer.issuer, 'this page in this browser'];
let database: TestDatabase;
let nowMs = systemClock.now();
const clock: Clock = { ...systemClock, now: () => nowMs };
let challenges: Challenges;
let userId: ReturnType<typeof newId<'user'>>;
let device: SampleAuthenticator;

before(async () => {
  database = await openTestDatabase();
  challenges = openChallenges(Buffer.alloc(32, 3), { store: database.store, clock, random });
});
after(() => database.close());
beforeEach(async () => {
  userId = await addPerson();
  device = openSampleAuthenticator(userId);
  assert.equal(await register(), true);
});

async function addPerson() {
  const id = newId('user', clock, random);
  const person = {
    id,
    email: `${id}@shop.test`,
    name: 'Ann',
    locale: 'en',
    password: '',
    now: new Date(nowMs),
  } as const;
  await ofIssuer(database.store, issuer, (tx) => createUser(tx, issuer, person));
  return id;
}

const asked = (challenge = challenges.make(purpose)) => ({ challenge, rpID, origin });
const expected = () => ({ issuer, rpID, challenges, purpose });

/** Makes a passkey and keeps it; whether that was taken. */
async function register(lie: Lie = {}, given = asked()): Promise<boolean> {
  const made = await verifyCreation(readAnswer(device.create(given, lie)) ?? assert.fail(), expected());
  if (made === undefined) return false;
  const key = { id: newId('passkey', clock, random), name: 'Laptop', ...made };
  return ofIssuer(database.store, issuer, (tx) => addPasskey(tx, { issuer, userId }, key, new Date(nowMs)));
}

const take = (text: string, more: { userId?: string; purpose?: string } = {}): Promise<string | undefined> =>
  takePasskey(text, { ...expected(), userId: undefined, ...more }, { store: database.store, clock });

test('a passkey that checks who holds it signs its person in, whoever they say they are', async () => {
  assert.equal(await take(device.get(asked(), true)), userId);
  assert.equal(await take(device.get(asked(), true, { userHandle: undefined })), userId);
});

test('one that was only touched is a second factor, and no more', async () => {
  assert.equal(await take(device.get(asked(), false)), undefined);
  assert.equal(await take(device.get(asked(), false), { userId }), userId);
});

test('an answer is good once, of many at once too', async () => {
  const answer = device.get(asked(), true, { counter: 0 });
  const taken = await Promise.all(Array.from({ length: 6 }, () => take(answer)));
  assert.deepEqual(
    taken.filter((one) => one !== undefined),
    [userId],
  );
  assert.equal(await take(answer), undefined);
});

test('a challenge is for one page in one browser, for ten minutes', async () => {
  const elsewhere = challenges.make('another page');
  assert.equal(await take(device.get(asked(elsewhere), true)), undefined);
  const old = device.get(asked(), true);
  nowMs += 601_000;
  assert.equal(await take(old), undefined);
  const late = asked();
  nowMs += 590_000;
  assert.equal(await take(device.get(late, true)), userId);
});

test('a challenge that we have not made is none', async () => {
  const made = Buffer.from(challenges.make(purpose), 'base64url');
  for (const at of [0, 20, 30, made.length - 1]) {
    const changed = Buffer.from(made);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(await take(device.get(asked(changed.toString('base64url')), true)), undefined, `byte ${at}`);
  }
  for (const text of ['', 'AAAA', random.bytes(54).toString()])
    assert.equal(await take(device.get(asked(Buffer.from(text).toString('base64url')), true)), undefined);
});

test('what was signed for another site, as something else, or by another key opens nothing', async () => {
  const stranger = openSampleAuthenticator(userId);
  const lies: readonly Lie[] = [
    { origin: 'https://evil.test' },
    { origin: 'http://id.shop.test' },
    { origin: 'https://id.shop.test:8443' },
    { rpID: 'shop.test' },
    { rpID: 'evil.test' },
    { type: 'webauthn.create' },
    { type: 'payment.get' },
    { signature: Buffer.alloc(70, 1) },
    { userHandle: 'usr_somebody_else' },
    { credentialId: stranger.credentialId },
  ];
  for (const lie of lies) assert.equal(await take(device.get(asked(), true, lie)), undefined, JSON.stringify(lie));
  const forged = stranger.get(asked(), true, { credentialId: device.credentialId });
  assert.equal(await take(forged), undefined);
});

test('another person’s passkey is no second factor of mine', async () => {
  const other = await addPerson();
  assert.equal(await take(device.get(asked(), true), { userId: other }), undefined);
});

test('another issuer does not know it, though it has the same name', async () => {
  const tenant = { ...issuer, tenantUuid: '00000000-0000-7000-8000-000000000001' };
  const deps = { store: database.store, clock };
  const wanted = { ...expected(), issuer: tenant, userId: undefined };
  assert.equal(await takePasskey(device.get(asked(), true), wanted, deps), undefined);
});

test('a copy is found out by its counter', async () => {
  assert.equal(await take(device.get(asked(), true, { counter: 9 })), userId);
  for (const counter of [9, 8, 0]) assert.equal(await take(device.get(asked(), true, { counter })), undefined);
  assert.equal(await take(device.get(asked(), true, { counter: 10 })), userId);
});

test('a passkey is added once, for this site only, and a person has no more than the bound', async () => {
  assert.equal(await register(), false);
  device = openSampleAuthenticator(userId);
  for (const lie of [{ origin: 'https://evil.test' }, { rpID: 'evil.test' }, { type: 'webauthn.get' }])
    assert.equal(await register(lie), false, JSON.stringify(lie));
  assert.equal(await register({}, asked(challenges.make('another page'))), false);
  for (let held = 1; held < passkeysMax; held += 1) {
    device = openSampleAuthenticator(userId);
    assert.equal(await register(), true);
  }
  device = openSampleAuthenticator(userId);
  assert.equal(await register(), false);
  const held = await ofIssuer(database.store, issuer, (tx) => listPasskeys(tx, { issuer, userId }));
  assert.equal(held.length, passkeysMax);
});

test('whatever else is sent in place of an answer is none', async () => {
  await hold(
    asyncProperty(string(), async (text) => {
      assert.equal(await take(text), undefined);
      const parts = { clientDataJSON: text, authenticatorData: text, signature: text };
      assert.equal(await take(JSON.stringify({ id: device.credentialId, response: parts })), undefined);
    }),
    { numRuns: 30 },
  );
});

test('passkeys are for host names, over TLS or on this machine', () => {
  for (const [url, name] of [
    ['https://id.shop.test', 'id.shop.test'],
    ['https://id.shop.test:8443', 'id.shop.test'],
    ['http://localhost:8090', 'localhost'],
    ['http://shop.localhost:8090', 'shop.localhost'],
    ['http://id.shop.test', undefined],
    ['http://127.0.0.1:8090', undefined],
    ['https://192.0.2.1', undefined],
    ['https://[::1]:8090', undefined],
  ] as const)
    assert.equal(relyingParty({ issuer: url, tenantUuid: nilTenant }), name, url);
});
