/** How the command line guides its user: the missing part of a path, consequences before a change, hidden columns. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openapi, startPlatform, type Platform } from './platform.ts';

let platform: Platform;

before(async () => {
  platform = await startPlatform();
  await platform.done('tenants create --slug acme --name Acme');
  await platform.done('apis create acme --slug orders --name Orders');
  await platform.put('orders.yaml', two);
  await platform.done('versions create acme orders --name v1 --openapi orders.yaml --upstreams http://127.0.0.1:3000');
  await platform.done('plans create acme orders --slug basic');
  await platform.done('apps create acme --slug shop --name Shop');
});
after(() => platform.stop());

const two = `${openapi}  /orders/{id}:
    delete:
      operationId: deleteOrder
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        204: {description: deleted}
`;

test('a missing object is named, with the nearest that exists, wherever it is in the path', async () => {
  for (const [line, says] of [
    ['apis get amce orders', /No tenant "amce"\. Did you mean "acme"\?/],
    ['apis get acme ordrs', /No API "ordrs" in "acme"\. Did you mean "orders"\?/],
    ['versions get acme order v1', /No API "order" in "acme"\. Did you mean "orders"\?/],
    ['versions get acme orders v2', /No version "v2" in "acme\/orders"\. Did you mean "v1"\?/],
    ['plans update acme orders basci --name B', /No plan "basci" in "acme\/orders"\. Did you mean "basic"\?/],
    ['keys create acme shpo --environment test', /No app "shpo" in "acme"\. Did you mean "shop"\?/],
    ['apis get acme zebra', /No API "zebra" in "acme"\. There are: orders\./],
    ['subscriptions create acme --app shp --api acme/orders --plan basic', /No app "shp" in "acme"/],
    [
      'subscriptions create acme --app shop --api acme/odrers --plan basic',
      /No API "acme\/odrers" in the catalog\. Did you mean "acme\/orders"\?/,
    ],
    [
      'subscriptions create acme --app shop --api acme/orders --plan baisc',
      /No plan "baisc" in "acme\/orders"\. Did you mean "basic"\?/,
    ],
  ] as const) {
    const ran = await platform.tulou(line);
    assert.equal(ran.code, 3, `${line}\n${ran.err}`);
    assert.match(ran.err, says, line);
    assert.match(ran.err, /\(not_found\)/);
  }
});

test('a tenant’s own credential hears of its own tenants and of no other', async () => {
  const { tokens } = await platform.control.makeTenant('umbrella');
  const ran = await platform.tulou('apis list umbrela', { env: { TULOU_TOKEN: tokens.viewer } });
  assert.match(ran.err, /No tenant "umbrela"\. Did you mean "umbrella"\?/);
  const foreign = await platform.tulou('apis get acme orders', { env: { TULOU_TOKEN: tokens.viewer } });
  const absent = await platform.tulou('apis get acmx orders', { env: { TULOU_TOKEN: tokens.viewer } });
  const plain = (text: string): string => text.replaceAll(/acm[ex]/g, '…').replaceAll(/request: \S+/g, '');
  assert.equal(plain(foreign.err), plain(absent.err));
});

test('a failure names the platform and the origin of the credential, and -v each request', async () => {
  const ran = await platform.tulou('apis get acme nothing', { env: { TULOU_TOKEN: platform.control.operator } });
  assert.match(ran.err, /platform: http:\S+ \(TULOU_URL\), credential: TULOU_TOKEN/);
  const verbose = await platform.done('apis list acme -v');
  assert.match(
    verbose.err,
    /^platform: .*credential: TULOU_TOKEN\nGET http:\S+\/api\/v1\/tenants\/acme\/apis\S* 200 req_/m,
  );
  assert.match((await platform.done('whoami')).err, /credential: TULOU_TOKEN/);
  const shown = await platform.done('context');
  assert.match(shown.out, /credential: TULOU_TOKEN/);
  for (const one of [ran, verbose, shown]) assert.ok(!`${one.out}${one.err}`.includes(platform.control.operator));
});

test('a filter that names a missing object fails, with the nearest name that exists', async () => {
  for (const [line, says] of [
    ['usage get acme --api ordrs', /No API "ordrs" in "acme"\. Did you mean "orders"\?/],
    ['subscriptions list acme --app shp', /No app "shp" in "acme"\. Did you mean "shop"\?/],
  ] as const) {
    const ran = await platform.tulou(line);
    assert.notEqual(ran.code, 0, line);
    assert.match(ran.err, says, line);
  }
  assert.match((await platform.done('usage get acme --api orders')).out, /: 0 in total/);
});

test('without a valid credential the remedy is one for the command line', async () => {
  const none = await platform.tulou('apis list acme', { env: { TULOU_TOKEN: '' } });
  assert.equal(none.code, 77);
  assert.match(none.err, /No credential was found.*tulou login[\s\S]*credential: none/);
  const wrong = await platform.tulou('apis list acme', { env: { TULOU_TOKEN: 'wrong' } });
  assert.match(wrong.err, /unknown, expired or revoked[\s\S]*credential: TULOU_TOKEN/);
});

test('a smaller document on a live version asks first, names what it removes and the line for programs', async () => {
  await platform.put('smaller.yaml', openapi);
  const line = 'versions update acme orders v1 --openapi smaller.yaml';
  const program = await platform.tulou(line);
  assert.equal(program.code, 64);
  assert.match(program.err, /removes operations \(1\): DELETE \/orders\/\{\}/);
  assert.ok(program.err.includes(`run: tulou ${line} --yes`), program.err);
  const refused = await platform.tulou(line, { answers: ['n'], columns: 100 });
  assert.equal(refused.code, 130);
  assert.equal((await platform.json('versions get acme orders v1'))['operations'], 2);
  assert.equal((await platform.tulou(line, { answers: ['y'], columns: 100 })).code, 0);
  assert.equal((await platform.json('versions get acme orders v1'))['operations'], 1);
  await platform.done('versions update acme orders v1 --openapi orders.yaml');
});

test('a change that breaks nothing does not ask', async () => {
  await platform.done('versions update acme orders v1 --timeout-ms 1000');
  await platform.done('versions update acme orders v1 --openapi orders.yaml');
  await platform.done('versions create acme orders --name draft --openapi orders.yaml --state draft');
  await platform.put('none.yaml', openapi);
  await platform.done('versions update acme orders draft --openapi none.yaml');
  await platform.done('versions delete acme orders draft --yes');
});

test('retired before its sunset, without upstreams, or narrowed: each asks with its reason', async () => {
  await platform.done(
    'versions create acme orders --name v3 --openapi orders.yaml --upstreams http://127.0.0.1:3000 --access open',
  );
  for (const [change, says] of [
    ['--state retired', /answered 410\. It has no sunset date/],
    ['--state retired --sunset-at 2199-01-01T00:00:00Z', /announced sunset is 2199-01-01/],
    ['--upstreams []', /No upstream is left/],
    ['--access key', /without a credential are rejected/],
  ] as const) {
    const ran = await platform.tulou(`versions update acme orders v3 ${change}`);
    assert.equal(ran.code, 64, `${change}\n${ran.err}`);
    assert.match(ran.err, says);
  }
  await platform.done('versions update acme orders v3 --state deprecated');
  await platform.done('versions update acme orders v3 --state retired --yes');
  await platform.done('versions delete acme orders v3 --yes');
});

test('suspend, rotate without overlap and delete say what they stop', async () => {
  const { id } = await platform.json('keys create acme shop --environment test');
  const rotate = await platform.tulou(`keys rotate acme shop ${String(id)} --overlap-seconds 0`);
  assert.match(rotate.err, /rejects this key immediately/);
  await platform.done(`keys rotate acme shop ${String(id)}`);
  const suspend = await platform.tulou('tenants suspend acme');
  assert.equal(suspend.code, 64);
  assert.match(
    suspend.err,
    /APIs stop answering[\s\S]*Stopped APIs \(1\): orders[\s\S]*tulou tenants suspend acme --yes/,
  );
  const gone = await platform.tulou('apis delete acme orders');
  assert.match(gone.err, /Deleted versions \(1\): v1[\s\S]*Deleted plans \(1\): basic/);
  const absent = await platform.tulou('apis delete acme ordrs');
  assert.equal(absent.code, 3, 'an absent object is not asked about');
});

test('apply asks before a smaller document, as the command does', async () => {
  await platform.put('small.yaml', openapi);
  await platform.put(
    'apply.yaml',
    'tenants: [{slug: acme, apis: [{slug: orders, name: Orders, versions: [{name: v1, openapi: small.yaml}]}]}]',
  );
  const program = await platform.tulou('apply -f apply.yaml');
  assert.equal(program.code, 64, program.err);
  assert.match(program.err, /version acme\/orders\/v1: .*removes operations[\s\S]*tulou apply -f apply\.yaml --yes/);
  await platform.done('apply -f apply.yaml --yes');
});

test('a table says which columns it hides, and --wide shows them', async () => {
  await platform.done('subscriptions create acme --app shop --api acme/orders --plan basic');
  const table = await platform.done('subscriptions list acme', { columns: 70 });
  assert.match(table.out, /^.*APP +API +PLAN +ID/);
  assert.match(table.err, /^\d columns are hidden \(.*app_id.*\): --wide or --json shows them\.$/m);
  const wide = await platform.done('subscriptions list acme --wide', { columns: 70 });
  assert.match(wide.out, /APP ID/);
  assert.equal(wide.err, '');
});
