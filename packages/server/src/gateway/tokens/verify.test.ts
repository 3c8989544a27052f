import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createLocalJWKSet, jwtVerify } from 'jose';
import type { SnapshotOf } from '@tulou/contract';
import type { IssuerNode } from '../snapshot/links.ts';
import { importKey, importKeys } from '../snapshot/issuer-keys.ts';
import { claimsAt, encode, issuer, mint, newSigner, platform, signer, signJwt } from './sample-issuer.ts';
import { verifyToken } from './verify.ts';

const nowMs = Date.UTC(2026, 0, 15, 12);
const now = nowMs / 1000;
const other = newSigner('k2');
const twin = newSigner('k1');
const node = (object: SnapshotOf<'issuer'>): IssuerNode => ({ object, keys: importKeys(object) });
const issuers = new Map([
  [platform, node(issuer)],
  ['https://other.test', node({ ...issuer, key: 'https://other.test', keys: [twin.jwk, other.jwk] })],
  ['https://own.test', node({ ...issuer, key: 'https://own.test', issues_for: 'ten_9' })],
  ['https://edwards.test', node({ ...issuer, key: 'https://edwards.test', algorithms: ['EdDSA'] })],
]);
const judge = (text: string, atMs = nowMs) => verifyToken(text, (iss) => issuers.get(iss), atMs);
const good = mint(nowMs);
const [head = '', body = '', signature = ''] = good.split('.');
const typical = { typ: 'at+jwt', alg: 'ES256', kid: 'k1' };

/** The last character with its spare bits changed: other text, same bytes. */
function withSpareBits(part: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const changed = part.slice(0, -1) + alphabet[alphabet.indexOf(part.at(-1) ?? '') ^ 1];
  assert.ok(Buffer.from(changed, 'base64url').equals(Buffer.from(part, 'base64url')));
  return changed;
}

function hmacWithPublicKey(): string {
  const text = `${encode({ ...typical, alg: 'HS256' })}.${body}`;
  const pem = signer.publicKey.export({ type: 'spki', format: 'pem' });
  return `${text}.${createHmac('sha256', pem).update(text).digest('base64url')}`;
}

const claims = (wish: Record<string, unknown>): string => mint(nowMs, wish);
const header = (wish: Record<string, unknown>): string => mint(nowMs, {}, wish);

const hostile: Record<string, string> = {
  'nothing at all': '',
  'two parts': `${head}.${body}`,
  'four parts': `${good}.${signature}`,
  'a token without a signature': `${head}.${body}.`,
  'alg none': `${encode({ ...typical, alg: 'none' })}.${body}.`,
  'alg none with a signature': header({ alg: 'none' }),
  'HS256 with the public key as its secret': hmacWithPublicKey(),
  'an algorithm that the key does not have': header({ alg: 'RS256' }),
  'an algorithm that the issuer does not have': claims({ iss: 'https://edwards.test' }),
  'no algorithm': header({ alg: undefined }),
  'a list of algorithms': header({ alg: ['ES256'] }),
  'a kid that nobody has': header({ kid: 'k9' }),
  'the kid of another issuer': header({ kid: 'k2' }),
  'a key of another issuer under that issuer’s kid': signJwt(other.key, { ...typical, kid: 'k2' }, claimsAt(nowMs)),
  'a key of another issuer under an equal kid': signJwt(twin.key, typical, claimsAt(nowMs)),
  'a token of ours that claims to be of another issuer with an equal kid': claims({ iss: 'https://other.test' }),
  'no kid': header({ kid: undefined }),
  'a kid of a prototype': header({ kid: '__proto__' }),
  'a key in its own header': signJwt(other.key, { ...typical, jwk: other.jwk }, claimsAt(nowMs)),
  'a good key in its own header': header({ jwk: signer.jwk }),
  'an address of keys': header({ jku: 'https://evil.test/jwks' }),
  'an address of certificates': header({ x5u: 'https://evil.test/certificate' }),
  certificates: header({ x5c: [] }),
  'a critical extension': header({ crit: ['exp'] }),
  'an unencoded payload': header({ b64: false }),
  'an id_token': header({ typ: 'JWT' }),
  'no type': header({ typ: undefined }),
  'a logout token': header({ typ: 'logout+jwt' }),
  'a proof': header({ typ: 'dpop+jwt' }),
  'a type in capitals': header({ typ: 'AT+JWT' }),
  'an unknown issuer': claims({ iss: 'https://evil.test' }),
  'an issuer with a slash more': claims({ iss: `${platform}/` }),
  'a list of issuers': claims({ iss: [platform] }),
  'no issuer': claims({ iss: undefined }),
  'an issuer of another tenant': claims({ iss: 'https://own.test' }),
  'a list of audiences': claims({ aud: ['urn:tulou:tenant:ten_3'] }),
  'two audiences': claims({ aud: ['urn:tulou:tenant:ten_3', 'urn:tulou:tenant:ten_4'] }),
  'a client as its audience': claims({ aud: 'cli_1' }),
  'a tenant by slug': claims({ aud: 'urn:tulou:tenant:mall' }),
  'no audience': claims({ aud: undefined }),
  'no client': claims({ client_id: undefined }),
  'no subject': claims({ sub: undefined }),
  'a subject that would end its field': claims({ sub: 'a\r\nTulou-Scopes: all' }),
  'an empty subject': claims({ sub: '' }),
  'a number as subject': claims({ sub: 7 }),
  'no jti': claims({ jti: undefined }),
  'no grant': claims({ gid: undefined }),
  'no installation': claims({ ins: undefined }),
  'scopes in a list': claims({ scope: ['acme/orders:read'] }),
  'no end': claims({ exp: undefined }),
  'an end in words': claims({ exp: 'tomorrow' }),
  'an end before its start': claims({ exp: now - 1, iat: now }),
  'a life of more than fifteen minutes': claims({ exp: now + 901 }),
  'no start': claims({ iat: undefined }),
  'a start in the future': claims({ iat: now + 61, exp: now + 300 }),
  'a start in fractions': claims({ iat: now - 0.5 }),
  'not yet': claims({ nbf: now + 61 }),
  'a not-before in words': claims({ nbf: 'now' }),
  'a certificate and a key that it is bound to': claims({ cnf: { 'x5t#S256': 'a'.repeat(43), jkt: 'a'.repeat(43) } }),
  'two bindings': claims({ cnf: { jkt: 'a'.repeat(43), 'x5t#S256': 'a'.repeat(43) } }),
  'an empty binding': claims({ cnf: {} }),
  'a binding that is none': claims({ cnf: null }),
  'a changed claim': `${head}.${encode(claimsAt(nowMs, { scope: 'acme/orders:wipe' }))}.${signature}`,
  'a signature of another token': `${head}.${body}.${mint(nowMs, { jti: 'jti-2' }).split('.')[2] ?? ''}`,
  'a signature in DER': `${head}.${body}.${Buffer.from('3006020101020101', 'hex').toString('base64url')}`,
  'a signature of zeros': `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`,
  'a payload that is a list': signJwt(signer.key, typical, []),
  'padding after the signature': `${good}==`,
  'spare bits in the signature': `${head}.${body}.${withSpareBits(signature)}`,
  'a newline after it': `${good}\n`,
  'a space in the signature': `${head}.${body}.${signature.slice(0, 20)} ${signature.slice(20)}`,
  'padding in the middle': `${head}=.${body}.${signature}`,
  'a token that is too long': claims({ scope: 'x'.repeat(9000) }),
};

describe('a token', () => {
  it('that is valid identifies the caller', () => {
    const token = judge(good);
    assert.ok(typeof token !== 'string');
    const { client, user, tenant, installation, jti, grant, scopes, untilMs } = token;
    assert.deepEqual(
      { client, user, tenant, installation, jti, grant, scopes },
      {
        client: 'cli_1',
        user: undefined,
        tenant: 'ten_3',
        installation: 'ins_1',
        jti: 'jti-1',
        grant: 'gid-1',
        scopes: ['acme/orders:read', 'acme/orders:write'],
      },
    );
    assert.equal(untilMs, nowMs + 360_000);
    const ofUser = judge(mint(nowMs, { sub: 'usr_1' }));
    assert.equal(typeof ofUser === 'string' ? ofUser : ofUser.user, 'usr_1');
  });

  for (const [what, text] of Object.entries(hostile)) {
    it(`is refused: ${what}`, () => assert.equal(judge(text), 'invalid'));
  }

  it('is taken with clocks a minute apart, and not more', () => {
    assert.notEqual(typeof judge(good, nowMs - 60_000), 'string');
    assert.equal(judge(good, nowMs - 61_000), 'invalid');
    assert.notEqual(typeof judge(good, nowMs + 359_999), 'string');
    assert.equal(judge(good, nowMs + 360_000), 'expired');
  });

  it('is never called expired if it is not ours either: an unknown client learns nothing', () => {
    assert.equal(judge(signJwt(twin.key, typical, claimsAt(nowMs - 3_600_000))), 'invalid');
  });

  it('with any change of its text is accepted only if jose accepts it', async () => {
    const keys = createLocalJWKSet({ keys: [{ kty: 'EC', ...signer.jwk }] });
    const options = {
      typ: 'at+jwt',
      algorithms: ['ES256'],
      issuer: platform,
      audience: 'urn:tulou:tenant:ten_3',
      clockTolerance: 60,
      currentDate: new Date(nowMs),
    };
    const takenByJose = (text: string): Promise<boolean> =>
      jwtVerify(text, keys, options).then(
        () => true,
        () => false,
      );
    assert.ok(await takenByJose(good));
    const character = fc.constantFrom(...'ABab01-_=. +/\n.'.split(''));
    const edit = fc.record({
      at: fc.nat(good.length),
      cut: fc.nat(3),
      put: fc.string({ unit: character, maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(edit, async ({ at, cut, put }) => {
        const text = good.slice(0, at) + put + good.slice(at + cut);
        const ours = typeof judge(text) !== 'string';
        // No other text is accepted as this token, and both accept the token itself.
        assert.equal(ours, text === good);
        if (ours) assert.ok(await takenByJose(text));
      }),
      { numRuns: 400 },
    );
  });

  it('with any claims gets the result of jose, except for our additional requirements', async () => {
    const keys = createLocalJWKSet({ keys: [{ kty: 'EC', ...signer.jwk }] });
    const options = { typ: 'at+jwt', algorithms: ['ES256'], issuer: platform, clockTolerance: 60 };
    const time = fc.oneof(
      fc.integer({ min: -1000, max: 1000 }).map((seconds) => now + seconds),
      fc.constant(undefined),
    );
    const wish = fc.record({ iat: time, exp: time, nbf: time, iss: fc.constantFrom(platform, 'https://evil.test') });
    await fc.assert(
      fc.asyncProperty(wish, async (wished) => {
        const text = mint(nowMs, wished);
        if (typeof judge(text) === 'string') return;
        await jwtVerify(text, keys, { ...options, currentDate: new Date(nowMs) });
      }),
      { numRuns: 200 },
    );
  });
});

describe('a key that verifies', () => {
  for (const [what, jwk] of Object.entries({
    'a secret': { kty: 'oct', k: 'AAAA', kid: 'k' },
    'a private key': { ...signer.key.export({ format: 'jwk' }), kid: 'k' },
    'a key for encryption': { ...signer.jwk, use: 'enc' },
    'a key that is not for verifying': { ...signer.jwk, key_ops: ['sign'] },
    'another curve': { ...signer.jwk, crv: 'P-384' },
    'an algorithm of another kind of key': { ...signer.jwk, alg: 'RS256' },
    'a point off the curve': { ...signer.jwk, x: signer.jwk['y'], y: signer.jwk['x'] },
  })) {
    it(`is not ${what}`, () => assert.throws(() => importKey(jwk)));
  }

  it('has a kid of its own', () => {
    assert.throws(() => importKeys({ ...issuer, keys: [signer.jwk, twin.jwk] }), /kid/);
    assert.throws(() => importKeys({ ...issuer, keys: [{ ...signer.jwk, kid: undefined }] }), /kid/);
  });
});
