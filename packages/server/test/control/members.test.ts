import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestControl, type TestControl, type TestTenant } from './fixture.ts';

let control: TestControl;
let tenant: TestTenant;
before(async () => {
  control = await startTestControl();
  tenant = await control.makeTenant('acme');
});
after(() => control.stop());

const path = (rest = ''): string => `/tenants/${tenant.id}/members${rest}`;

test('a member is added, listed, changed and removed', async () => {
  const token = tenant.tokens.admin;
  const added = await control.call('POST', path(), { token, body: { email: 'New@Acme.Test', role: 'viewer' } });
  assert.deepEqual([added.status, added.body['email']], [201, 'new@acme.test']);
  const own = path(`/${String(added.body['id'])}`);
  assert.deepEqual((await control.call('GET', own, { token })).body, added.body);
  const changed = await control.call('PATCH', own, { token, body: { role: 'developer' } });
  assert.equal(changed.body['role'], 'developer');
  assert.equal((await control.call('DELETE', own, { token })).status, 204);
  assert.equal((await control.call('GET', own, { token })).status, 404);
});

test('an email is a member once', async () => {
  const body = { email: 'once@acme.test', role: 'viewer' };
  assert.equal((await control.call('POST', path(), { body })).status, 201);
  const again = await control.call('POST', path(), { body: { ...body, email: 'ONCE@acme.test' } });
  assert.deepEqual([again.status, again.body['code']], [409, 'conflict']);
});

test('a caller cannot grant, remove or change a role above its own', async () => {
  const token = tenant.tokens.admin;
  const owner = path(`/${tenant.members.owner}`);
  const answers = await Promise.all([
    control.call('POST', path(), { token, body: { email: 'boss@acme.test', role: 'owner' } }),
    control.call('PATCH', path(`/${tenant.members.viewer}`), { token, body: { role: 'owner' } }),
    control.call('PATCH', owner, { token, body: { role: 'viewer' } }),
    control.call('DELETE', owner, { token }),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    [403, 403, 403, 403],
  );
  assert.equal((await control.call('GET', owner)).body['role'], 'owner');
});

test('the last owner can be neither removed nor demoted, also by an operator', async () => {
  const owner = path(`/${tenant.members.owner}`);
  for (const token of [tenant.tokens.owner, control.operator]) {
    assert.equal((await control.call('DELETE', owner, { token })).status, 409);
    assert.equal((await control.call('PATCH', owner, { token, body: { role: 'admin' } })).status, 409);
  }
});

test('of two owners who remove each other at once, one stays', async () => {
  const { id, members, tokens } = await control.makeTenant('two-owners');
  const body = { email: 'second@two.test', role: 'owner' };
  const second = await control.call('POST', `/tenants/${id}/members`, { body });
  const answers = await Promise.all(
    [members.owner, String(second.body['id'])].map((member) =>
      control.call('DELETE', `/tenants/${id}/members/${member}`, { token: control.operator }),
    ),
  );
  assert.deepEqual(answers.map(({ status }) => `${status}`).toSorted(), ['204', '409']);
  const list = await control.call<{ items: { role: string }[] }>('GET', `/tenants/${id}/members`, {
    token: tokens.admin,
  });
  assert.equal(list.body.items.filter(({ role }) => role === 'owner').length, 1);
});

test('a removed member’s tokens are refused from then on', async () => {
  const { id, members, tokens } = await control.makeTenant('gone-member');
  assert.equal((await control.call('GET', '/whoami', { token: tokens.viewer })).status, 200);
  await control.call('DELETE', `/tenants/${id}/members/${members.viewer}`);
  assert.equal((await control.call('GET', '/whoami', { token: tokens.viewer })).status, 401);
});
