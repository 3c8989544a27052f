import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isGuessable } from './guessable.ts';

const about = ['Ann Lee', 'ann.lee@acme.example', 'Acme Shop', 'Tulou'];

test('common passwords, those about the person and the tenant, and rows of keys are guessable', () => {
  for (const password of [
    ...['password1234', 'Password1234!', 'P@ssw0rd1234', 'passwordpassword', 'password password', 'iloveyou2024!!'],
    ...[
      'qwertyuiop123',
      'asdfghjkl12345',
      'abcdefghijkl',
      '1q2w3e4r5t6y',
      '123456789012',
      '000000000000',
      'aaaaaaaaaaaa',
    ],
    ...['acme-acme-2026', 'AcmeShop2026!', 'annlee123456', 'ann.lee.1990!', 'Tulou Tulou 1', 'welcome2acme!'],
  ])
    assert.equal(isGuessable(password, about), true, password);
});

test('phrases, random text and other scripts are not', () => {
  for (const password of [
    ...['correct horse battery', 'correct horse battery staple', 'quite another one', 'another password of mine'],
    ...['a new long password', 'x7#kQ9v!pLm2', 'tq2vfjz8rkwpd', '今天天气很好我们去公园', 'the shop at the lake'],
  ])
    assert.equal(isGuessable(password, about), false, password);
});

test('the longest password is judged at once', () => {
  const begun = process.cpuUsage().user;
  isGuessable('acme'.repeat(63) + 'x', about);
  assert.ok(process.cpuUsage().user - begun < 1_000_000);
});
