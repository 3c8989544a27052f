/** Export, a fresh platform, apply: everything is there again. Kinds of the table of operations, over the real control API. */
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { kinds, leftOut } from '../src/manifest/schema.ts';
import { startPlatform, type Platform } from './platform.ts';
import { populate, scopedDocument } from './tenants.ts';

let from: Platform;
let to: Platform;
let exported: string;

before(async () => {
  from = await startPlatform();
  await populate(from.control);
  exported = (await from.done('export')).out;
  to = await startPlatform();
});
after(async () => {
  await from.stop();
  await to.stop();
});

const none = 'No changes: the platform matches the file.\n';

test('an export has every kind, no secret, and does not differ from its platform', async () => {
  for (const { key } of Object.values(kinds)) assert.match(exported, new RegExp(`^ *(?:- )?${key}:`, 'm'), key);
  assert.doesNotMatch(exported, /cOnn-S3cret|client_secret:|tlk_|\b(?:api|app|cli|ins|mem)_[0-9a-z]{26}/);
  const note = await from.done('export maker');
  assert.match(note.err, /no client secrets.*client_secret: \{env: NAME\}/);
  assert.equal((await from.done('diff -f - --prune', { input: exported })).out, none);
});

test('a document is exported as it was sent: comments and large integers included', async () => {
  await from.done('export maker -f out/all.yaml');
  const names = await readdir(`${from.stage.dir}/out/all.openapi`);
  assert.deepEqual(names.toSorted(), ['maker_orders_v0.json', 'maker_orders_v1.yaml']);
  assert.equal(await readFile(`${from.stage.dir}/out/all.openapi/maker_orders_v1.yaml`, 'utf8'), scopedDocument);
  assert.equal((await from.done('diff -f out/all.yaml --prune')).out, none);
});

test('apply on a fresh platform, killed again and again, ends with the same export and an empty diff', async () => {
  let isKilled = true;
  for (let run = 1; isKilled; run += 1) {
    assert.ok(run < 30, 'each run makes some progress');
    let writes = 0;
    const gone = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const fetch: typeof globalThis.fetch = (url, init) => {
      if (init?.method !== undefined && init.method !== 'GET') writes += 1;
      return writes > 4 ? Promise.reject(new TypeError('fetch failed', { cause: gone })) : globalThis.fetch(url, init);
    };
    const ran = await to.tulou('apply -f - --yes', { input: exported, fetch });
    isKilled = ran.code === 69;
    assert.ok(isKilled || ran.code === 0, ran.out + ran.err);
  }
  assert.equal((await to.done('diff -f - --prune', { input: exported })).out, none);
  assert.equal((await to.done('export')).out, exported);
});

test('apply shows the secret of a confidential client once, and says what it sent and left out', async () => {
  const renamed = exported.replaceAll(/\bmaker\b/g, 'third').replaceAll(/\bshop\b/g, 'fourth');
  const input = renamed.replaceAll('.example.com', '.example.org').replace('login.third.test', 'login.fifth.test');
  const ran = await to.done('apply -f -', { input });
  assert.equal(ran.out.match(/client_secret: tlc_\S+ .*shown only now/g)?.length, 3, ran.out);
  assert.match(ran.out, /member third\/ann@third\.test \(an invitation was sent by mail\)/);
  assert.match(ran.out, /connection third\/Office \(without a client secret\)/);
  assert.equal((await to.done('apply -f -', { input })).out, none);
});

test('each noun that is left out is refused in a file, with its reason', async () => {
  for (const [noun, reason] of Object.entries(leftOut)) {
    const ran = await to.tulou('apply -f -', { input: `tenants:\n  - slug: a\n    name: A\n    ${noun}: []\n` });
    assert.equal(ran.code, 65);
    assert.ok(ran.err.includes(`line 4:5`) && ran.err.includes(reason.slice(0, 40)), ran.err);
  }
});

test('a connection takes its secret from the variable that the file names, and apply says if it is not set', async () => {
  const input = `tenants:
  - slug: linked
    name: Linked
    connections:
      - {name: O, issuer: "https://id.example.com", client_id: x, client_secret: {env: OFFICE_SECRET}, domains: [a.test]}
`;
  const missing = await to.tulou('diff -f -', { input });
  assert.equal(missing.code, 65);
  assert.match(missing.out, /connection linked\/O \(- line 5\): .*OFFICE_SECRET is not set/);
  const ran = await to.tulou('apply -f -', { input });
  assert.equal(ran.code, 65);
  assert.match(ran.out, /failed +connection linked\/O/);
  const env = { OFFICE_SECRET: 's3cret' };
  const done = await to.done('apply -f -', { input, env });
  assert.doesNotMatch(done.out + done.err, /s3cret|without a client secret/);
  assert.equal((await to.done('diff -f -', { input })).out, none, 'an existing connection needs no variable');
});

test('members, connections and the issuer are deleted only if the file states their lists', async () => {
  const base = 'tenants:\n  - slug: maker\n';
  const silent = (await to.tulou('diff -f - --prune', { input: base })).out;
  assert.doesNotMatch(silent, /^- (?:member|connection|issuer)/m);
  const stated = `${base}    connections: []\n    issuer: null\n    members: [{email: ann@maker.test, role: owner}]\n`;
  const { out } = await to.tulou('diff -f - --prune', { input: stated });
  assert.match(out, /^- connection maker\/Office$/m);
  assert.match(out, /^- issuer maker$/m);
  assert.match(out, /^- member maker\/bob@maker\.test$/m);
  assert.doesNotMatch(out, /ann@/);
});

test('--prune deletes in reverse order, and what remains is as the file says', async () => {
  const input = 'tenants:\n  - {slug: shop}\n  - {slug: maker, connections: [], issuer: null}\n';
  assert.equal((await to.tulou('apply -f - --prune', { input })).code, 64, 'without a terminal it needs --yes');
  const ran = await to.done('apply -f - --prune --yes', { input });
  const order = [...ran.out.matchAll(/^deleted +(\w+)/gm)].map(([, kind]) => kind);
  assert.deepEqual(
    [...new Set(order)],
    ['connection', 'issuer', 'installation', 'subscription', 'app', 'api', 'service'],
  );
  assert.equal((await to.done('diff -f - --prune', { input })).out, none);
});

test('the example of the guide can be applied', async () => {
  const guide = await readFile(new URL('../../../docs/how-to/configuration-as-files.md', import.meta.url), 'utf8');
  const [, example = ''] = /```yaml\n([^]*?)```/.exec(guide) ?? [];
  assert.match(example, /^tenants:/);
  // Names below `test` need no proof of ownership.
  await to.put('acme.yaml', example.replaceAll(/(?<=login\.acme|\[acme)\.example/g, '.test'));
  await to.put('acme.openapi/acme_orders_v1.yaml', scopedDocument);
  const env = { OFFICE_SECRET: 's3cret' };
  const seen = await to.tulou('diff -f acme.yaml', { env });
  assert.equal(seen.code, 2, seen.out);
  await to.done('apply -f acme.yaml', { env });
  assert.equal((await to.done('diff -f acme.yaml --prune')).out, none);
});

test('an export names the lists that the role of the credential does not allow', async () => {
  const tenant = await to.control.makeTenant('narrow');
  const viewer = await to.done('export', { env: { TULOU_TOKEN: tenant.tokens.viewer } });
  assert.match(viewer.err, /Left out, because the role of the credential does not allow it: connections \(narrow\)\./);
  assert.match(viewer.out, /members:/);
  const owner = await to.done('export', { env: { TULOU_TOKEN: tenant.tokens.owner } });
  assert.equal(owner.err, '');
});
