import assert from 'node:assert/strict';
import { request as send } from 'node:http';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { systemClock as clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { systemRandom as random } from '../kernel/random.ts';
import { listen } from './listen.ts';
import { json } from './message.ts';
import { clientOf, isRange, TrustedProxies } from './trusted-proxies.ts';

const proxies = new TrustedProxies(['10.0.0.0/8', '192.0.2.7', '2001:db8:1::/48']);
const certificate = Buffer.from('a certificate, or what stands for one');
const field = `:${certificate.toString('base64')}:`;

describe('whose word is taken', () => {
  const addresses: readonly (readonly [peer: string, forwardedFor: string | undefined, client: string])[] = [
    ['203.0.113.9', undefined, '203.0.113.9'],
    ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['10.1.2.3', undefined, '10.1.2.3'],
    ['10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    ['10.1.2.3', '127.0.0.1, 198.51.100.1', '198.51.100.1'],
    ['10.1.2.3', '127.0.0.1, 198.51.100.1,10.9.9.9 , 192.0.2.7', '198.51.100.1'],
    ['10.1.2.3', '10.4.4.4, 10.5.5.5', '10.4.4.4'],
    ['10.1.2.3', '198.51.100.1:5555', '198.51.100.1'],
    ['10.1.2.3', '[2001:db8:2::1]:5555', '2001:db8:2::1'],
    ['2001:db8:1::5', '2001:db8:2::1', '2001:db8:2::1'],
    ['192.0.2.7', '::ffff:198.51.100.1', '198.51.100.1'],
    // A value that is no address is ignored: the address is that of the proxy that wrote it.
    ['10.1.2.3', 'unknown', '10.1.2.3'],
    ['10.1.2.3', '198.51.100.1, unknown, 10.4.4.4', '10.4.4.4'],
    ['10.1.2.3', '198.51.100.1, ', '10.1.2.3'],
    ['10.1.2.3', '0x7f.1', '10.1.2.3'],
    ['192.0.2.8', '198.51.100.1', '192.0.2.8'],
  ];
  for (const [peer, forwardedFor, client] of addresses) {
    it(`${peer} that forwards for ${forwardedFor ?? 'nobody'}: ${client} calls`, () => {
      assert.equal(proxies.addressOf(peer, forwardedFor), client);
    });
  }

  it("is nobody's where no proxy is named, whatever the peer", () => {
    const nobody = new TrustedProxies([]);
    assert.equal(nobody.addressOf('127.0.0.1', '198.51.100.1'), '127.0.0.1');
    assert.equal(nobody.certificateOf('127.0.0.1', field), undefined);
  });

  it('cannot be bought by what a client writes on the left', () => {
    fc.assert(
      fc.property(fc.string(), (claim) => {
        assert.equal(proxies.addressOf('10.1.2.3', `${claim}, 198.51.100.1`), '198.51.100.1');
      }),
    );
  });
});

describe('a certificate', () => {
  it('counts from a trusted proxy', () => {
    assert.deepEqual(proxies.certificateOf('10.1.2.3', field), certificate);
  });
  it("doesn't count from anybody else", () => {
    assert.equal(proxies.certificateOf('203.0.113.9', field), undefined);
  });
  const broken = [
    '',
    '::',
    certificate.toString('base64'),
    `${field}, ${field}`,
    `${field};a=1`,
    ':YQ:',
    ':YR==:',
    ':Y Q==:',
  ];
  for (const text of broken) {
    it(`that is written ${JSON.stringify(text)} is none`, () => {
      assert.equal(proxies.certificateOf('10.1.2.3', text), undefined);
    });
  }
});

test('a range is an address or a block of them', () => {
  for (const text of ['10.0.0.1', '10.0.0.0/8', '::1', '2001:db8::/32', '0.0.0.0/0']) assert.ok(isRange(text), text);
  for (const text of ['10.0.0.0/33', 'proxy.internal', '10.1', '::/129', '10.0.0.1/', ''])
    assert.ok(!isRange(text), text);
  assert.throws(() => new TrustedProxies(['proxy.internal']), TypeError);
});

test('a listener tells its handlers the client behind a trusted proxy, and only behind one', async (context) => {
  for (const [ranges, expected] of [
    [['127.0.0.0/8'], { address: '198.51.100.1', seen: '198.51.100.1', held: true }],
    [[], { address: '127.0.0.1', seen: '127.0.0.1', held: false }],
  ] as const) {
    const listener = await listen(
      { host: '127.0.0.1', port: 0 },
      async (request) => json(200, { address: request.address, left: request.header('x-forwarded-for') }),
      { clock, random, log: silent, proxies: new TrustedProxies(ranges) },
      {
        owns: (path) => path === '/mounted',
        handle(message, response) {
          const { address, certificate: held } = clientOf(message);
          const left = [message.headers['x-forwarded-for'], message.headers['client-cert']];
          response.end(
            JSON.stringify({ seen: address, held: held?.equals(certificate) === true, left: left.join('') }),
          );
        },
      },
    );
    context.after(() => listener.close());
    const said = { 'x-forwarded-for': '127.0.0.1, 198.51.100.1', 'client-cert': field };
    assert.deepEqual(await get(`${listener.url}/`, said), { address: expected.address });
    assert.deepEqual(await get(`${listener.url}/mounted`, said), {
      seen: expected.seen,
      held: expected.held,
      left: '',
    });
  }
});

function get(url: string, headers: Record<string, string>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const sent = send(url, { headers, agent: false }, (response) => {
      response.setEncoding('utf8').on('data', (text: string) => resolve(JSON.parse(text)));
    });
    sent.on('error', reject).end();
  });
}

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
