import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentFor, readConfig, urlOf } from './config.ts';
import { planes } from './planes.ts';

/** As the program does: its own settings, and those of all planes. */
function readAll(environment: Record<string, string>): void {
  const config = readConfig({}, environment);
  for (const { settings } of planes) config.read(settings);
}

test('with nothing said, the defaults are those of the contract', () => {
  const config = readConfig({}, {});
  assert.equal(config.data, '.tulou');
  assert.deepEqual(config.gatewayListen, { host: '127.0.0.1', port: 8080 });
  assert.deepEqual(config.platformListen, { host: '127.0.0.1', port: 8090 });
  assert.equal(config.gatewayUrl, 'http://127.0.0.1:8080');
  assert.equal(config.platformUrl, 'http://127.0.0.1:8090');
  assert.equal(config.accessLog, false);
  assert.ok(config.gatewayThreads >= 1);
  assert.equal(config.databaseUrl, undefined);
  assert.equal(config.upstreamAllow, undefined);
});

test('a flag stands before its variable', () => {
  const config = readConfig(
    { data: 'here', gateway: '0.0.0.0:1' },
    { TULOU_DATA: 'there', TULOU_GATEWAY_LISTEN: '[::1]:2' },
  );
  assert.equal(config.data, 'here');
  assert.deepEqual(config.gatewayListen, { host: '0.0.0.0', port: 1 });
  assert.deepEqual(readConfig({}, { TULOU_GATEWAY_LISTEN: '[::1]:2' }).gatewayListen, { host: '::1', port: 2 });
});

test('a config cannot be changed', () => {
  assert.throws(() => Object.assign(readConfig({}, {}), { data: 'elsewhere' }), TypeError);
});

test('an empty list of ranges is not the same as none: it allows public addresses only', () => {
  assert.deepEqual(readConfig({}, { TULOU_UPSTREAM_ALLOW: '' }).upstreamAllow, []);
  assert.deepEqual(readConfig({}, { TULOU_UPSTREAM_ALLOW: 'loopback, private' }).upstreamAllow, [
    'loopback',
    'private',
  ]);
});

test('proxies are addresses and blocks of them, and none where nothing is said', () => {
  assert.deepEqual(readConfig({}, {}).trustedProxies, []);
  assert.deepEqual(readConfig({}, { TULOU_TRUSTED_PROXIES: '10.0.0.7, 2001:db8::/32' }).trustedProxies, [
    '10.0.0.7',
    '2001:db8::/32',
  ]);
});

test('an empty variable is one that is not set', () => {
  assert.equal(readConfig({}, { TULOU_DATABASE_URL: '', TULOU_DATA: '' }).data, '.tulou');
});

const wrong: readonly (readonly [variable: string, value: string])[] = [
  ['TULOU_GATEWAY_LISTEN', '8080'],
  ['TULOU_GATEWAY_LISTEN', '127.0.0.1:70000'],
  ['TULOU_GATEWAY_LISTEN', '[not-six]:80'],
  ['TULOU_PLATFORM_LISTEN', 'a b:80'],
  ['TULOU_TRUSTED_PROXIES', 'proxy.internal'],
  ['TULOU_TRUSTED_PROXIES', '10.0.0.0/40'],
  ['TULOU_DATABASE_URL', 'mysql://db'],
  ['TULOU_DATABASE_URL', 'postgres//db'],
  ['TULOU_PLATFORM_URL', 'ftp://example.com'],
  ['TULOU_PLATFORM_URL', 'https://example.com/below'],
  ['TULOU_UPSTREAM_ALLOW', 'everything'],
  ['TULOU_SMTP_URL', 'http://mail.internal'],
  ['TULOU_MAIL_FROM', 'nobody'],
  ['TULOU_SIGN_UP', 'everybody'],
  ['TULOU_WARM_ISSUERS', '0'],
  ['TULOU_GATEWAY_THREADS', '0'],
  ['TULOU_GATEWAY_THREADS', '1.5'],
  ['TULOU_GATEWAY_THREADS', 'many'],
  ['TULOU_LOG_LEVEL', 'loud'],
  ['TULOU_ACCESS_LOG', 'yes'],
];

for (const [variable, value] of wrong) {
  test(`${variable}=${value} is refused, by name and with an example`, () => {
    assert.throws(
      () => readAll({ [variable]: value }),
      (error: Error & { code: string; remedy: string }) => {
        assert.equal(error.code, 'config_invalid');
        assert.match(error.message, new RegExp(`^${variable} takes `));
        assert.match(error.remedy, new RegExp(`${variable}=.+`));
        return true;
      },
    );
  });
}

for (const [variable, value] of [
  ['TULOU_DATABASE_URL', 'mysql://root:sesame@db'],
  ['TULOU_SMTP_URL', 'http://root:sesame@mail'],
] as const)
  test(`a ${variable} that is refused is not repeated: it holds a password`, () => {
    assert.throws(
      () => readAll({ [variable]: value }),
      (error: Error & { remedy: string }) => !/sesame/.test(error.message + error.remedy),
    );
  });

test('a wrong flag is named as the flag that it is', () => {
  assert.throws(() => readConfig({ gateway: 'x' }, {}), { message: /^--gateway takes HOST:PORT, not "x"/ });
});

test('what stands for every address is reached by loopback', () => {
  assert.equal(urlOf({ host: '0.0.0.0', port: 80 }), 'http://127.0.0.1:80');
  assert.equal(urlOf({ host: '::', port: 80 }), 'http://[::1]:80');
  assert.equal(urlOf({ host: 'gateway.internal', port: 80 }), 'http://gateway.internal:80');
});

test('what one process hands to another is read there as the same', () => {
  const environment = environmentFor('gateway', { gatewayListen: '[::1]:8080', upstreamAllow: '', data: '/data' });
  const config = readConfig({}, environment);
  assert.deepEqual(config.gatewayListen, { host: '::1', port: 8080 });
  assert.deepEqual(config.upstreamAllow, []);
  assert.equal(config.data, '/data');
});
