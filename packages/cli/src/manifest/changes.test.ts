import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bodyOfUpdate, changesBetween, differences } from './changes.ts';
import { addressOf, resourceOf, type Resource } from './resource.ts';

const inOrders = { tenant: 'acme', api: 'orders' };

const acme = [
  resourceOf('tenant', {}, { slug: 'acme', name: 'Acme' }),
  resourceOf('api', { tenant: 'acme' }, { slug: 'orders', name: 'Orders', hosts: ['a.example.com'] }),
  resourceOf('plan', inOrders, {
    slug: 'basic',
    limits: [{ requests: 100, per: 'minute', by: 'subscription' }],
  }),
  resourceOf('version', inOrders, {
    name: 'v1',
    upstreams: [{ url: 'http://a', weight: 1 }],
    sunset_at: '2027-01-01T00:00:00+02:00',
  }),
];
const umbrella = [
  resourceOf('tenant', {}, { slug: 'umbrella' }),
  resourceOf('app', { tenant: 'umbrella' }, { slug: 'shop', name: 'Shop' }),
  resourceOf('subscription', { tenant: 'umbrella' }, { app: 'shop', api: 'acme/orders', plan: 'basic' }),
];
const wanted = [...acme, ...umbrella];
const list = (changes: ReturnType<typeof changesBetween>) => changes.map((one) => `${one.action} ${one.address}`);

/** As the platform answers: with more fields than any file has. */
const asLive = (one: Resource): Resource => ({
  ...one,
  self: one.self === '' ? 'sub_1' : one.self,
  fields: { ...one.fields, id: 'x', created_at: '2026-01-01T00:00:00Z' },
});

test('everything is created after what it needs, whatever the order of the file', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(wanted, { minLength: wanted.length }), (shuffled) => {
      const changes = changesBetween(shuffled, [], { prune: true });
      const places = new Map(changes.map((one, i) => [one.address, i]));
      assert.equal(changes.length, wanted.length);
      changes.forEach((one, i) => {
        for (const need of one.needs) assert.ok((places.get(need) ?? -1) < i, `${one.address} before ${need}`);
      });
    }),
  );
});

test('each change names all that it needs', () => {
  const needs = new Map(changesBetween(wanted, [], { prune: false }).map((one) => [one.address, one.needs]));
  assert.deepEqual(needs.get('tenant acme'), []);
  assert.deepEqual(needs.get('plan acme/orders/basic'), ['tenant acme', 'api acme/orders']);
  assert.deepEqual(needs.get('subscription umbrella/shop to acme/orders'), [
    'tenant umbrella',
    'app umbrella/shop',
    'api acme/orders',
    'plan acme/orders/basic',
  ]);
});

test('what is as the file says is no change, and what the file does not mention is not looked at', () => {
  assert.deepEqual(changesBetween(wanted, wanted.map(asLive), { prune: true }), []);
});

test('one moment in two zones and one address with and without its slash are the same', () => {
  const [, , , version] = acme;
  assert.ok(version !== undefined);
  const live = {
    ...version,
    fields: { name: 'v1', upstreams: [{ url: 'http://a/', weight: 1 }], sunset_at: '2026-12-31T22:00:00.000Z' },
  };
  assert.deepEqual(differences(version, live), []);
  const later = { ...live, fields: { ...live.fields, sunset_at: '2026-12-31T22:00:01.000Z' } };
  assert.deepEqual(
    differences(version, later).map(({ path }) => path),
    ['sunset_at'],
  );
});

test('a change names the place inside the field, and its update carries the whole field', () => {
  const [, , plan] = acme;
  assert.ok(plan !== undefined);
  const live = {
    ...asLive(plan),
    fields: { slug: 'basic', limits: [{ requests: 5, per: 'minute', by: 'subscription' }] },
  };
  const fields = differences(plan, live);
  assert.deepEqual(fields, [{ path: 'limits[0].requests', before: 5, after: 100 }]);
  assert.deepEqual(bodyOfUpdate(plan.fields, fields), { limits: plan.fields['limits'] });
});

test('an update goes to what is there: a subscription by its id', () => {
  const live = wanted
    .map(asLive)
    .map((one) => (one.kind === 'subscription' ? { ...one, fields: { ...one.fields, plan: 'gold' } } : one));
  const [change, ...others] = changesBetween(wanted, live, { prune: false });
  assert.deepEqual(others, []);
  assert.equal(change?.resource.self, 'sub_1');
});

test('only --prune deletes, those that need others first, never a tenant, and parts not apart from their API', () => {
  const live = wanted.map(asLive);
  const [tenantA, , plan] = acme;
  const [tenantB] = umbrella;
  assert.ok(tenantA !== undefined && tenantB !== undefined && plan !== undefined);
  const less = [tenantA, tenantB];
  assert.deepEqual(changesBetween(less, live, { prune: false }), []);
  assert.deepEqual(list(changesBetween(less, live, { prune: true })), [
    'delete subscription umbrella/shop to acme/orders',
    'delete app umbrella/shop',
    'delete api acme/orders',
  ]);
  const withoutPlan = wanted.filter((one) => one !== plan);
  assert.deepEqual(list(changesBetween(withoutPlan, live, { prune: true })), ['delete plan acme/orders/basic']);
});

test('a field at a time, applying what differs ends in no difference', () => {
  const limit = fc.record({ requests: fc.integer({ min: 1, max: 9 }), per: fc.constantFrom('second', 'minute') });
  const fields = fc.record({
    slug: fc.constant('p'),
    limits: fc.array(limit, { maxLength: 3 }),
    concurrency: fc.option(fc.integer()),
    approval: fc.constantFrom('auto', 'manual'),
  });
  fc.assert(
    fc.property(fields, fields, (said, there) => {
      const file = resourceOf('plan', { tenant: 'a', api: 'b' }, said);
      const live = resourceOf('plan', { tenant: 'a', api: 'b' }, there);
      const body = bodyOfUpdate(file.fields, differences(file, live));
      assert.deepEqual(differences(file, { ...live, fields: { ...there, ...body } }), []);
      assert.equal(addressOf(file), 'plan a/b/p');
    }),
  );
});
