import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { calculateJwkThumbprint, createLocalJWKSet, jwtVerify } from 'jose';
import { systemClock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { systemRandom } from '../kernel/random.ts';
import { AssertionSigner, generateAssertionKey, publicJwkOf } from './assertion.ts';
import { openIdentity } from './identity.ts';

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const deps = { clock: systemClock, random: systemRandom, log: silent };
const claims = { aud: 'acme/orders', tenant: 'ten_2', app: 'app_1', plan: 'pln_1', subscription: 'sub_1', scopes: '' };

describe('the assertion', () => {
  it('verifies with the published key, for its audience, for two minutes', async () => {
    const pem = generateAssertionKey();
    const jwk = publicJwkOf(pem);
    assert.equal(jwk.kid, await calculateJwkThumbprint({ kty: jwk.kty, crv: jwk.crv, x: jwk.x }));
    const token = new AssertionSigner(pem, 'http://platform.test').sign(claims, 1_800_000_000_999);
    const verify = (seconds: number, audience = 'acme/orders') =>
      jwtVerify(token, createLocalJWKSet({ keys: [{ ...jwk }] }), {
        issuer: 'http://platform.test',
        audience,
        algorithms: ['EdDSA'],
        currentDate: new Date(seconds * 1000),
      });
    const { payload } = await verify(1_800_000_119);
    assert.deepEqual(payload, { iss: 'http://platform.test', ...claims, iat: 1_800_000_000, exp: 1_800_000_120 });
    await assert.rejects(verify(1_800_000_121));
    await assert.rejects(verify(1_800_000_001, 'acme/other'));
  });
});

describe('the identity of a gateway', () => {
  it('is made once, readable by its user alone, and found again', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tulou-identity-'));
    try {
      const first = openIdentity(folder, deps);
      assert.match(first.id, /^gwy_[0-7][0-9a-z]{25}$/);
      assert.equal(statSync(join(folder, 'identity.json')).mode & 0o777, 0o600);
      assert.deepEqual(openIdentity(folder, deps), first);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
