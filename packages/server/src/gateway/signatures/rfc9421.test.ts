/** RFC 9421, appendix B.2: its request, keys and signatures verify, and nothing else does. */
import assert from 'node:assert/strict';
import { createHmac, createPublicKey, verify } from 'node:crypto';
import { describe, it } from 'node:test';
import type { RequestHead } from '../wire/exchange.ts';
import { signatureBase } from './base.ts';
import { digestWatch } from './digest.ts';
import { readDictionary } from './structured.ts';

const head: RequestHead = {
  method: 'POST',
  target: '/foo?param=Value&Pet=dog',
  host: 'example.com',
  minor: 1,
  fields: [
    ...['date', 'Tue, 20 Apr 2021 02:07:55 GMT', 'content-type', 'application/json'],
    ...[
      'content-digest',
      'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
    ],
    ...['content-length', '18'],
  ],
  contentLength: 18,
};

function baseOf(input: string, request: RequestHead = head): Buffer | undefined {
  const member = readDictionary(input)?.get('sig');
  assert.ok(member !== undefined && 'text' in member);
  return signatureBase({ head: request, origin: 'https://example.com' }, member);
}

describe('the examples of RFC 9421', () => {
  it('B.2.5: HMAC with SHA-256', () => {
    const secret = 'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==';
    const base = baseOf('sig=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"');
    assert.equal(
      createHmac('sha256', Buffer.from(secret, 'base64'))
        .update(base ?? '')
        .digest('base64'),
      'pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=',
    );
  });

  it('B.2.6: Ed25519', () => {
    const der = Buffer.from('MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=', 'base64');
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    const signature = Buffer.from(
      'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
      'base64',
    );
    const input =
      'sig=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"';
    const isGood = (request?: RequestHead) => verify(null, baseOf(input, request) ?? Buffer.of(), key, signature);
    assert.ok(isGood());
    assert.equal(isGood({ ...head, method: 'PUT' }), false);
    assert.equal(isGood({ ...head, target: '/foo/' }), false);
  });

  it('2.2: derived components', () => {
    const input = 'sig=("@method" "@target-uri" "@authority" "@scheme" "@request-target" "@path" "@query");created=1';
    assert.deepEqual(baseOf(input)?.toString().split('\n'), [
      '"@method": POST',
      '"@target-uri": https://example.com/foo?param=Value&Pet=dog',
      '"@authority": example.com',
      '"@scheme": https',
      '"@request-target": /foo?param=Value&Pet=dog',
      '"@path": /foo',
      '"@query": ?param=Value&Pet=dog',
      `"@signature-params": ${input.slice(4)}`,
    ]);
    assert.match(String(baseOf('sig=("@query")', { ...head, target: '/foo' })), /^"@query": \?\n/);
  });

  it('B.2: the digest of its content', () => {
    const content = Buffer.from('{"hello": "world"}');
    for (const [bytes, isGood] of [
      [content, true],
      [Buffer.from('{"hello": "World"}'), false],
    ] as const) {
      const watch = digestWatch(head.fields[5]);
      watch?.take(bytes, 0, bytes.length);
      assert.equal(watch?.isGood(), isGood);
    }
  });
});
