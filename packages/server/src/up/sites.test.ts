import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSites } from './sites.ts';

const check =
  (platform: string, gateway: string, oneSite = false) =>
  () =>
    checkSites({ platformUrl: `https://${platform}`, gatewayUrl: `https://${gateway}`, oneSite });

test('names under one registrable domain are refused, with the setting that allows them', () => {
  for (const [platform, gateway] of [
    ['example.com', 'example.com'],
    ['platform.example.com', 'api.example.com'],
    ['example.com:8090', 'example.com:8080'],
    ['a.b.example.co.uk', 'example.co.uk'],
    ['PLATFORM.example.com', 'api.EXAMPLE.com'],
    ['203.0.113.7:8090', '203.0.113.7:8080'],
    ['tulou', 'tulou'],
  ] as const) {
    assert.throws(check(platform, gateway), { code: 'one_site' }, `${platform} ${gateway}`);
    assert.doesNotThrow(check(platform, gateway, true));
  }
});

test('names under two registrable domains are accepted, also below a shared public suffix', () => {
  for (const [platform, gateway] of [
    ['platform.example.com', 'api.example.net'],
    ['one.co.uk', 'two.co.uk'],
    ['one.github.io', 'two.github.io'],
    ['203.0.113.7', '203.0.113.8'],
  ] as const)
    assert.doesNotThrow(check(platform, gateway), `${platform} ${gateway}`);
});

test('one machine for oneself needs no second name', () => {
  for (const host of ['127.0.0.1', 'localhost', '[::1]', 'tulou.test', 'x.localhost'])
    assert.doesNotThrow(check(`${host}:8090`, `${host}:8080`), host);
});
