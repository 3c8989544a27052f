import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { answering, dial, openWorld } from '../../../test/wire/peers.ts';
import { role, roleOf } from './names.ts';

const trusted = [
  ...[
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
    'X-Forwarded-Port',
    'X-Forwarded-Server',
  ],
  ...['X-Forwarded-Prefix', 'X-Forwarded-Path', 'X-Forwarded-User', 'X-Forwarded-Email', 'X-Forwarded-Groups'],
  ...['X-Forwarded-Client-Cert', 'X-Forwarded-Access-Token', 'X-Forwarded-Ssl', 'X-Forwarded-Scheme', 'X-Real-IP'],
  ...['True-Client-IP', 'CF-Connecting-IP', 'X-Client-IP', 'Client-IP', 'X-Cluster-Client-IP', 'Fastly-Client-IP'],
  ...[
    'X-SSL-Client-Cert',
    'X-SSL-Client-Verify',
    'X-SSL-Client-S-DN',
    'X-Client-Cert',
    'SSL-Client-Cert',
    'X-ARR-ClientCert',
  ],
  ...['X-Remote-User', 'Remote-User', 'Remote-Groups', 'X-WEBAUTH-USER', 'X-Auth-Request-User', 'X-Authenticated-User'],
  ...['X-Original-URL', 'X-Rewrite-URL', 'X-Original-Host', 'X-Goog-Authenticated-User-Email', 'X-MS-CLIENT-PRINCIPAL'],
  ...['Proxy', 'X-Middleware-Subrequest', 'X-Accel-Mapping', 'X-Consumer-Username', 'X-Amzn-Oidc-Identity'],
];
const separators = ['_', '.', '~', '!', '+', '|'];
const twinsOf = (name: string) => separators.map((one) => name.replaceAll('-', one)).filter((twin) => twin !== name);

test('no client’s field of a trusted name, or of a twin of one, reaches an upstream', async (t) => {
  const { origin, engine } = await openWorld(t, answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  const names = [...trusted, 'tulou_tenant', 'Tulou.App', 'TULOU_USER', 'client_cert', 'x_api_key', 'Cookie2'];
  const client = dial(engine.port);
  for (const [index, name] of [...names, ...trusted.flatMap(twinsOf)].entries()) {
    client.send(`GET /${index} HTTP/1.1\r\nHost: a\r\n${name}: FORGED\r\nX-Own_Field: kept\r\n\r\n`);
    await client.until((text) => text.split('HTTP/1.1 200').length === index + 2);
  }
  const { received } = await origin.peer(0);
  assert.equal(received.includes('FORGED'), false);
  assert.equal(received.split('x-own_field: kept').length, names.length + trusted.flatMap(twinsOf).length + 1);
});

test('a name is checked in the form that a CGI program receives', () => {
  const spelled = fc.constantFrom(...trusted).chain((name) =>
    fc.array(fc.constantFrom('-', ...separators), { minLength: 8, maxLength: 8 }).map((marks) => {
      let at = 0;
      return name.toLowerCase().replaceAll('-', () => marks[at++] ?? '-');
    }),
  );
  fc.assert(
    fc.property(spelled, (name) => {
      const part = roleOf(name);
      assert.ok(part === role.claim || part === role.reserved, name);
    }),
    { numRuns: 2000 },
  );
});

test('a trusted field cannot be declared to be of one hop, and ordinary fields are passed on', () => {
  for (const name of ['x-user-id', 'x-custom', 'x_custom', 'accept', 'x-request-id', 'x-correlation-id', 'constructor'])
    assert.equal(roleOf(name), role.endToEnd, name);
});

test('cookies of an answer are judged one by one, and Clear-Site-Data is not passed on', async (t) => {
  const answer =
    'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: tulou_session=2\r\nSET-COOKIE: c=3\r\nSet-Cookie2: d=4\r\n' +
    'Clear-Site-Data: "cookies"\r\nContent-Length: 2\r\n\r\nok';
  const { engine } = await openWorld(t, answering(answer), {
    forward: { keepCookie: (value) => (value.startsWith('tulou') ? undefined : value) },
  });
  const client = dial(engine.port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const text = await client.until((received) => received.endsWith('ok'));
  assert.deepEqual(text.match(/set-cookie.*: .*/g), ['set-cookie: a=1', 'set-cookie: c=3']);
  assert.equal(/clear-site-data|tulou_session/i.test(text), false);
});
