import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isIPv6 } from 'node:net';
import { addressGuard } from './address-guard.ts';

const strict = addressGuard([]);
const judge = (address: string, guard = strict): string | undefined =>
  guard(address, isIPv6(address) || address.includes(':') ? 6 : 4);

const refused: Record<string, readonly string[]> = {
  loopback: [
    '127.0.0.1',
    '127.255.255.255',
    '::1',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::127.0.0.1',
  ],
  private: [
    ...['10.0.0.0', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '100.64.0.1', '100.127.255.255'],
    ...['fc00::1', 'fdff:ffff::1', 'fec0::1', '::ffff:10.0.0.1', '::FFFF:C0A8:1', '64:ff9b::10.1.2.3', '64:ff9b:1::1'],
  ],
  'link-local': [
    '169.254.0.1',
    '169.254.169.254',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
  ],
  unspecified: ['0.0.0.0', '0.1.2.3', '::', '::ffff:0.0.0.0'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1', '::ffff:224.0.0.1'],
  reserved: [
    ...['192.0.0.8', '192.0.2.1', '192.88.99.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.9'],
    ...[
      '240.0.0.1',
      '255.255.255.255',
      '::2',
      '::7f00:1',
      '::10.0.0.1',
      '::ffff:0:10.0.0.1',
      '100::1',
      '1::1',
      '5f00::1',
    ],
    ...['2001::1', '2001:1ff::1', '2001:db8::1', '2002:7f00:1::', '2002:a00:1::1', '3fff::1', '3fff:fff::1', '4000::1'],
    ...['8000::1', 'fe00::1'],
    // Not addresses as a resolver gives them.
    ...[
      '',
      'localhost',
      '127.1',
      '0177.0.0.1',
      '0x7f.0.0.1',
      '2130706433',
      '256.1.1.1',
      '1.2.3',
      '1.2.3.4.5',
      '01.2.3.4',
    ],
    ...[':::', '1:2:3', '1:2:3:4:5:6:7:8:9', '::1::', 'g::1', '::1.2.3', '12345::'],
  ],
};
const allowed = [
  ...[
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.1',
  ],
  ...['169.253.255.255', '169.255.0.1', '172.15.255.255', '172.32.0.0', '192.0.1.1', '192.167.255.255', '192.169.0.0'],
  ...['198.17.255.255', '198.20.0.0', '223.255.255.255', '2606:4700::1111', '2001:200::1', '2001:4860:4860::8888'],
  ...['::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2003::1', '3ffe::1', '3fff:1000::1'],
];

describe('the guard of upstream addresses', () => {
  for (const [kind, addresses] of Object.entries(refused)) {
    for (const address of addresses) {
      it(`refuses ${address === '' ? 'nothing' : address} as ${kind}`, () => {
        assert.equal(judge(address), `the address is ${kind}`);
      });
    }
  }
  for (const address of allowed) {
    it(`allows ${address}`, () => assert.equal(judge(address), undefined));
  }

  for (const kind of ['loopback', 'private', 'link-local'] as const) {
    it(`opens ${kind} and nothing else to an operator who says so`, () => {
      const guard = addressGuard([kind]);
      for (const [other, addresses] of Object.entries(refused)) {
        for (const address of addresses) {
          assert.equal(judge(address, guard), other === kind ? undefined : `the address is ${other}`);
        }
      }
    });
  }
});
