/** The fields of a proxy about its client count only if the operator trusts the proxy. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { SampleGate } from '../sample-gate.ts';
import { mint, world } from './sample-issuer.ts';

const read = '/acme/orders/v1/orders/7';
const proxy = '198.51.100.7';
const bytes = Buffer.from('what a certificate is made of');
const field = (der: Buffer): string => `:${der.toString('base64')}:`;
const thumbprint = hash('sha256', bytes, 'base64url');

describe('a token that is bound to a certificate', () => {
  let sample: SampleGate;
  let token = '';
  beforeEach(() => {
    sample = new SampleGate();
    sample.publish(...Object.values(world));
    token = mint(sample.nowMs, { cnf: { 'x5t#S256': thumbprint } });
  });
  afterEach(() => sample.close());
  const call = (fields: readonly string[], peer = proxy, scheme = 'Bearer') =>
    sample.call(read, ['authorization', `${scheme} ${token}`, ...fields], { peer });

  it('is accepted through a trusted proxy that has seen the certificate', () => {
    assert.equal(call(['client-cert', field(bytes)]).code, '');
  });

  for (const [what, fields, peer, scheme] of [
    ['without a certificate', [], proxy, 'Bearer'],
    ['with another certificate', ['client-cert', field(Buffer.from('another'))], proxy, 'Bearer'],
    ['with two of them', ['client-cert', field(bytes), 'client-cert', field(bytes)], proxy, 'Bearer'],
    ['with the thumbprint instead', ['client-cert', thumbprint], proxy, 'Bearer'],
    ['from somebody who only claims to be a proxy', ['client-cert', field(bytes)], '192.0.2.1', 'Bearer'],
    [
      'from a client that a proxy forwards for',
      ['x-forwarded-for', proxy, 'client-cert', field(bytes)],
      '192.0.2.1',
      'Bearer',
    ],
    ['under the scheme of proofs', ['client-cert', field(bytes)], proxy, 'DPoP'],
  ] as const) {
    it(`is refused ${what}`, () => {
      const answer = call(fields, peer, scheme);
      assert.deepEqual([answer.status, answer.code], [401, 'certificate_required']);
      assert.equal(answer.fields.get('www-authenticate'), 'Bearer realm="tulou", error="invalid_token"');
    });
  }

  it('is refused if it is also bound to a key, or in a way that cannot be checked', () => {
    const jkt = 'a'.repeat(43);
    for (const cnf of [{ 'x5t#S256': thumbprint, jkt }, { 'x5t#S256': '' }, { x5t: thumbprint }, {}]) {
      token = mint(sample.nowMs, { cnf });
      assert.equal(call(['client-cert', field(bytes)]).code, 'credential_invalid');
    }
  });
});

describe('the address of a client', () => {
  let sample: SampleGate;
  beforeEach(() => {
    sample = new SampleGate();
    const limits = [{ requests: 1, per: 'hour', by: 'address' }] as const;
    sample.publish(...Object.values(world), { ...world.plan, limits: [...limits] });
  });
  afterEach(() => sample.close());
  const from = (peer: string, ...forwardedFor: string[]) =>
    sample.call(
      read,
      ['authorization', `Bearer ${mint(sample.nowMs)}`, ...forwardedFor.flatMap((one) => ['x-forwarded-for', one])],
      { peer },
    );

  it('is the one that a trusted proxy forwards for, and its limits are its own', () => {
    assert.equal(from(proxy, '203.0.113.1').code, '');
    assert.equal(from(proxy, '203.0.113.2').code, '');
    assert.equal(from('198.51.100.8', '10.0.0.1', '203.0.113.1').code, 'rate_limited');
  });

  it('is otherwise the address of the peer: no client gets another limit by sending another address', () => {
    assert.equal(from('203.0.113.9', '203.0.113.1').code, '');
    assert.equal(from('203.0.113.9', '203.0.113.2').code, 'rate_limited');
  });

  it('reaches the upstream as this gateway knows it, independent of the fields of a client or proxy', () => {
    const own = from('203.0.113.9', '203.0.113.1').sent;
    assert.equal(own.get('x-forwarded-for'), '203.0.113.9');
    assert.equal(own.get('forwarded'), 'for=203.0.113.9;host="gateway.test";proto=http');
    const proxied = from(proxy, '10.0.0.1', '203.0.113.1').sent;
    assert.equal(proxied.get('x-forwarded-for'), '203.0.113.1');
    const six = from('2001:db8::1').sent;
    assert.equal(six.get('forwarded'), 'for="[2001:db8::1]";host="gateway.test";proto=http');
  });

  it('comes with the scheme and the host of a trusted proxy, and of no other sender', () => {
    const seen = ['x-forwarded-proto', 'https', 'x-forwarded-host', 'API.example.com:8443'];
    const sentBy = (peer: string, ...fields: string[]) => {
      sample.nowMs += 7_200_000;
      sample.gate.freshness.confirm(sample.nowMs);
      return sample.call(read, ['authorization', `Bearer ${mint(sample.nowMs)}`, ...fields], { peer }).sent;
    };
    assert.equal(sentBy(proxy, ...seen).get('x-forwarded-proto'), 'https');
    assert.equal(sentBy(proxy, ...seen).get('x-forwarded-host'), 'api.example.com:8443');
    assert.equal(sentBy('203.0.113.9', ...seen).get('x-forwarded-proto'), 'http');
    assert.equal(sentBy('203.0.113.9', ...seen).get('x-forwarded-host'), 'gateway.test');
    assert.equal(
      sentBy(proxy, 'x-forwarded-host', 'a"b', 'x-forwarded-proto', 'gopher').get('x-forwarded-proto'),
      'http',
    );
  });

  it('brings a certificate from a trusted proxy only', () => {
    for (const name of ['client-cert', 'client-cert-chain']) {
      assert.ok(from('203.0.113.9').dropped.has(name), name);
      assert.equal(from(proxy, '203.0.113.7').dropped.has(name), false, name);
      sample.nowMs += 7_200_000;
    }
  });
});
