import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPlatformCookie } from '@tulou/contract/cookies';
import { threadForEach } from '../../test/gateway/one-thread.ts';
import { cookieKeeper, withoutPlatformCookies } from './cookies.ts';

describe('a cookie of the platform', () => {
  for (const name of [
    'session',
    'session.sig',
    'interaction',
    'resume',
    'form',
    'lang',
    'trip',
    'found',
    'proof_reset',
  ]) {
    it(`is ${name}, with any prefix that browsers enforce`, () => {
      for (const prefix of ['', '__Host-', '__Secure-', '__host-', '__Http-', '__Host-Http-', '__SECURE-__Host-'])
        assert.ok(isPlatformCookie(`${prefix}tulou_${name}`), prefix);
    });
  }

  it('is one in every spelling that a parser may take for it, and no other cookie is', () => {
    for (const name of [
      'Tulou_Session',
      ' tulou_session\t',
      '"tulou_session',
      '=tulou_session',
      '%74ulou_session',
      'tulou.session',
    ])
      assert.ok(isPlatformCookie(name), name);
    for (const name of ['session', 'mytulou_session', 'tulou', 'tuloua', '', '__Host-session', '_tulou_x'])
      assert.equal(isPlatformCookie(name), false, name);
  });
});

describe('the cookies of a call', () => {
  for (const [sent, kept] of [
    ['a=b', 'a=b'],
    ['tulou_session=x', undefined],
    ['a=b; tulou_session=x; c=d', 'a=b; c=d'],
    ['tulou_session=x; a=b', 'a=b'],
    ['a=b;__Host-tulou_session=x;__Host-tulou_session.sig=y', 'a=b'],
    ['a=b;\t__Secure-tulou_interaction = "x"', 'a=b'],
    ['a=b, tulou_session=x', 'a=b'],
    ['a=b; =tulou_session=x', 'a=b'],
    ['a=b; tulou_session', 'a=b'],
    ['a="x; tulou_session=y; z"', 'a="x; z"'],
    ['a=tulou_session; b=1%2C2', 'a=tulou_session; b=1%2C2'],
    ['a=b; %74ulou_session=x', 'a=b'],
    ['$Version=1; tulou_session=x; $Path=/', '$Version=1; $Path=/'],
  ] as const) {
    it(`${sent} reach an upstream as ${kept ?? 'none'}`, () => assert.equal(withoutPlatformCookies(sent), kept));
  }
});

describe('a cookie that an upstream sets', () => {
  const keep = cookieKeeper('https://platform.example.com:8443');
  for (const value of [
    'tulou_session=x',
    '  Tulou_session = x; Path=/',
    '__Host-tulou_session=x; Secure; Path=/',
    '__Secure-tulou_interaction=; Max-Age=0',
    '=tulou_session=x',
    ' = tulou_session=x',
    'tulou_session',
    '"tulou_session=x"',
    '%74ulou_session=x',
    'tulou_session.sig=x; Domain=example.com',
  ]) {
    it(`is not passed on: ${value}`, () => assert.equal(keep(value), undefined));
  }
  for (const [value, kept] of [
    ['a=b; Path=/; HttpOnly', 'a=b; Path=/; HttpOnly'],
    ['a=tulou_session', 'a=tulou_session'],
    ['a=b; Domain=api.example.com', 'a=b; Domain=api.example.com'],
    ['a=b; Domain=example.com; Secure', 'a=b; Secure'],
    ['a=b; DOMAIN = .Example.COM', 'a=b'],
    ['a=b; domain=platform.example.com', 'a=b'],
    ['a=b; Domain=other.test; Domain=com', 'a=b'],
    ['a=b; Domain=', 'a=b; Domain='],
    ['a=b; Domain=ample.com', 'a=b; Domain=ample.com'],
  ] as const) {
    it(`${value} stays with the host name that sets it: ${kept}`, () => assert.equal(keep(value), kept));
  }
});

describe('a call with cookies', () => {
  const thread = threadForEach();
  const openCall = (...cookies: string[]) =>
    thread().begin(
      '/acme/orders/open/x',
      cookies.flatMap((one) => ['cookie', one]),
    ).forwarded;

  it('is forwarded with all but the platform’s, from several fields too', () => {
    const forwarded = openCall('a=b; tulou_session=x', 'c=d', 'tulou_form=z');
    assert.equal(forwarded?.dropFields.has('cookie'), true);
    assert.deepEqual(forwarded?.addFields.slice(-2), ['cookie', 'a=b; c=d']);
  });

  it('is forwarded as it came where there is none of the platform’s', () => {
    const forwarded = openCall('a=b', 'c=d');
    assert.equal(forwarded?.dropFields.has('cookie'), false);
    assert.equal(forwarded?.addFields.includes('cookie'), false);
  });

  it('is forwarded without the field where nothing is left', () => {
    const forwarded = openCall('tulou_session=x');
    assert.equal(forwarded?.dropFields.has('cookie'), true);
    assert.equal(forwarded?.addFields.includes('cookie'), false);
  });
});
