import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatCredential } from '@tulou/contract';
import { systemClock } from '../../kernel/clock.ts';
import { systemRandom } from '../../kernel/random.ts';
import { replaced } from './credential.ts';
import { address, key, newKey, pairs, threadForEach, uuid, withKey, world } from '../../../test/gateway/one-thread.ts';

describe('the caller and its rights', () => {
  const thread = threadForEach();

  it('asks for a credential, and takes one in either field', () => {
    const missing = thread().call(address);
    assert.equal(missing.code, 'credential_missing');
    assert.equal(missing.answered?.fields.get('www-authenticate'), 'Bearer realm="tulou"');
    for (const value of [`Bearer ${key.text}`, `bearer  ${key.text}`]) {
      const exchange = thread().begin(address, { authorization: value });
      assert.ok(exchange.forwarded?.dropFields.has('authorization'));
    }
  });

  for (const [what, fields] of [
    [
      'a wrong secret',
      { 'x-api-key': `${key.text.slice(0, 60)}${key.text[60] === 'a' ? 'b' : 'a'}${key.text.slice(61)}` },
    ],
    ['a key nobody issued', { 'x-api-key': newKey().text }],
    ['another scheme', { authorization: 'Basic dTpw' }],
    ['an empty key', { 'x-api-key': '' }],
    ['two keys', ['x-api-key', key.text, 'x-api-key', key.text]],
    [
      'a control token',
      { authorization: `Bearer ${formatCredential('member', uuid, systemRandom.bytes(8), systemRandom.bytes(32))}` },
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.equal(
        thread().call(address, Array.isArray(fields) ? [...fields] : (fields as Record<string, string>)).code,
        'credential_invalid',
      );
    });
  }

  it('refuses an expired key, also one that it has verified before', () => {
    const soon = newKey('live', Math.floor(systemClock.now() / 1000) + 1000);
    thread().publish(soon.object);
    assert.ok(thread().begin(address, { 'x-api-key': soon.text }).forwarded);
    const now = systemClock.now() + 1_001_000;
    (thread().gate as { clock: unknown }).clock = { ...systemClock, now: () => now };
    assert.equal(thread().call(address, { 'x-api-key': soon.text }).code, 'credential_invalid');
  });

  it('refuses a revoked key at the next call, and takes it again when it is back', () => {
    assert.ok(thread().begin(address, withKey).forwarded);
    thread().drop(key.object);
    assert.equal(thread().call(address, withKey).code, 'credential_invalid');
    thread().publish(key.object);
    assert.ok(thread().begin(address, withKey).forwarded);
  });

  it('refuses a test key under the prefix of a live one', () => {
    thread().publish({ ...key.object, environment: 'test' });
    assert.equal(thread().call(address, withKey).code, 'credential_invalid');
  });

  it('never forwards a credential of ours in the field that was not chosen', () => {
    const both = thread().begin(address, { 'x-api-key': key.text, authorization: `Bearer ${newKey().text}` });
    assert.deepEqual(
      [...(both.forwarded?.dropFields ?? [])].toSorted(),
      ['authorization', ...replaced, 'client-cert', 'client-cert-chain', 'x-api-key'].toSorted(),
    );
    const mixed = thread().begin('/acme/orders/open/a', { 'x-api-key': 'theirs', authorization: `Bearer ${key.text}` });
    assert.ok(mixed.forwarded?.dropFields.has('authorization'));
    assert.equal(mixed.forwarded?.dropFields.has('x-api-key'), false);
    const own = thread().begin(address, { 'x-api-key': key.text, authorization: 'Basic dTpw' });
    assert.equal(own.forwarded?.dropFields.has('authorization'), false);
  });

  it('forwards to an open version without a credential, and leaves an Authorization that is not ours', () => {
    const anonymous = thread().begin('/acme/orders/open/a');
    const sent = pairs(anonymous.forwarded?.addFields ?? []);
    assert.equal(sent.has('tulou-tenant') || sent.has('tulou-app') || sent.has('tulou-plan'), false);
    const theirs = thread().begin('/acme/orders/open/a', { authorization: 'Bearer their.own.token' });
    assert.equal(theirs.forwarded?.dropFields.has('authorization'), false);
    assert.equal(
      thread().call('/acme/orders/open/a', { authorization: `Bearer ${newKey().text}` }).code,
      'credential_invalid',
    );
    const control = formatCredential('operator', uuid, systemRandom.bytes(8), systemRandom.bytes(32));
    assert.equal(
      thread().call('/acme/orders/open/a', { authorization: `Bearer ${control}` }).code,
      'credential_invalid',
    );
    const known = thread().begin('/acme/orders/open/a', withKey);
    assert.equal(pairs(known.forwarded?.addFields ?? []).get('tulou-app'), 'app_1');
  });

  it('says that a version which takes tokens takes no keys', () => {
    const refused = thread().call('/acme/orders/token/a', withKey);
    assert.equal(refused.code, 'credential_invalid');
    assert.match(refused.answered?.body ?? '', /takes access tokens/);
  });

  it('refuses an app without a subscription, and one whose subscription ended', () => {
    const other = newKey('live', null, 'app_2');
    thread().publish(other.object);
    assert.equal(thread().call(address, { 'x-api-key': other.text }).code, 'subscription_required');
    const subscription = world.find(({ kind }) => kind === 'subscription');
    assert.ok(subscription);
    thread().drop(subscription);
    assert.equal(thread().call(address, withKey).code, 'subscription_required');
    assert.deepEqual(
      thread()
        .recorded()
        .map(({ app, status, consumer }) => [app, status, consumer]),
      [
        ['app_2', 403, 'ten_2'],
        ['app_1', 403, 'ten_2'],
      ],
    );
  });

  it('refuses a suspended tenant on either side, and a suspended app', () => {
    thread().publish({ kind: 'tenant', key: 'ten_1', slug: 'acme', state: 'suspended' });
    assert.equal(thread().call(address, withKey).code, 'tenant_suspended');
    thread().publish({ kind: 'tenant', key: 'ten_1', slug: 'acme', state: 'active' });
    thread().publish({ kind: 'tenant', key: 'ten_2', slug: 'dev', state: 'suspended' });
    assert.equal(thread().call(address, withKey).code, 'tenant_suspended');
    thread().publish({ kind: 'tenant', key: 'ten_2', slug: 'dev', state: 'active' });
    thread().publish({ kind: 'app', key: 'app_1', tenant: 'ten_2', slug: 'shop', state: 'suspended' });
    assert.equal(thread().call(address, withKey).code, 'credential_invalid');
    thread().publish({ kind: 'app', key: 'app_1', tenant: 'ten_2', slug: 'shop', state: 'active' });
    assert.ok(thread().begin(address, withKey).forwarded);
  });
});
