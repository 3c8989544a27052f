import assert from 'node:assert/strict';
import { argon2Sync } from 'node:crypto';
import { test } from 'node:test';
import { systemRandom as random } from '../../kernel/random.ts';
import { openPasswords } from './password.ts';

const passwords = openPasswords(random);
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replace(/=+$/, '');

test('a password is kept as an Argon2id PHC string with its own salt, and only it is right', async () => {
  const [kept, again] = await Promise.all([
    passwords.keep('correct horse battery'),
    passwords.keep('correct horse battery'),
  ]);
  assert.match(kept, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  assert.notEqual(kept, again);
  assert.deepEqual(await passwords.verify(kept, 'correct horse battery'), { right: true, stale: false });
  assert.deepEqual(await passwords.verify(kept, 'correct horse battery '), { right: false, stale: false });
});

test('the string is what others mean by it', async () => {
  const nonce = Buffer.alloc(16, 3);
  const tag = argon2Sync('argon2id', { message: 'p', nonce, memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 });
  const kept = `$argon2id$v=19$m=19456,t=2,p=1$${base64(nonce)}$${base64(tag)}`;
  assert.deepEqual(await passwords.verify(kept, 'p'), { right: true, stale: false });
});

test('a right password that was kept with other costs is stale, a wrong one is not', async () => {
  const nonce = Buffer.alloc(16, 3);
  const tag = argon2Sync('argon2id', { message: 'p', nonce, memory: 64, passes: 3, parallelism: 1, tagLength: 32 });
  const kept = `$argon2id$v=19$m=64,t=3,p=1$${base64(nonce)}$${base64(tag)}`;
  assert.deepEqual(await passwords.verify(kept, 'p'), { right: true, stale: true });
  assert.deepEqual(await passwords.verify(kept, 'q'), { right: false, stale: false });
});

test('where none is kept nothing is right', async () => {
  assert.deepEqual(await passwords.verify(undefined, ''), { right: false, stale: false });
});

test('the same characters typed in another way are the same password', async () => {
  const kept = await passwords.keep('caf\u00e9 au lait, bitte');
  assert.ok((await passwords.verify(kept, 'cafe\u0301 au lait, bitte')).right);
});

test('more than can wait are refused, and the others are served', async () => {
  const answers = await Promise.allSettled(Array.from({ length: 110 }, () => passwords.verify(undefined, 'x')));
  assert.equal(answers.filter(({ status }) => status === 'rejected').length, 8);
});
