/** Files that `apply` cannot carry out, against the real control API: `diff` names the same objects. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startPlatform, type Platform } from './platform.ts';
import { scopedDocument } from './tenants.ts';

let platform: Platform;

before(async () => {
  platform = await startPlatform();
});
after(() => platform.stop());

const version = (more: string): string => `
    apis:
      - slug: orders
        name: Orders
        versions:
          - ${more}
`;

interface Case {
  readonly name: string;
  /** Everything after the slug and the name of the tenant. */
  readonly file: string;
  readonly says: RegExp;
  /** Applied first. */
  readonly first?: string;
  /** Which object is refused depends on the order of the calls. */
  readonly isEither?: true;
}

const clients: readonly (readonly [string, string, RegExp])[] = [
  [
    'a public client with client_credentials',
    'authentication: none, grant_types: [client_credentials]',
    /without authentication cannot use client_credentials/,
  ],
  [
    'a refresh token without a sign-in',
    'authentication: client_secret_basic, grant_types: [client_credentials, refresh_token]',
    /refresh_token needs/,
  ],
  [
    'a code without a redirect URI',
    'authentication: none, grant_types: [authorization_code]',
    /needs at least one redirect URI/,
  ],
  [
    'signed assertions without keys',
    'authentication: private_key_jwt, grant_types: [client_credentials]',
    /private_key_jwt needs keys/,
  ],
  [
    'a certificate without a subject',
    'authentication: tls_client_auth, grant_types: [client_credentials]',
    /tls_client_auth needs a subject/,
  ],
  [
    'tokens bound to no certificate',
    'authentication: client_secret_basic, grant_types: [client_credentials], certificate_bound: true',
    /bound to a certificate only with/,
  ],
  [
    'a logout without a sign-in',
    'authentication: client_secret_basic, grant_types: [client_credentials], backchannel_logout_uri: "https://a.example.com/out"',
    /a logout needs/,
  ],
];

const cases: readonly Case[] = [
  ...clients.map(([name, fields, says]): Case => ({
    name,
    file: `\n    apps: [{slug: web, name: W, clients: [{name: C, environment: live, ${fields}}]}]`,
    says,
  })),
  {
    name: 'a subscription of an app, of an API and of a plan that do not exist',
    file: `
    apis: [{slug: orders, name: Orders, plans: [{slug: basic}]}]
    subscriptions:
      - {app: ghost, api: SELF/orders, plan: gold}
      - {app: ghost, api: nowhere/x, plan: gold}`,
    says: /! subscription SELF\/ghost to SELF\/orders \(f\.yaml line 6\): there is no app ghost[^]*has no plan gold[^]*line 7\): there is no API nowhere\/x/,
  },
  {
    name: 'a scope that no API defines',
    file: `
    apps: [{slug: web, name: Web, scopes: ["SELF/orders:read"]}]`,
    says: /! app SELF\/web \(f\.yaml line 4\): there is no scope SELF\/orders:read/,
  },
  {
    name: 'an installation beyond the scopes of the app, and one of no app',
    file: `
    apis: [{slug: orders, name: O, scopes: [{name: read, risk: low, title: {en: R, zh: R}, description: {en: R, zh: R}}]}]
    apps: [{slug: web, name: Web}]
    installations:
      - {app: SELF/web, scopes: ["SELF/orders:read"]}
      - {app: SELF/ghost}`,
    says: /! installation SELF of SELF\/web \(f\.yaml line 7\): the app does not declare the scope SELF\/orders:read[^]*line 8\): there is no app SELF\/ghost/,
  },
  {
    name: 'a document that requires a scope which the API does not define',
    file: version('{name: v1, openapi: scoped.yaml, upstreams: [{url: "http://127.0.0.1:1"}]}'),
    says: /! version SELF\/orders\/v1 \(f\.yaml line 8\): the document requires the scope read/,
  },
  {
    name: 'a broken document, with the line in the document',
    file: version('{name: v1, openapi: broken.yaml}'),
    says: /! version SELF\/orders\/v1 \(broken\.yaml line 3[^)]*\): /,
  },
  {
    name: 'a live version without an upstream, and a strict one without operations',
    file: version('{name: v1, state: live, openapi: null, strict: true}'),
    says: /needs an upstream[^]*every call would be refused/,
  },
  {
    name: 'a transition that the state of a version does not allow',
    first: version('{name: v1, state: draft}'),
    file: version('{name: v1, state: retired}'),
    says: /a version that is draft cannot become retired/,
  },
  {
    name: 'a sunset before the deprecation',
    file: version('{name: v1, deprecated_at: "2031-01-01T00:00:00Z", sunset_at: "2030-01-01T00:00:00Z"}'),
    says: /"sunset_at" is before "deprecated_at"/,
  },
  {
    name: 'a field that cannot change after creation',
    first: `
    connections: [{name: O, issuer: "https://a.example.com", client_id: x, domains: [a.test]}]`,
    file: `
    connections: [{name: O, issuer: "https://b.example.com", client_id: x, domains: [a.test]}]`,
    says: /! connection SELF\/O \(f\.yaml line 4\): Fields that cannot change after creation: issuer/,
  },
  {
    name: 'the last owner',
    first: '\n    members: [{email: a@a.example, role: owner}]',
    file: '\n    members: [{email: a@a.example, role: viewer}]',
    says: /the tenant SELF would have no owner/,
  },
  {
    name: 'one host name for two APIs',
    isEither: true,
    file: `
    apis:
      - {slug: a, name: A, hosts: [one.example.com]}
      - {slug: b, name: B, hosts: [one.example.com]}`,
    says: /! api SELF\/b \(f\.yaml line 6\): the host name one\.example\.com belongs to api SELF\/a/,
  },
];

for (const [i, one] of cases.entries()) {
  test(`diff and apply refuse ${one.name}`, async () => {
    const slug = `refused-${i}`;
    const fileOf = (text: string): string =>
      `tenants:\n  - slug: ${slug}\n    name: T${text}\n`.replaceAll('SELF', slug);
    await platform.put('scoped.yaml', scopedDocument);
    await platform.put('broken.yaml', 'openapi: 3.1.0\ninfo: {title: T, version: "1"}\npaths: 5\n');
    await platform.put('f.yaml', fileOf(one.first ?? ''));
    await platform.done('apply -f f.yaml');
    await platform.put('f.yaml', fileOf(one.file));
    const seen = await platform.tulou('diff -f f.yaml');
    assert.equal(seen.code, 65, seen.out + seen.err);
    assert.match(seen.out, new RegExp(one.says.source.replaceAll('SELF', slug)));
    const { refusals } = JSON.parse((await platform.tulou('diff -f f.yaml --json')).out) as {
      refusals: { address: string }[];
    };
    const applied = await platform.tulou('apply -f f.yaml --yes --json');
    assert.notEqual(applied.code, 0, 'the platform refuses it too');
    const { changes } = JSON.parse(applied.out) as { changes: { address: string; status: string }[] };
    const failed = changes.filter((change) => change.status !== 'done').map((change) => change.address);
    const told = new Set(refusals.map((refusal) => refusal.address));
    if (!one.isEither) assert.deepEqual(new Set(failed), told, applied.out);
    else assert.equal(failed.length, told.size, 'either of the two APIs may be first');
  });
}

test('diff names the role that a change needs, and ranks above that of the credential', async () => {
  const tenant = await platform.control.makeTenant('ranks');
  const input = `tenants:
  - slug: ranks
    apis: [{slug: a, name: A}]
    members: [{email: boss@ranks.example, role: owner}]
  - {slug: foreign, name: Foreign}
`;
  const asDeveloper = { input, env: { TULOU_TOKEN: tenant.tokens.developer } };
  const seen = await platform.tulou('diff -f -', asDeveloper);
  assert.match(seen.out, /! member ranks\/boss@ranks\.example .*needs the role admin; the credential has developer/);
  assert.match(seen.out, /! tenant foreign .*needs an operator/);
  assert.doesNotMatch(seen.out, /! api/);
  const asAdmin = { input, env: { TULOU_TOKEN: tenant.tokens.admin } };
  assert.match((await platform.tulou('diff -f -', asAdmin)).out, /the role owner is above that of the credential/);
  const applied = await platform.tulou('apply -f -', asAdmin);
  assert.notEqual(applied.code, 0);
  assert.match(applied.out, /created +api ranks\/a[^]*failed +member/, 'what can be done is done');
});

test('diff --prune says what other apps still use', async () => {
  const maker = 'tenants: [{slug: used, name: U, apis: [{slug: a, name: A, plans: [{slug: p}]}]}]';
  await platform.done('apply -f -', { input: maker });
  const shop = `tenants: [{slug: user, name: U, apps: [{slug: web, name: W}], subscriptions: [{app: web, api: used/a, plan: p}]}]`;
  await platform.control.call('POST', '/tenants/used/apis/a/versions', {
    body: { name: 'v1', upstreams: [{ url: 'http://127.0.0.1:1' }] },
  });
  await platform.done('apply -f -', { input: shop });
  const seen = await platform.tulou('diff -f - --prune', { input: 'tenants: [{slug: used}]' });
  assert.equal(seen.code, 65);
  assert.match(seen.out, /! api used\/a: apps still subscribe: user\/web/);
  assert.equal((await platform.tulou('apply -f - --prune --yes', { input: 'tenants: [{slug: used}]' })).code, 4);
});

test('one document that cannot be read does not hide another', async () => {
  await platform.put('torn.yaml', 'openapi: [3.1.0\n');
  await platform.put(
    'f.yaml',
    `tenants:
  - slug: torn
    name: T
    apis:
      - slug: a
        name: A
        versions:
          - {name: v1, openapi: torn.yaml}
          - {name: v2, openapi: gone.yaml}
`,
  );
  const { code, err } = await platform.tulou('diff -f f.yaml');
  assert.equal(code, 65);
  assert.match(err, /version torn\/a\/v1 line 8 .*torn\.yaml is neither YAML nor JSON, line \d/);
  assert.match(err, /version torn\/a\/v2 line 9 .*gone\.yaml cannot be read/);
});

test('hostile files are refused within bounds', async () => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...Array.from({ length: 8 }, (_, i) => bombLine(i))].join('\n');
  const hostile: Readonly<Record<string, string>> = {
    bomb,
    cycle: 'tenants: &a [*a]',
    nested: '['.repeat(200_000),
    dashes: `tenants: ${'- '.repeat(100_000)}`,
    values: `tenants: [${'1,'.repeat(5_000_000)}1]`,
    long: `tenants: [{slug: "${'a'.repeat(26 * 1024 * 1024)}"}]`,
  };
  for (const [name, input] of Object.entries(hostile)) {
    const ran = await platform.tulou('diff -f -', { input });
    assert.equal(ran.code, 65, `${name}: ${ran.err.slice(0, 300)}`);
    assert.ok(ran.err.length < 20_000, name);
  }
});

function bombLine(i: number): string {
  const before = String.fromCodePoint(97 + i);
  const name = String.fromCodePoint(98 + i);
  return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(',')}]`;
}
