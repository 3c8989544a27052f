import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { readFeed } from '../../../test/control/feed.ts';
import { startTestControl, type Answer, type TestControl } from '../../../test/control/fixture.ts';
import { make, makeDeveloper, makeProvider, subscribe, type Made } from '../../../test/control/nouns.ts';

let control: TestControl;
before(async () => {
  control = await startTestControl();
  await makeProvider(control.call, 'auto');
  await makeProvider(control.call, 'manual', {}, { approval: 'manual' });
});
after(() => control.stop());

let developers = 0;
/** A separate developer for each test. */
async function newDeveloper(): Promise<string> {
  const slug = `developer-${(developers += 1)}`;
  await makeDeveloper(control.call, slug);
  return slug;
}

async function isTold(id: string): Promise<boolean> {
  return (await readFeed(control)).changes.some(({ key }) => key === id);
}

const decide = (provider: string, id: string, verb: string): Promise<Answer> =>
  control.call('POST', `/tenants/${provider}/subscribers/${id}/${verb}`);

/** The state as both sides read it, and whether gateways forward calls of the app. */
async function stateOf(developer: string, provider: string, id: string): Promise<unknown[]> {
  const mine = await control.call('GET', `/tenants/${developer}/subscriptions/${id}`);
  const theirs = await control.call('GET', `/tenants/${provider}/subscribers/${id}`);
  return [mine.body['state'], theirs.body['state'], await isTold(id)];
}

test('with a plan without approval the app can call immediately', async () => {
  const developer = await newDeveloper();
  const made = await subscribe(control.call, developer, 'auto');
  assert.deepEqual([made['app'], made['api'], made['plan'], made['state']], ['shop', 'auto/orders', 'basic', 'active']);
  assert.deepEqual(await stateOf(developer, 'auto', made.id), ['active', 'active', true]);
});

test('the provider sees the address of the app, and nothing else of it', async () => {
  const developer = await newDeveloper();
  const made = await subscribe(control.call, developer, 'auto');
  const { body } = await control.call('GET', `/tenants/auto/subscribers/${made.id}`);
  assert.deepEqual(body, { ...made, app: `${developer}/shop`, api: 'orders' });
});

test('a plan with approval waits for the provider', async () => {
  const developer = await newDeveloper();
  const { id } = await subscribe(control.call, developer, 'manual');
  assert.deepEqual(await stateOf(developer, 'manual', id), ['pending', 'pending', false]);
  assert.equal((await decide('manual', id, 'approve')).status, 200);
  assert.deepEqual(await stateOf(developer, 'manual', id), ['active', 'active', true]);
});

test('a provider rejects, suspends, resumes and ends a subscription, each only from a state that allows it', async () => {
  const developer = await newDeveloper();
  const rejected = await subscribe(control.call, developer, 'manual');
  assert.equal((await decide('manual', rejected.id, 'suspend')).status, 409);
  assert.equal((await decide('manual', rejected.id, 'reject')).status, 200);
  assert.deepEqual(await stateOf(developer, 'manual', rejected.id), ['rejected', 'rejected', false]);
  const { id } = await subscribe(control.call, developer, 'manual');
  for (const [verb, expected] of [
    ['approve', 'active'],
    ['suspend', 'suspended'],
    ['resume', 'active'],
  ] as const) {
    assert.equal((await decide('manual', id, verb)).status, 200);
    assert.deepEqual(await stateOf(developer, 'manual', id), [expected, expected, expected === 'active']);
  }
  assert.equal((await decide('manual', id, 'approve')).status, 409);
  assert.equal((await control.call('DELETE', `/tenants/manual/subscribers/${id}`)).status, 204);
  assert.deepEqual(await stateOf(developer, 'manual', id), ['ended', 'ended', false]);
});

test('a developer ends a subscription, which stays readable, and may subscribe again', async () => {
  const developer = await newDeveloper();
  const first = await subscribe(control.call, developer, 'auto');
  assert.equal((await control.call('DELETE', `/tenants/${developer}/subscriptions/${first.id}`)).status, 204);
  assert.deepEqual(await stateOf(developer, 'auto', first.id), ['ended', 'ended', false]);
  const second = await subscribe(control.call, developer, 'auto');
  assert.notEqual(second.id, first.id);
  const list = await control.call<{ items: Made[] }>('GET', `/tenants/${developer}/subscriptions?state=active`);
  assert.deepEqual(
    list.body.items.map(({ id }) => id),
    [second.id],
  );
});

test('a suspension outlives the subscription and the app: it ends when the provider resumes', async () => {
  const developer = await newDeveloper();
  const first = await subscribe(control.call, developer, 'auto');
  await decide('auto', first.id, 'suspend');
  const again = async (app: string): Promise<Made> =>
    make(control.call, `/tenants/${developer}/subscriptions`, { app, api: 'auto/orders', plan: 'basic' });
  const end = (id: string) => control.call('DELETE', `/tenants/${developer}/subscriptions/${id}`);
  await end(first.id);
  const renewed = await again('shop');
  assert.deepEqual(await stateOf(developer, 'auto', renewed.id), ['suspended', 'suspended', false]);
  await end(renewed.id);
  assert.equal((await control.call('DELETE', `/tenants/${developer}/apps/shop`)).status, 204);
  for (const slug of ['shop', 'another']) {
    await make(control.call, `/tenants/${developer}/apps`, { slug, name: slug });
    const { id } = await again(slug);
    assert.deepEqual(await stateOf(developer, 'auto', id), ['suspended', 'suspended', false], slug);
    if (slug === 'shop') await end(id);
    else assert.equal((await decide('auto', id, 'resume')).status, 200);
  }
  const free = await again('shop');
  assert.deepEqual(await stateOf(developer, 'auto', free.id), ['active', 'active', true]);
  const other = await newDeveloper();
  assert.equal((await subscribe(control.call, other, 'auto'))['state'], 'active', 'of another developer');
});

test('an app that an operator has blocked is deleted by operators only', async () => {
  const tenant = await control.makeTenant(`blocked-${(developers += 1)}`);
  await make(control.call, `/tenants/${tenant.id}/apps`, { slug: 'bad', name: 'Bad' });
  const path = `/tenants/${tenant.id}/apps/bad`;
  assert.equal((await control.call('POST', `${path}/block`)).status, 200);
  const refused = await control.call('DELETE', path, { token: tenant.tokens.owner });
  assert.deepEqual([refused.status, refused.body['code']], [409, 'state_conflict']);
  assert.equal((await control.call('DELETE', path)).status, 204);
});

test('an app subscribes to an API once, also when it tries twice at the same time', async () => {
  const developer = await newDeveloper();
  const body = { app: 'shop', api: 'auto/orders', plan: 'basic' };
  const tries = Array.from({ length: 4 }, () => control.call('POST', `/tenants/${developer}/subscriptions`, { body }));
  assert.deepEqual((await Promise.all(tries)).map(({ status }) => status).toSorted(), [201, 409, 409, 409]);
});

test('the answer for a private API of another tenant is exactly the answer for an absent API', async () => {
  const developer = await newDeveloper();
  const hidden = await makeProvider(control.call, 'hidden', { visibility: 'private' });
  const answers = await Promise.all(
    ['hidden/orders', `hidden/${hidden.api.id}`, `${hidden.tenant.id}/orders`, 'nobody/orders', 'auto/nothing'].map(
      (api) =>
        control.call('POST', `/tenants/${developer}/subscriptions`, { body: { app: 'shop', api, plan: 'basic' } }),
    ),
  );
  for (const { status, text } of answers) assert.deepEqual([status, text], [404, answers[0]?.text]);
  await make(control.call, '/tenants/hidden/apps', { slug: 'shop', name: 'Own' });
  assert.equal((await subscribe(control.call, 'hidden', 'hidden'))['state'], 'active');
});

test('other tenants cannot subscribe to a public API without a live version', async () => {
  const developer = await newDeveloper();
  await make(control.call, '/tenants', { slug: 'early', name: 'Early' });
  await make(control.call, '/tenants/early/apis', { slug: 'orders', name: 'Orders' });
  await make(control.call, '/tenants/early/apis/orders/plans', { slug: 'basic' });
  const body = { app: 'shop', api: 'early/orders', plan: 'basic' };
  assert.equal((await control.call('POST', `/tenants/${developer}/subscriptions`, { body })).status, 404);
});

test('a change of plan takes effect on the gateways; a plan with approval stops the calls until the provider approves', async () => {
  const developer = await newDeveloper();
  const large = await make(control.call, '/tenants/auto/apis/orders/plans', { slug: 'large' });
  await make(control.call, '/tenants/auto/apis/orders/plans', { slug: 'asked', approval: 'manual' });
  const { id } = await subscribe(control.call, developer, 'auto');
  const move = (plan: string) => control.call('PATCH', `/tenants/${developer}/subscriptions/${id}`, { body: { plan } });
  assert.equal((await move('large')).body['plan_id'], large.id);
  const { changes } = await readFeed(control);
  const told = changes.find(({ key }) => key === id)?.object as { plan: string } | undefined;
  assert.equal(told?.plan, large.id);
  assert.equal((await move('asked')).body['state'], 'pending');
  assert.deepEqual(await stateOf(developer, 'auto', id), ['pending', 'pending', false]);
  assert.equal((await move('nothing')).status, 404);
  await decide('auto', id, 'approve');
  await decide('auto', id, 'suspend');
  assert.equal((await move('large')).body['state'], 'suspended');
  await control.call('DELETE', `/tenants/${developer}/subscriptions/${id}`);
  assert.equal((await move('basic')).status, 409);
});

test('a plan or an API in use cannot be deleted; an ended subscription is no use', async () => {
  const developer = await newDeveloper();
  await makeProvider(control.call, 'leaving');
  const { id } = await subscribe(control.call, developer, 'leaving');
  for (const path of ['/plans/basic', '']) {
    const answer = await control.call('DELETE', `/tenants/leaving/apis/orders${path}`);
    assert.deepEqual([answer.status, answer.body['code']], [409, 'in_use']);
  }
  await control.call('DELETE', `/tenants/${developer}/subscriptions/${id}`);
  assert.equal((await control.call('DELETE', '/tenants/leaving/apis/orders/plans/basic')).status, 204);
  assert.equal((await control.call('DELETE', '/tenants/leaving/apis/orders')).status, 204);
  assert.equal((await control.call('GET', `/tenants/${developer}/subscriptions/${id}`)).body['state'], 'ended');
  assert.equal((await control.call('DELETE', `/tenants/${developer}/subscriptions/${id}`)).status, 204);
});

test('a plan that is deleted while apps subscribe to it has no subscriber afterwards, or still exists', async () => {
  for (let round = 0; round < 5; round += 1) {
    const developer = await newDeveloper();
    const slug = `racing-${round}`;
    await make(control.call, '/tenants/auto/apis/orders/plans', { slug });
    const body = { app: 'shop', api: 'auto/orders', plan: slug };
    const [made, withdrawn] = await Promise.all([
      control.call('POST', `/tenants/${developer}/subscriptions`, { body }),
      control.call('DELETE', `/tenants/auto/apis/orders/plans/${slug}`),
    ]);
    assert.ok(
      (made.status === 201 && withdrawn.status === 409) || (made.status === 404 && withdrawn.status === 204),
      `${made.status} ${withdrawn.status}`,
    );
  }
});

test('a subscription and its operations are absent for a third tenant', async () => {
  const developer = await newDeveloper();
  const { id } = await subscribe(control.call, developer, 'auto');
  for (const [method, path] of [
    ['GET', `/tenants/manual/subscribers/${id}`],
    ['POST', `/tenants/manual/subscribers/${id}/suspend`],
    ['DELETE', `/tenants/manual/subscribers/${id}`],
    ['GET', `/tenants/auto/subscriptions/${id}`],
    ['DELETE', `/tenants/auto/subscriptions/${id}`],
    ['GET', `/tenants/${developer}/subscribers/${id}`],
  ] as const) {
    assert.equal((await control.call(method, path)).status, 404, `${method} ${path}`);
  }
  assert.deepEqual(await stateOf(developer, 'auto', id), ['active', 'active', true]);
});

test('after any concurrent changes of both sides, both and the gateways agree', async () => {
  const moves = fc.array(fc.constantFrom('approve', 'reject', 'suspend', 'resume', 'end-theirs', 'end-mine', 'plan'), {
    minLength: 2,
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(moves, async (list) => {
      const developer = await newDeveloper();
      const { id } = await subscribe(control.call, developer, 'manual');
      const mine = `/tenants/${developer}/subscriptions/${id}`;
      const answers = await Promise.all(
        list.map((move) => {
          if (move === 'end-mine') return control.call('DELETE', mine);
          if (move === 'end-theirs') return control.call('DELETE', `/tenants/manual/subscribers/${id}`);
          if (move === 'plan') return control.call('PATCH', mine, { body: { plan: 'basic' } });
          return decide('manual', id, move);
        }),
      );
      for (const { status } of answers) assert.ok(status < 500, `${status}`);
      const [own, other, told] = await stateOf(developer, 'manual', id);
      assert.equal(own, other);
      assert.equal(told, own === 'active');
    }),
    { numRuns: 12 },
  );
});
