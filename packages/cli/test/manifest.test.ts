/** `apply`, `diff` and `export` against the real control API. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { openapi, startPlatform, type Platform } from './platform.ts';

let platform: Platform;

before(async () => {
  platform = await startPlatform();
});
after(() => platform.stop());

/** A provider with an API, and a developer who subscribes to it, in two documents; slugs end in `mark`. */
const manifest = (mark: string, changes: { requests?: number; gold?: boolean; title?: string } = {}): string => `
tenants:
  - slug: maker-${mark}
    name: Maker
    apis:
      - slug: orders
        name: Orders
        description: Order book
        hosts: [orders.${mark}.example.com]
        versions:
          - name: v1
            openapi: ./openapi-${mark}.yaml
            upstreams: [{url: "http://127.0.0.1:3000"}]
            access: any
            sunset_at: 2031-01-01T00:00:00+02:00
          - name: v2
            state: draft
        plans:
          - slug: basic
            limits: [{requests: ${changes.requests ?? 100}, per: minute}]
${changes.gold === false ? '' : '          - {slug: gold, approval: manual, concurrency: 5}'}
---
tenants:
  - slug: shop-${mark}
    name: Shop
    apps:
      - {slug: web, name: Web, redirect_uris: ["https://shop.example.com/back"]}
    subscriptions:
      - {app: web, api: maker-${mark}/orders, plan: basic}
`;

async function putManifest(mark: string, changes: Parameters<typeof manifest>[1] = {}): Promise<string> {
  await platform.put(`openapi-${mark}.yaml`, openapi.replace('title: Orders', `title: ${changes.title ?? 'Orders'}`));
  await platform.put(`${mark}.yaml`, manifest(mark, changes));
  return `${mark}.yaml`;
}

test('apply makes the platform as the file says, and a second time changes nothing', async () => {
  const file = await putManifest('twice');
  const before = await platform.tulou(`diff -f ${file}`);
  assert.equal(before.code, 2);
  assert.match(before.out, /^\+ version maker-twice\/orders\/v1$/m);
  assert.match(before.out, /^9 to create\.$/m);
  const first = await platform.done(`apply -f ${file}`);
  assert.match(first.out, /^created +subscription shop-twice\/web to maker-twice\/orders$/m);
  assert.match(first.out, /^9 done\.$/m);
  const audited = (await platform.json('audit list maker-twice --limit 1'))['items'];
  const second = await platform.done(`apply -f ${file}`);
  assert.equal(second.out, 'No changes: the platform matches the file.\n');
  assert.equal((await platform.tulou(`diff -f ${file}`)).code, 0);
  const writes = (
    (await platform.json('audit list maker-twice --all'))['items'] as { operation: string; seq: number }[]
  ).filter(
    (entry) =>
      entry.seq > ((audited as { seq: number }[])[0]?.seq ?? 0) && /create|update|delete/.test(entry.operation),
  );
  assert.deepEqual(writes, [], 'the second run writes nothing');
});

test('diff shows each field that differs, for people and as JSON, and changes nothing', async () => {
  await platform.done(`apply -f ${await putManifest('fields')}`);
  const file = await putManifest('fields', { requests: 250, title: 'Orders API' });
  const people = await platform.tulou(`diff -f ${file}`);
  assert.equal(people.code, 2);
  assert.match(people.out, /~ plan maker-fields\/orders\/basic\n {4}limits\[0\]\.requests: 100 → 250/);
  assert.match(people.out, /openapi\.info\.title: Orders → Orders API/);
  const programs = await platform.tulou(`apply --dry-run -f ${file} --json`);
  assert.equal(programs.code, 2);
  const { changes } = JSON.parse(programs.out) as { changes: { address: string; fields: unknown }[] };
  assert.deepEqual(
    changes.map(({ address, fields }) => [address, fields]),
    [
      ['version maker-fields/orders/v1', [{ path: 'openapi.info.title', before: 'Orders', after: 'Orders API' }]],
      ['plan maker-fields/orders/basic', [{ path: 'limits[0].requests', before: 100, after: 250 }]],
    ],
  );
  assert.deepEqual((await platform.json('plans get maker-fields orders basic'))['limits'], [
    { requests: 100, per: 'minute', by: 'subscription' },
  ]);
  await platform.done(`apply -f ${file}`);
  assert.deepEqual((await platform.json('plans get maker-fields orders basic'))['limits'], [
    { requests: 250, per: 'minute', by: 'subscription' },
  ]);
  assert.deepEqual(
    ((await platform.json('versions openapi maker-fields orders v1'))['info'] as { title: string }).title,
    'Orders API',
  );
});

test('an export is taken back without change, from one file or with its documents beside it, and holds no secret', async () => {
  await platform.done(`apply -f ${await putManifest('round')}`);
  await platform.done('keys create shop-round web --environment live');
  await platform.done('export maker-round shop-round -f out/round.yaml');
  const text = await readFile(`${platform.stage.dir}/out/round.yaml`, 'utf8');
  assert.match(text, /openapi: round\.openapi\/maker-round_orders_v1\.yaml/);
  assert.doesNotMatch(text, /tlk_|credential|api_[0-9a-z]{26}/);
  assert.equal(
    (await platform.done('diff -f out/round.yaml --prune')).out,
    'No changes: the platform matches the file.\n',
  );
  const whole = await platform.done('export maker-round shop-round');
  assert.equal((await platform.done('diff -f - --prune', { input: whole.out })).code, 0);
  assert.equal((await platform.tulou('export maker-round -f out/round.yaml')).code, 64, 'no file is replaced unasked');
  const renamed = whole.out.replaceAll('-round', '-again').replaceAll('round.example', 'again.example');
  await platform.done('apply -f -', { input: renamed });
  assert.equal((await platform.done('export maker-again shop-again')).out, renamed, 'elsewhere it makes the same');
});

test('--prune deletes what the file no longer has, and only after a yes', async () => {
  await platform.done(`apply -f ${await putManifest('prune')}`);
  const file = await putManifest('prune', { gold: false });
  const kept = await platform.done(`apply -f ${file}`);
  assert.match(kept.err, /1 object is not in the file and stays/);
  assert.equal((await platform.tulou(`apply -f ${file} --prune`)).code, 64, 'nobody can be asked');
  assert.equal((await platform.tulou(`apply -f ${file} --prune`, { answers: ['no'], columns: 100 })).code, 130);
  assert.equal((await platform.tulou('plans get maker-prune orders gold')).code, 0);
  const pruned = await platform.done(`apply -f ${file} --prune`, { answers: ['delete'], columns: 100 });
  assert.match(pruned.err, /Delete for good: plan maker-prune\/orders\/gold/);
  assert.equal((await platform.tulou('plans get maker-prune orders gold')).code, 3);
  await platform.put('empty.yaml', 'tenants: [{slug: maker-prune}, {slug: shop-prune}]');
  await platform.done('apply -f empty.yaml --prune --yes');
  assert.deepEqual((await platform.json('apis list maker-prune'))['items'], []);
  assert.equal((await platform.tulou('tenants get maker-prune')).code, 0, 'a tenant stays');
});

test('where a part fails, the rest is done, what needs it is not, and a second run finishes', async () => {
  const file = await putManifest('partly');
  await platform.put('openapi-partly.yaml', openapi.replace('get:', 'gett:'));
  await platform.done('tenants create --slug taken --name Taken');
  await platform.done('apis create taken --slug x --name X --hosts orders.partly.example.com');
  const first = await platform.tulou(`apply -f ${file}`);
  assert.equal(first.code, 4, first.out);
  assert.match(first.out, /^failed +api maker-partly\/orders/m);
  for (const skipped of [
    'version maker-partly/orders/v1',
    'plan maker-partly/orders/basic',
    'subscription shop-partly/web to maker-partly/orders',
  ]) {
    assert.ok(first.out.includes(`skipped   ${skipped}`), skipped);
  }
  assert.match(first.out, /^created +app shop-partly\/web$/m);
  assert.match(first.out, /3 done, 1 failed, 5 skipped/);
  await platform.done('apis delete taken x --yes');
  const second = await platform.tulou(`apply -f ${file}`);
  assert.equal(second.code, 65);
  assert.match(second.out, /failed +version maker-partly\/orders\/v1[\s\S]*openapi-partly\.yaml line 5 /);
  await platform.put('openapi-partly.yaml', openapi);
  const third = await platform.done(`apply -f ${file}`);
  assert.match(
    third.out,
    /^created +version maker-partly\/orders\/v1 \(.*refused the connection.*\)\ncreated +subscription/m,
    'what was done stays done',
  );
  assert.equal((await platform.tulou(`diff -f ${file}`)).code, 0);
});

test('a file that is wrong changes nothing, and says where', async () => {
  await platform.put(
    'typo.yaml',
    'tenants:\n  - slug: typo\n    name: Typo\n    app:\n      - {slug: web, name: Web}\n',
  );
  const ran = await platform.tulou('apply -f typo.yaml');
  assert.equal(ran.code, 65);
  assert.match(ran.err, /\/tenants\/0\/app line 4:5 .*Did you mean "apps"/);
  assert.equal((await platform.tulou('tenants get typo')).code, 3);
  await platform.put('double.yaml', 'tenants: [{slug: typo, name: A}]\n---\ntenants: [{slug: typo, name: B}]\n');
  assert.match((await platform.tulou('apply -f double.yaml')).err, /tenant typo {2}appears more than once/);
  await platform.put(
    'gone.yaml',
    'tenants: [{slug: typo, name: A, apis: [{slug: o, name: O, versions: [{name: v1, openapi: nowhere.yaml}]}]}]',
  );
  assert.match((await platform.tulou('apply -f gone.yaml')).err, /nowhere\.yaml cannot be read/);
});

test('a plan that asks for approval leaves the subscription waiting, and apply says so', async () => {
  const file = await putManifest('waits');
  await platform.put(file, manifest('waits').replace('plan: basic}', 'plan: gold}'));
  const ran = await platform.done(`apply -f ${file}`);
  assert.match(
    ran.out,
    /subscription shop-waits\/web to maker-waits\/orders \(waiting for the approval of the provider\)/,
  );
  assert.equal((await platform.done(`apply -f ${file}`)).out, 'No changes: the platform matches the file.\n');
});

test('a tenant’s owner applies the part that is theirs', async () => {
  const tenant = await platform.control.makeTenant('owned');
  const asOwner = { env: { TULOU_TOKEN: tenant.tokens.owner } };
  await platform.put('owned.yaml', 'tenants: [{slug: owned, apps: [{slug: web, name: Web, state: suspended}]}]');
  await platform.done('apply -f owned.yaml', asOwner);
  assert.equal((await platform.json('apps get owned web'))['state'], 'suspended', 'also what only an update can say');
  assert.match((await platform.done('export', asOwner)).out, /slug: owned/);
});

test('a platform that goes away ends it: what was done is told, the rest is left, and a second run finishes', async () => {
  const file = await putManifest('away');
  let writes = 0;
  const fetch: typeof globalThis.fetch = (url, init) => {
    if (init?.method === 'POST') writes += 1;
    const gone = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    return writes > 3 ? Promise.reject(new TypeError('fetch failed', { cause: gone })) : globalThis.fetch(url, init);
  };
  const first = await platform.tulou(`apply -f ${file} --json`, { fetch });
  assert.equal(first.code, 69);
  const { changes } = JSON.parse(first.out) as { changes: { address: string; status: string }[] };
  const count = (status: string): number => changes.filter((one) => one.status === status).length;
  assert.equal(changes.length, 9);
  assert.equal(count('done'), 3);
  assert.ok(count('failed') >= 1 && count('skipped') >= 3);
  const second = await platform.done(`apply -f ${file}`);
  assert.match(second.out, /^6 done\.$/m);
  assert.equal((await platform.tulou(`diff -f ${file}`)).code, 0);
});

test('an object that someone changes meanwhile is not overwritten unseen', async () => {
  await platform.done(`apply -f ${await putManifest('race')}`);
  const file = await putManifest('race', { requests: 7 });
  const fetch: typeof globalThis.fetch = async (url, init) => {
    if (init?.method === 'PATCH') await platform.done('plans update maker-race orders basic --concurrency 3');
    return globalThis.fetch(url, init);
  };
  const ran = await platform.tulou(`apply -f ${file}`, { fetch });
  assert.equal(ran.code, 4);
  assert.match(ran.out, /^failed +plan maker-race\/orders\/basic: .*Precondition failed/m);
  await platform.done(`apply -f ${file}`);
  const plan = await platform.json('plans get maker-race orders basic');
  assert.deepEqual([plan['concurrency'], plan['limits']], [3, [{ requests: 7, per: 'minute', by: 'subscription' }]]);
});
