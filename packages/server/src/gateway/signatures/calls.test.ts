import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { formatCredential } from '@tulou/contract';
import { SampleGate, sampleFleetKey } from '../sample-gate.ts';
import { mint, world } from '../tokens/sample-issuer.ts';
import { digestOf, edwardsKey, hmacKey, signed, type SampleKey, type Wish } from './sample-signer.ts';

const origin = 'https://gateway.test';
const path = '/acme/orders/v1/orders/7';
const edwards = edwardsKey();
const hmac = hmacKey(sampleFleetKey);

describe('a signed call', () => {
  let sample: SampleGate;
  beforeEach(() => {
    sample = new SampleGate();
    sample.publish(...Object.values(world), edwards.object, hmac.object);
  });
  afterEach(() => sample.close());

  let serial = 0;
  const nonce = (): string => `n${(serial += 1)}`;
  /** Sends a signed request; `as` changes it after signing. */
  const send = (
    key: SampleKey,
    wish: Partial<Wish> = {},
    as: { target?: string; method?: string; host?: string; fields?: string[]; contentLength?: number } = {},
  ) => {
    const { params, ...rest } = wish;
    const url = rest.url ?? `${origin}${path}`;
    const fields = signed(key, sample.nowMs, { ...rest, url, params: { nonce: nonce(), ...params } });
    const { pathname, search } = new URL(url);
    const contentLength = rest.content === undefined ? 0 : rest.content.length;
    return sample.call(as.target ?? pathname + search, as.fields ?? fields, {
      method: as.method ?? rest.method ?? 'GET',
      contentLength: as.contentLength ?? contentLength,
      ...(as.host === undefined ? {} : { host: as.host }),
    });
  };

  for (const [name, key] of [
    ['ed25519', edwards],
    ['hmac-sha256', hmac],
  ] as const) {
    it(`with ${name} is the app’s, and the signature goes no further`, () => {
      const { status, code, sent, dropped } = send(key, { params: { alg: name } });
      assert.deepEqual([status, code, sent.get('tulou-app'), sent.get('tulou-tenant')], [200, '', 'app_1', 'ten_2']);
      assert.ok(dropped.has('signature') && dropped.has('signature-input'));
      assert.equal(dropped.has('authorization'), false);
    });

    it(`with ${name} is refused once anything that is covered is another`, () => {
      assert.equal(send(key, {}, { target: `${path}?a` }).code, 'signature_invalid');
      assert.equal(send(key, {}, { target: '/acme/orders/v1/orders/8' }).code, 'signature_invalid');
      assert.equal(send(key, {}, { method: 'DELETE' }).code, 'signature_invalid');
      assert.equal(send(key, { url: `https://evil.test${path}` }).code, 'signature_invalid');
      const fields = signed(key, sample.nowMs, { url: `${origin}${path}`, params: { nonce: nonce() } });
      for (const [at, value] of fields.entries()) {
        if (at % 2 === 0) continue;
        for (let n = 5; n < value.length; n += 7) {
          const changed = value.slice(0, n) + (value[n] === 'A' ? 'B' : 'A') + value.slice(n + 1);
          const { code } = send(key, {}, { fields: fields.with(at, changed) });
          assert.ok(['signature_invalid', 'credential_missing'].includes(code), `${changed}: ${code}`);
        }
      }
    });
  }

  it('may cover the address in parts, and any field', () => {
    const parts = ['@method', '@authority', '@path', '@query', 'x-order', '@scheme', '@request-target'];
    const fields = [
      ['x-order', ' 1'],
      ['x-order', '2 '],
    ] as const;
    const url = `${origin}${path}?a=b%20c&d`;
    assert.equal(
      send(edwards, { url, covered: parts, fields: fields.map(([n, v]) => [n, v.trim()] as const) }).code,
      '',
    );
    assert.equal(send(edwards, { url: `${origin}${path}`, covered: ['@method', '@authority', '@path'] }).code, '');
  });

  it('is taken at a host name of the API, signed for that', () => {
    const at = (url: string) => send(edwards, { url }, { target: '/v1/orders/7', host: 'orders.example.com' }).code;
    assert.equal(at('https://orders.example.com/v1/orders/7'), '');
    assert.equal(at(`${origin}/v1/orders/7`), 'signature_invalid');
  });

  for (const [what, wish, detail] of [
    ['that does not cover the method', { covered: ['@target-uri'] }, /@method/],
    ['that does not cover the address', { covered: ['@method'] }, /@target-uri/],
    ['that covers the path without its host', { covered: ['@method', '@path'] }, /@authority/],
    [
      'that covers the path without its query',
      { url: `${origin}${path}?a`, covered: ['@method', '@authority', '@path'] },
      /@query/,
    ],
    ['that covers nothing', { covered: [] }, /@method/],
    ['that covers a field that is not there', { covered: ['@method', '@target-uri', 'x-not'] }, /not in the request/],
    ['that covers a component twice', { covered: ['@method', '@method', '@target-uri'] }, /twice/],
    ['that covers a status', { covered: ['@method', '@target-uri', '@status'] }, /not in the request/],
    ['without a nonce', { params: { nonce: undefined } }, /nonce/],
    ['with an empty nonce', { params: { nonce: '' } }, /nonce/],
    ['with a nonce without end', { params: { nonce: 'n'.repeat(129) } }, /nonce/],
    ['without its time', { params: { created: undefined } }, /created/],
    ['of another algorithm', { params: { alg: 'hmac-sha256' } }, /wrong/],
    ['with the key of nobody', { params: { keyid: 'a'.repeat(33) } }, /wrong/],
    ['with the key of another', { params: { keyid: hmac.object.key } }, /wrong/],
  ] as const satisfies readonly (readonly [string, Partial<Wish>, RegExp])[]) {
    it(`is refused ${what}`, () => {
      const answer = send(edwards, wish);
      assert.deepEqual([answer.status, answer.code], [401, 'signature_invalid']);
      assert.match(answer.detail, detail);
    });
  }

  it('is good for five minutes, a minute before its time, and as long as it says itself', () => {
    const now = Math.floor(sample.nowMs / 1000);
    for (const [params, code] of [
      [{ created: now - 300 }, ''],
      [{ created: now - 301 }, 'signature_invalid'],
      [{ created: now + 60 }, ''],
      [{ created: now + 61 }, 'signature_invalid'],
      [{ expires: now }, ''],
      [{ expires: now - 1 }, 'signature_invalid'],
    ] as const) {
      assert.equal(send(edwards, { params }).code, code, JSON.stringify(params));
    }
  });

  it('is taken once: its nonce is used up for as long as it could come again, for its key alone', () => {
    const fields = signed(edwards, sample.nowMs, { url: `${origin}${path}` });
    assert.equal(sample.call(path, fields).code, '');
    assert.match(sample.call(path, fields).detail, /used before/);
    assert.match(send(edwards, { params: { nonce: 'nonce-1' } }).detail, /used before/);
    assert.equal(send(hmac, { params: { nonce: 'nonce-1' } }).code, '');
    sample.nowMs += 300_000;
    assert.match(sample.call(path, fields).detail, /used before/);
    sample.nowMs += 1000;
    assert.match(sample.call(path, fields).detail, /ago/);
    assert.equal(send(edwards, { params: { nonce: 'nonce-1' } }).code, '');
  });

  it('is used up by a call that is let through, and by no other', () => {
    const once = { params: { nonce: 'later' } };
    sample.drop(world.subscription);
    assert.equal(send(edwards, once).code, 'subscription_required');
    sample.publish({ ...world.plan, limits: [{ requests: 1, per: 'hour', by: 'app' }] }, world.subscription);
    assert.equal(send(edwards).code, '');
    assert.equal(send(edwards, once).code, 'rate_limited');
    sample.publish(world.plan);
    assert.equal(send(edwards, once).code, '');
    assert.match(send(edwards, once).detail, /used before/);
  });

  it('that comes again costs its sender nothing of the plan', () => {
    sample.publish({ ...world.plan, limits: [{ requests: 2, per: 'hour', by: 'app' }] });
    const once = { params: { nonce: 'again' } };
    assert.equal(send(edwards, once).code, '');
    for (let n = 0; n < 5; n += 1) assert.equal(send(edwards, once).code, 'signature_invalid');
    assert.equal(send(edwards).code, '');
    assert.equal(send(edwards).code, 'rate_limited');
  });

  it('is turned away while there is no place to remember that it was used, and nothing is forgotten for it', () => {
    const codes = Array.from({ length: 65 }, (_, n) => send(edwards, { params: { nonce: `full${n}` } }).code);
    assert.deepEqual(codes, [...Array<string>(64).fill(''), 'overloaded']);
    assert.equal(send(edwards, { params: { nonce: 'full0' } }).code, 'signature_invalid');
  });

  it('uses no nonce up when it is refused', () => {
    const once = { params: { nonce: 'same' } };
    assert.equal(send(edwards, once, { method: 'PUT' }).code, 'signature_invalid');
    assert.equal(send(edwards, once).code, '');
  });

  it('with content covers its digest, and the content is held against it', () => {
    const content = '{"order":7}';
    const wish = { method: 'POST', url: `${origin}/acme/orders/v1/orders`, content };
    assert.match(send(hmac, { ...wish, covered: ['@method', '@target-uri'] }).detail, /content-digest/);
    assert.match(send(hmac, { method: 'POST', url: wish.url }, { contentLength: -1 }).detail, /content-digest/);
    for (const sentContent of [content, '{"order":8}', '']) {
      const { code, watch, dropped } = send(hmac, wish);
      assert.equal(code, '');
      assert.equal(dropped.has('content-digest'), false);
      const bytes = Buffer.from(`..${sentContent}..`);
      watch?.take(bytes, 2, 4);
      watch?.take(bytes, 4, Math.max(4, bytes.length - 2));
      assert.equal(watch?.isGood(), sentContent === content, sentContent);
    }
  });

  it('with an invalid or weak digest is refused; the digest of empty content is checked immediately', () => {
    const covered = ['@method', '@target-uri', 'content-digest'];
    const withDigest = (value: string, contentLength: number) =>
      send(edwards, { covered, fields: [['content-digest', value]] }, { contentLength });
    for (const value of ['md5=:YQ==:', 'sha-256="a"', 'nothing at all', 'sha-256=("a")']) {
      assert.match(withDigest(value, 3).detail, /Content-Digest must/, value);
    }
    assert.match(withDigest(digestOf('a'), 0).detail, /Content-Digest must/);
    assert.equal(withDigest(digestOf(''), 0).code, '');
    assert.equal(withDigest(`md5=:YQ==:, ${digestOf('abc')}`, 3).code, '');
  });

  it('stands beside signatures of others, and beside no other credential of ours', () => {
    const fields = (): string[] =>
      signed(edwards, sample.nowMs, { url: `${origin}${path}`, params: { nonce: nonce() } });
    const [, input = '', , signature = ''] = fields();
    const theirs = 'bot=("@authority");keyid="elsewhere"';
    const pairs = ['signature-input', `${theirs}, ${input}`, 'signature', `bot=:YQ==:, ${signature}`];
    assert.equal(sample.call(path, pairs).code, '');
    assert.equal(sample.call(path, ['signature-input', theirs, 'signature', 'bot=:YQ==:']).code, 'credential_missing');
    const basic = sample.call(path, ['authorization', 'Basic dTpw', ...fields()]);
    assert.deepEqual([basic.code, basic.dropped.has('authorization')], ['', false]);
    for (const other of [
      [
        'x-api-key',
        formatCredential('live', '018f0000-0000-7000-8000-000000000002', new Uint8Array(8), new Uint8Array(32)),
      ],
      ['authorization', `Bearer ${mint(sample.nowMs)}`],
    ]) {
      assert.equal(sample.call(path, [...other, ...fields()]).code, 'credential_invalid');
    }
    const [, second = '', , secondSignature = ''] = fields();
    const two = [
      'signature-input',
      `${input}, ${second.replace('sig', 'b')}`,
      'signature',
      `${signature}, ${secondSignature.replace('sig', 'b')}`,
    ];
    assert.match(sample.call(path, two).detail, /exactly one key/);
  });

  it('that cannot be read is refused, as is one without its signature', () => {
    const [, input = '', , signature = ''] = signed(edwards, sample.nowMs, { url: `${origin}${path}` });
    for (const fields of [
      ['signature-input', input],
      ['signature-input', input, 'signature', 'other=:YQ==:'],
      ['signature-input', input, 'signature', signature.slice(0, -1)],
      ['signature-input', `${input},`, 'signature', signature],
      ['signature-input', input, 'signature-input', input, 'signature', signature],
      ['signature-input', input.replace('"@method"', '"@method";req'), 'signature', signature],
    ]) {
      assert.equal(sample.call(path, fields).code, 'signature_invalid', fields.join(' '));
    }
  });

  it('is refused where its key is revoked, expired, another’s now, or its app is suspended: from the next call on', () => {
    assert.equal(send(edwards).code, '');
    sample.publish({ ...edwards.object, expires_at: sample.nowMs / 1000 });
    assert.equal(send(edwards).code, 'signature_invalid');
    sample.publish({ ...edwards.object, hash: edwardsKey().object.hash });
    assert.equal(send(edwards).code, 'signature_invalid');
    sample.publish(edwards.object);
    assert.equal(send(edwards).code, '');
    sample.publish({ ...world.app, state: 'suspended' });
    assert.equal(send(edwards).code, 'signature_invalid');
    sample.publish(world.app);
    assert.equal(send(edwards).code, '');
    sample.drop(edwards.object);
    assert.equal(send(edwards).code, 'signature_invalid');
  });

  it('is no token: a version that takes tokens only refuses it; an open one checks it all the same', () => {
    assert.equal(send(edwards, { url: `${origin}/acme/orders/token/orders/7` }).code, 'credential_invalid');
    assert.equal(send(edwards, { url: `${origin}/acme/orders/key/orders/7` }).code, '');
    assert.equal(send(edwards, { url: `${origin}/acme/orders/open/x` }).code, '');
    assert.equal(send(edwards, { url: `${origin}/acme/orders/open/x` }, { method: 'PUT' }).code, 'signature_invalid');
  });

  it('cannot be replaced by the secret itself: a key that signs is never shown', () => {
    assert.equal(sample.call(path, ['x-api-key', hmac.text]).code, 'credential_invalid');
    assert.equal(sample.call(path, ['authorization', `Bearer ${hmac.text}`]).code, 'credential_invalid');
  });

  it('with any fields is at worst refused', () => {
    const parts = fc.constantFrom(
      ...[
        'sig',
        '=',
        '(',
        ')',
        '"@method"',
        '"@target-uri"',
        '"x"',
        ' ',
        ';',
        ',',
        ':YQ==:',
        '"',
        '\\',
        '?1',
        '-1',
        '1.5',
        'é',
      ],
      ...[';created=1', `;created=${Math.floor(sample.nowMs / 1000)}`, ';nonce="n"', `;keyid="${edwards.object.key}"`],
    );
    const field = fc.oneof(
      fc.string(),
      fc.array(parts).map((all) => all.join('')),
    );
    const wellFormed = `sig=("@method" "@target-uri");created=${Math.floor(sample.nowMs / 1000)};nonce="f"`;
    fc.assert(
      fc.property(field, field, fc.string(), (noise, signature, digest) => {
        for (const input of [noise, `${wellFormed};keyid="${edwards.object.key}"${noise}`]) {
          const { code } = sample.call(path, [
            'signature-input',
            input,
            'signature',
            signature,
            'content-digest',
            digest,
          ]);
          assert.ok(['credential_missing', 'signature_invalid'].includes(code), code);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('with an HMAC waits for the fleet key; what was derived from another one is refused', () => {
    sample.gate.fleetKey = undefined;
    assert.deepEqual([send(hmac).status, send(edwards).code], [503, '']);
    sample.gate.fleetKey = Buffer.alloc(32, 8);
    assert.equal(send(hmac).code, 'signature_invalid');
    sample.gate.fleetKey = sampleFleetKey;
    assert.equal(send(hmac).code, '');
  });
});
