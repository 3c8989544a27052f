import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import { hostName } from '@tulou/contract/operations/shared';
import fc from 'fast-check';
import { hostNameOf, isOwnHost, isPrivateName, originOf } from './origin.ts';

const platformUrl = 'https://platform.example.org:8443';

const odd = fc.constantFrom(
  ...[
    'a.1',
    'a.0x',
    'a.0x7f',
    '0x7f.1',
    '127.1',
    '1.2.3.4',
    '0177.0.0.1',
    '[::1]',
    '[::1].com',
    'a..com',
    '.com',
    'com.',
  ],
  ...[
    'a.com.',
    'a_b.com',
    '-a.com',
    'a-.com',
    'a%2ecom',
    'a%00.com',
    'ａ.com',
    'a．com',
    'a。com',
    'bücher.com',
    'a.рф',
  ],
  ...['xn--bcher-kva.com', 'xn--.com', 'xn--a.com', 'a\u200b.com', 'a\u00ad.com', 'a\ud800.com', 'a.com:80', 'u@a.com'],
  ...[
    'a.com/x',
    'a.com#',
    'a.com?',
    'a\\b.com',
    'a b.com',
    'a\tb.com',
    'localhost',
    'a.localhost',
    'a.internal',
    'x.onion',
  ],
  ...[
    'İ.com',
    'ß.com',
    'K.com',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(130)}com`,
    'toString.constructor',
    '__proto__.com',
  ],
);
const label = fc.oneof(
  fc.stringMatching(/^[a-z0-9-]{1,8}$/),
  fc.stringMatching(/^(?:0x)?[0-9a-fA-F]{1,4}$/),
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom('xn--', 'xn--p1ai', 'com', 'local', 'test', '1', '00', '%31', '①', '[', ']', '_', ''),
);
const anyName = fc.oneof(
  odd,
  fc
    .array(label, { minLength: 1, maxLength: 5 })
    .chain((labels) => fc.constantFrom(...['.', '。', '．', '..'].map((dot) => labels.join(dot)))),
);

test('a name that is accepted is what its parsers take it for: itself, no address, no other name, nobody else’s', () => {
  let accepted = 0;
  fc.assert(
    fc.property(anyName, (text) => {
      const parsed = hostName.safeParse(text);
      if (!parsed.success) return;
      accepted += 1;
      const host = parsed.data;
      assert.equal(new URL(`http://${host}`).hostname, host);
      assert.equal(new URL(originOf(host, platformUrl)).host, `${host}:8443`);
      assert.equal(isOwnHost(host, platformUrl), true);
      assert.equal(hostNameOf(`${host}:8443`), host);
      assert.equal(isIP(host), 0);
      assert.match(host, /^(?=.{1,253}$)(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]*[a-z-][a-z0-9-]*$/);
      assert.doesNotMatch(host, /\.(?:localhost|local|internal|invalid|example|arpa|onion)$/);
    }),
    { numRuns: 20_000 },
  );
  assert.ok(accepted > 500, `${accepted} names were accepted`);
});

test('a name that the URL parser reads otherwise, or that is reserved, is refused', () => {
  for (const name of ['a.1', 'a.0x7f', '1.2.3.4', 'a.b.', 'a_b.com', 'x.localhost', 'x.internal', 'com', 'bücher.com'])
    assert.equal(hostName.safeParse(name).success, false, name);
  for (const name of ['Orders.Example.com', 'xn--bcher-kva.com', '1.a1', 'a.xn--p1ai', 'login.shop.test'])
    assert.equal(hostName.safeParse(name).success, true, name);
});

test('no text becomes the platform’s origin by being no host name', () => {
  fc.assert(
    fc.property(anyName, (text) => {
      const isPlatform = text === 'platform.example.org';
      assert.equal(originOf(text, platformUrl) === platformUrl, isPlatform);
      if (isOwnHost(text, platformUrl)) assert.equal(new URL(originOf(text, platformUrl)).hostname, text);
    }),
    { numRuns: 5000 },
  );
  assert.equal(isOwnHost('a.1', platformUrl), false);
  assert.equal(isOwnHost('platform.example.org', platformUrl), false);
});

test('names count without proof only where nobody in the world can mean the platform', () => {
  for (const url of [
    'http://127.0.0.1:8090',
    'http://[::1]',
    'http://localhost:1',
    'http://a.localhost',
    'http://x.test',
  ])
    assert.equal(isPrivateName(url), true, url);
  for (const url of ['https://platform.example.com', 'http://10.0.0.1', 'http://test', 'https://a.test.example.com'])
    assert.equal(isPrivateName(url), false, url);
});
