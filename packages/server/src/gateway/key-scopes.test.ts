/** Promises about calls by key if operations require scopes, for shown keys and both kinds of signing keys. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { credentialWith, parseCredential, type SnapshotOf } from '@tulou/contract';
import { sha256 } from '../kernel/hash.ts';
import { systemRandom } from '../kernel/random.ts';
import { edwardsKey, hmacKey, signed, type SampleKey } from './signatures/sample-signer.ts';
import { SampleGate, sampleFleetKey } from './sample-gate.ts';
import { world } from './tokens/sample-issuer.ts';

const orders = '/acme/orders/v1/orders';

interface Sender {
  readonly object: SnapshotOf<'key'>;
  readonly fields: (sample: SampleGate, method: string, path: string) => string[];
}

function bearerSender(): Sender {
  const { object } = edwardsKey(7);
  const text = credentialWith('live', object.key, systemRandom.bytes(32));
  const { method: _, ...facts } = object;
  const hash = sha256(parseCredential(text)?.secret ?? '');
  return { object: { ...facts, hash }, fields: () => ['x-api-key', text] };
}

let serial = 0;
const signingSender = (key: SampleKey): Sender => ({
  object: key.object,
  fields: (sample, method, path) => {
    serial += 1;
    return signed(key, sample.nowMs, { method, url: `https://gateway.test${path}`, params: { nonce: `n${serial}` } });
  },
});

const senders: Readonly<Record<string, Sender>> = {
  'a shown key': bearerSender(),
  'an Ed25519 key': signingSender(edwardsKey(8)),
  'an HMAC key': signingSender(hmacKey(sampleFleetKey, 9)),
};

for (const [name, { object, fields }] of Object.entries(senders)) {
  describe(`a call with ${name}`, () => {
    let sample: SampleGate;
    beforeEach(() => {
      sample = new SampleGate();
      sample.publish(...Object.values(world), object);
    });
    afterEach(() => sample.close());

    const call = (method: string, path: string) => sample.call(path, fields(sample, method, path), { method });
    const hold = (...scopes: string[]): void => sample.publish({ ...object, scopes });

    it('without scopes reaches only operations that require none', () => {
      const { scopes: _, ...bare } = object;
      sample.publish(bare);
      assert.equal(call('GET', '/acme/orders/v1/health').code, '');
      assert.deepEqual([call('GET', `${orders}/7`).status, call('GET', `${orders}/7`).code], [403, 'scope_required']);
      assert.equal(call('POST', orders).code, 'scope_required');
      assert.equal(call('DELETE', orders).code, 'scope_required');
    });

    it('reaches an operation if it has all its scopes, and the upstream receives them', () => {
      hold('acme/orders:read');
      const read = call('GET', `${orders}/7`);
      assert.deepEqual([read.code, read.sent.get('tulou-scopes')], ['', 'read']);
      assert.equal(call('POST', orders).code, 'scope_required');
      hold('acme/orders:read', 'acme/orders:write');
      assert.deepEqual([call('POST', orders).code, call('POST', orders).sent.get('tulou-scopes')], ['', 'read write']);
      const [, claims = ''] = (call('POST', orders).sent.get('tulou-assertion') ?? '').split('.');
      assert.match(Buffer.from(claims, 'base64url').toString(), /"scopes":"read write"/);
      assert.equal(call('DELETE', orders).code, 'scope_required');
    });

    it('gets the missing scope and the command that grants it', () => {
      hold('acme/orders:read');
      const refused = call('POST', orders);
      assert.equal(
        refused.detail,
        'The operation requires acme/orders:write, and the key does not hold it. Give it to the key: ' +
          `\`tulou keys update dev shop ${object.id} --scopes acme/orders:read --scopes acme/orders:write\``,
      );
      assert.match(refused.fields.get('www-authenticate') ?? '', /insufficient_scope", scope="acme\/orders:write"/);
    });

    it('holds what key, app and API all have: narrowing any of them counts for the next call', () => {
      hold('acme/orders:read', 'acme/orders:write');
      const write = (): string => call('POST', orders).code;
      assert.equal(write(), '');
      sample.publish({ ...world.app, scopes: ['acme/orders:read'] });
      assert.equal(write(), 'scope_required');
      assert.match(call('POST', orders).detail, /does not declare acme\/orders:write/);
      sample.publish(world.app, { ...world.api, scopes: [{ name: 'read', risk: 'low' }] });
      assert.equal(write(), 'scope_required');
      sample.publish(world.api);
      assert.equal(write(), '');
      hold('acme/orders:read');
      assert.equal(write(), 'scope_required');
      sample.drop(object);
      assert.match(write(), /credential_invalid|signature_invalid/);
    });

    it('has no scope of another API by an equal name, nor one that only ends alike', () => {
      for (const scope of ['acme/other:read', 'evil/orders:read', 'read', 'x acme/orders:read']) {
        sample.publish({ ...world.app, scopes: [scope] });
        hold(scope);
        assert.equal(call('GET', `${orders}/7`).code, 'scope_required', scope);
      }
    });

    it('for a scope of high risk is refused while the configuration is stale; others go on', () => {
      hold('acme/orders:read', 'acme/orders:wipe');
      assert.equal(call('DELETE', orders).code, '');
      sample.nowMs += 61_000;
      assert.equal(call('DELETE', orders).code, 'stale_configuration');
      assert.equal(call('GET', `${orders}/7`).code, '');
    });

    for (const path of ['/orders/7/', '/Orders/7', '//orders/7', '/nothing', '']) {
      it(`cannot get around a scope by spelling the path ${path}`, () => {
        assert.equal(call('GET', `/acme/orders/v1${path}`).code, 'operation_unknown');
      });
    }
  });
}

describe('a call without a credential', () => {
  let sample: SampleGate;
  beforeEach(() => void (sample = new SampleGate()));
  afterEach(() => sample.close());

  it('reaches only operations that require no scopes, also on an open version', () => {
    sample.publish(...Object.values(world), { ...world.version, access: 'open' });
    assert.equal(sample.call('/acme/orders/v1/health', []).code, '');
    assert.equal(sample.call(`${orders}/7`, []).code, 'credential_missing');
    assert.equal(sample.call('/acme/orders/v1/Orders/7', []).code, 'operation_unknown');
  });
});
