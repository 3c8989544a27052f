import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { limitsIn } from './limits.ts';
import { SampleGate } from '../sample-gate.ts';
import { mint, world } from './sample-issuer.ts';

const shop = { type: 'tulou_data', actions: ['acme/orders:read'], identifier: 'shop-17' };

describe('a call with a token for a part of the data', () => {
  let sample: SampleGate;
  beforeEach(() => {
    sample = new SampleGate();
    sample.publish(...Object.values(world));
  });
  afterEach(() => sample.close());

  const call = (details: unknown) => {
    const token = mint(sample.nowMs, { authorization_details: details });
    return sample.call('/acme/orders/v1/orders/7', ['authorization', `Bearer ${token}`]);
  };
  const told = (details: unknown): unknown => {
    const { status, sent } = call(details);
    assert.equal(status, 200);
    const [, claims = ''] = (sent.get('tulou-assertion') ?? '').split('.');
    return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>)[
      'authorization_details'
    ];
  };

  it('sends the service the limits in the signed assertion', () => {
    assert.deepEqual(told([shop]), [{ ...shop, actions: ['read'] }]);
    assert.equal(told(undefined), undefined);
  });

  it('sends each API only its own limits, for scopes that the call has', () => {
    const other = { ...shop, actions: ['acme/stock:read'], identifier: 'shelf-1' };
    const gone = { ...shop, actions: ['acme/orders:gone'], identifier: 'shop-18' };
    assert.deepEqual(told([other, shop, gone]), [{ ...shop, actions: ['read'] }]);
    assert.equal(told([other]), undefined);
  });

  it('is refused if its limits cannot be read', () => {
    for (const details of [
      'all',
      {},
      [null],
      [{ ...shop, type: 'payment' }],
      [{ ...shop, actions: [] }],
      [{ ...shop, actions: 'acme/orders:read' }],
      [{ ...shop, identifier: 17 }],
      [{ ...shop, until: 'tomorrow' }],
      Array.from({ length: 11 }, () => shop),
    ])
      assert.equal(call(details).status, 401, JSON.stringify(details));
  });
});

it('an absent claim is no limit', () => {
  assert.deepEqual([limitsIn(undefined), limitsIn([])], [[], []]);
});
