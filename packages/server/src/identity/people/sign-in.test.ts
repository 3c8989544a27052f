import assert from 'node:assert/strict';
import { argon2Sync } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { openTestDatabase, type TestDatabase } from '../../../test/harness.ts';
import { systemClock, type Clock } from '../../kernel/clock.ts';
import { newId, systemRandom as random } from '../../kernel/random.ts';
import { openPasswords } from './password.ts';
import { signIn, type SignedIn } from './sign-in.ts';
import { createUser, findUser } from './users.ts';
import { nilTenant } from '../../tenancy/nil-tenant.ts';
import { ofIssuer } from '../scopes.ts';

let nowMs = Date.parse('2026-01-01T00:00:00Z');
const clock: Clock = { ...systemClock, now: () => nowMs };
const passwords = openPasswords(random);
const right = 'a long enough one';
let database: TestDatabase;
let kept: string;

before(async () => {
  database = await openTestDatabase();
  kept = await passwords.keep(right);
});
after(() => database.close());
beforeEach(async () => {
  await database.store.system('test', ({ sql }) => sql`delete from sign_in_attempts`);
  await database.store.system('test', ({ sql }) => sql`delete from users`);
  await add('ann@shop.test', kept);
});

const platform = { issuer: 'https://platform.test', tenantUuid: nilTenant };
const shop = { issuer: 'https://shop.test', tenantUuid: '00000000-0000-7000-8000-000000000001' };

const add = (email: string, password: string, issuer = platform) =>
  ofIssuer(database.store, issuer, (tx) =>
    createUser(tx, issuer, {
      id: newId('user', clock, random),
      email,
      name: 'Ann',
      locale: 'en',
      password,
      now: new Date(nowMs),
    }),
  );

const attempt = (email: string, password: string, address = '192.0.2.1', issuer = platform): Promise<SignedIn> =>
  signIn(issuer, { email, password, address }, { store: database.store, clock, passwords });

test('the right password signs in, whatever the case of the address', async () => {
  const found = await attempt(' Ann@Shop.test ', right);
  assert.equal(found.kind === 'right' && found.user.email, 'ann@shop.test');
});

test('unknown, disabled and wrong are one answer', async () => {
  await add('off@shop.test', kept);
  await database.store.system(
    'test',
    ({ sql }) => sql`update users set disabled_at = now() where email = 'off@shop.test'`,
  );
  for (const [email, password] of [
    ['ann@shop.test', 'something else'],
    ['nobody@shop.test', right],
    ['off@shop.test', right],
  ] as const)
    assert.deepEqual(await attempt(email, password), { kind: 'wrong' });
});

test('after five wrong passwords one waits, longer each time, for unknown accounts too', async () => {
  for (const email of ['ann@shop.test', 'nobody@shop.test']) {
    for (let i = 0; i < 5; i += 1) assert.equal((await attempt(email, 'wrong')).kind, 'wrong');
    assert.deepEqual(await attempt(email, right), { kind: 'wait', waitMs: 1000 });
    nowMs += 1000;
    assert.equal((await attempt(email, 'wrong')).kind, 'wrong');
    assert.deepEqual(await attempt(email, right), { kind: 'wait', waitMs: 2000 });
  }
  nowMs += 2000;
  assert.equal((await attempt('ann@shop.test', right)).kind, 'right');
  assert.equal((await attempt('ann@shop.test', 'wrong')).kind, 'wrong');
});

test('many guesses at once get no further than one after the other', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => attempt('ann@shop.test', `guess ${i}`)));
  assert.equal(answers.filter(({ kind }) => kind === 'wrong').length, 5);
});

test('an address that tries many accounts waits, its neighbours in the same /64 with it, others not', async () => {
  await database.store.system(
    'test',
    ({ sql }) => sql`insert into sign_in_attempts (subject, failures, blocked_until, updated_at)
      values ('address:2001:db8:0:7', 55, ${new Date(nowMs + 1000)}, ${new Date(nowMs)})`,
  );
  assert.equal((await attempt('ann@shop.test', right, '2001:db8::7:0:0:0:1')).kind, 'wait');
  assert.equal((await attempt('ann@shop.test', right, '2001:db8:0:7:1::9')).kind, 'wait');
  assert.equal((await attempt('ann@shop.test', right, '2001:db8:0:8::9')).kind, 'right');
});

test('a password that was kept with lower costs is kept anew when it is right', async () => {
  const nonce = Buffer.alloc(16, 3);
  const tag = argon2Sync('argon2id', { message: right, nonce, memory: 64, passes: 1, parallelism: 1, tagLength: 32 });
  const old = [nonce, tag].map((bytes) => bytes.toString('base64').replace(/=+$/, '')).join('$');
  await add('old@shop.test', `$argon2id$v=19$m=64,t=1,p=1$${old}`);
  assert.equal((await attempt('old@shop.test', right)).kind, 'right');
  const user = await ofIssuer(database.store, platform, (tx) => findUser(tx, platform, 'old@shop.test'));
  assert.match(user?.password ?? '', /m=19456/);
  assert.equal((await attempt('old@shop.test', right)).kind, 'right');
});

test('one person an address', async () => {
  assert.equal(await add('ANN@shop.test', kept), false);
});

test('the same address at two issuers is two people: neither password is of use at the other', async () => {
  assert.equal(await add('ann@shop.test', await passwords.keep('another long one'), shop), true);
  const at = async (password: string, issuer: typeof platform): Promise<string> =>
    (await attempt('ann@shop.test', password, '192.0.2.1', issuer)).kind;
  assert.deepEqual([await at(right, platform), await at(right, shop)], ['right', 'wrong']);
  assert.deepEqual([await at('another long one', platform), await at('another long one', shop)], ['wrong', 'right']);
});

test('wrong passwords at one issuer make nobody wait at another', async () => {
  await add('ann@shop.test', kept, shop);
  for (let i = 0; i < 6; i += 1) await attempt('ann@shop.test', 'wrong');
  assert.equal((await attempt('ann@shop.test', right)).kind, 'wait');
  assert.equal((await attempt('ann@shop.test', right, '192.0.2.1', shop)).kind, 'right');
});
