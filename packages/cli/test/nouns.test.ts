/** Nouns and verbs against the real control API. */
import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { after, before, test } from 'node:test';
import { openapi, startPlatform, type Platform } from './platform.ts';

let platform: Platform;

before(async () => {
  platform = await startPlatform();
});
after(() => platform.stop());

test('an API is published, an app subscribed and a key issued by nouns and verbs', async () => {
  await platform.done('tenants create --slug acme --name Acme');
  await platform.done('apis create --tenant acme --slug orders --name Orders');
  await platform.put('orders.yaml', openapi);
  const version = await platform.json(
    'versions create acme orders --name v1 --openapi orders.yaml --upstreams http://127.0.0.1:3000 --access key',
  );
  assert.equal(version['operations'], 1);
  assert.equal(version['state'], 'live');
  const plan = await platform.json('plans create acme orders --slug basic --limits requests=100,per=minute');
  assert.deepEqual(plan['limits'], [{ requests: 100, per: 'minute', by: 'subscription' }]);
  await platform.done('apps create acme -f -', { input: '{"slug": "shop", "name": "Shop"}' });
  const subscription = await platform.json('subscriptions create acme --app shop --api acme/orders --plan basic');
  assert.equal(subscription['state'], 'active');
  const key = await platform.done('keys create acme shop --environment test');
  assert.match(key.out, /^key: +tlk_test_\w+$/m);
  assert.match(key.err, /only time that the secret is shown/);
  const listed = await platform.done('keys list acme shop');
  assert.ok(!listed.out.includes('tlk_test_'));
});

test('a table is for people, and --json is the API’s own answer', async () => {
  await platform.done('tenants create --slug tables --name Tables');
  for (const slug of ['a', 'b', 'c']) await platform.done(`apis create tables --slug ${slug} --name Name-${slug}`);
  const table = await platform.done('apis list tables');
  assert.match(table.out, /^SLUG +NAME +ID /);
  assert.match(table.out, /^b +Name-b +api_/m);
  const page = await platform.done('apis list tables --limit 2');
  assert.match(page.err, /--cursor \S+/);
  const answer = await platform.control.call('GET', '/tenants/tables/apis?limit=200');
  assert.equal((await platform.done('apis list tables --all --json')).out, `${answer.text}\n`);
  assert.equal((await platform.done('apis list tables --limit 200 --json')).out, `${answer.text}\n`);
});

test('an update holds to the ETag it is given', async () => {
  await platform.done('tenants create --slug tags --name Tags');
  await platform.done('apps create tags --slug web --name Web');
  const etag = (await platform.done('apps get tags web --etag')).out.trim();
  await platform.done(`apps update tags web --name Web2 --if-match ${etag}`);
  const stale = await platform.tulou(`apps update tags web --name Web3 --if-match ${etag}`);
  assert.equal(stale.code, 4);
  assert.match(stale.err, /precondition_failed/);
  assert.equal((await platform.json('apps get tags web'))['name'], 'Web2');
});

test('a repeated idempotency key does its write once', async () => {
  const line = 'tenants create --slug once --name Once --idempotency-key k1';
  const [first, second] = [await platform.json(line), await platform.json(line)];
  assert.deepEqual(first, second);
  assert.equal((await platform.tulou('tenants create --slug once --name Once')).code, 4);
});

test('what the platform finds wrong is shown with its place: fields, and lines of the OpenAPI file', async () => {
  await platform.done('tenants create --slug wrong --name Wrong');
  await platform.done('apis create wrong --slug orders --name Orders');
  const slug = await platform.tulou('apis create wrong --slug Bad_Slug --name x');
  assert.equal(slug.code, 65);
  assert.match(slug.err, /\(invalid_request\)[\s\S]*\/slug {2}lower-case/);
  await platform.put('broken.yaml', openapi.replace('get:', 'gett:'));
  const document = await platform.tulou('versions create wrong orders --name v1 --openapi broken.yaml');
  assert.equal(document.code, 65);
  assert.match(document.err, /\(openapi_invalid\)[\s\S]*line 5:\d+ .*gett/);
  assert.equal((await platform.tulou('apis get wrong nothing')).code, 3);
  assert.equal((await platform.tulou('apis list wrong', { env: { TULOU_TOKEN: 'none' } })).code, 77);
});

test('a member’s token does what its role allows', async () => {
  const tenant = await platform.control.makeTenant('roles');
  const asViewer = { env: { TULOU_TOKEN: tenant.tokens.viewer } };
  assert.equal((await platform.tulou('apis list roles', asViewer)).code, 0);
  assert.equal((await platform.tulou('apis create roles --slug x --name X', asViewer)).code, 77);
  assert.match((await platform.done('whoami', asViewer)).out, /viewer@roles\.test/);
  assert.match((await platform.done('tokens list roles', asViewer)).out, /viewer/);
});

test('an archive of a tenant is written whole, for the owner’s eyes, and replaces nothing unasked', async () => {
  await platform.done('tenants create --slug packed --name Packed');
  const ran = await platform.done('tenants export packed -o packed.tar.gz');
  assert.match(ran.err, /Wrote packed\.tar\.gz, \d+ bytes/);
  const path = `${platform.stage.dir}/packed.tar.gz`;
  assert.ok(gunzipSync(await readFile(path)).includes('packed'));
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await platform.tulou('tenants export packed -o packed.tar.gz')).code, 64);
  await platform.done('tenants export packed -o packed.tar.gz --yes');
});
