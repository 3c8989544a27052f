import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { nonceAt } from './nonces.ts';
import { SampleGate, sampleFleetKey } from '../sample-gate.ts';
import { mint, newSigner, prove, thumbprint, world } from './sample-issuer.ts';

const path = '/acme/orders/v1/orders/7';
const holder = newSigner('h');

describe('a proof whose time does not show that it is new', () => {
  let sample: SampleGate;
  let serial = 0;
  beforeEach(() => {
    sample = new SampleGate();
    sample.publish(...Object.values(world));
  });
  afterEach(() => sample.close());

  const seconds = (): number => Math.floor(sample.nowMs / 1000);
  const send = (wish: Record<string, unknown>) => {
    const token = mint(sample.nowMs, { cnf: { jkt: thumbprint(holder) } });
    const claims = { htu: `https://gateway.test${path}`, jti: `jti-${(serial += 1)}`, ...wish };
    return sample.call(path, ['authorization', `DPoP ${token}`, 'dpop', prove(holder, token, sample.nowMs, claims)]);
  };

  for (const [what, ahead] of [
    ['old', -61],
    ['of the future', 61],
    ['years old', -100_000_000],
  ] as const) {
    it(`that is ${what} is asked for a nonce, and taken with it`, () => {
      const iat = seconds() + ahead;
      const refused = send({ iat });
      assert.deepEqual([refused.status, refused.code], [401, 'proof_required']);
      assert.match(refused.fields.get('www-authenticate') ?? '', /^DPoP .*error="use_dpop_nonce"/);
      const nonce = refused.fields.get('dpop-nonce');
      assert.equal(nonce, nonceAt(sampleFleetKey, seconds()));
      assert.equal(send({ iat, nonce }).code, '');
    });
  }

  it('is taken once with its nonce, for as long as the nonce lives', () => {
    const once = { nonce: nonceAt(sampleFleetKey, seconds()), jti: 'once' };
    assert.equal(send(once).code, '');
    sample.nowMs += 60_000;
    assert.equal(send({ ...once, jti: 'half way' }).answer.has('dpop-nonce'), false);
    sample.nowMs += 60_000;
    const last = send({ ...once, jti: 'last' });
    assert.deepEqual([last.code, last.answer.get('dpop-nonce')], ['', nonceAt(sampleFleetKey, seconds())]);
    const again = send(once);
    assert.match(again.fields.get('www-authenticate') ?? '', /invalid_dpop_proof/);
    sample.nowMs += 1000;
    assert.match(send(once).fields.get('www-authenticate') ?? '', /use_dpop_nonce/);
  });

  it('needs a nonce of ours, of late, spelled as it was given', () => {
    const good = nonceAt(sampleFleetKey, seconds());
    for (const nonce of [
      '',
      7,
      good.toUpperCase(),
      `${good} `,
      `0${good}`,
      good.slice(0, -1),
      nonceAt(Buffer.alloc(32, 1), seconds()),
      `${nonceAt(sampleFleetKey, seconds()).split('.', 1)[0]}.${nonceAt(sampleFleetKey, seconds() - 1).split('.')[1]}`,
      nonceAt(sampleFleetKey, seconds() - 121),
      nonceAt(sampleFleetKey, seconds() + 61),
    ]) {
      const refused = send({ nonce });
      assert.match(refused.fields.get('www-authenticate') ?? '', /use_dpop_nonce/, String(nonce));
      assert.ok(refused.fields.has('dpop-nonce'));
    }
    // A nonce of another gateway, whose clock is a little ahead.
    assert.equal(send({ nonce: nonceAt(sampleFleetKey, seconds() + 60) }).code, '');
  });

  it('from before the start of the memory of used ones needs a nonce from after it', () => {
    Object.assign(sample.gate.usedProofs, { sinceSeconds: seconds() });
    assert.match(send({ iat: seconds() - 1 }).fields.get('www-authenticate') ?? '', /use_dpop_nonce/);
    const early = nonceAt(sampleFleetKey, seconds() - 1);
    assert.match(send({ nonce: early }).fields.get('www-authenticate') ?? '', /use_dpop_nonce/);
    assert.equal(send({ iat: seconds() - 1, nonce: nonceAt(sampleFleetKey, seconds()) }).code, '');
  });

  it('gets no nonce while the gateway has not been given the fleet key', () => {
    sample.gate.fleetKey = undefined;
    const refused = send({ iat: seconds() - 61 });
    assert.deepEqual([refused.code, refused.fields.has('dpop-nonce')], ['proof_required', false]);
    assert.equal(send({}).code, '');
  });
});
