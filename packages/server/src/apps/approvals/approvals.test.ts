import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFeed } from '../../../test/control/feed.ts';
import { startTestControl, type TestControl, type TestRole, type TestTenant } from '../../../test/control/fixture.ts';
import { make, makeProvider, makeScope, type Made } from '../../../test/control/nouns.ts';

let control: TestControl;
let acme: TestTenant;
let read: string;
let write: string;
before(async () => {
  control = await startTestControl();
  await makeProvider(control.call, 'provider');
  read = await makeScope(control.call, 'provider', 'read');
  write = await makeScope(control.call, 'provider', 'write', 'high');
  await make(control.call, '/tenants', { slug: 'developer', name: 'Developer' });
  acme = await control.makeTenant('acme');
});
after(() => control.stop());

let apps = 0;
async function newApp(more: object = {}): Promise<string> {
  const slug = `app-${(apps += 1)}`;
  const body = { slug, name: slug, visibility: 'public', scopes: [read], optional_scopes: [write], ...more };
  await make(control.call, '/tenants/developer/apps', body);
  return `developer/${slug}`;
}

const as = (role: TestRole, method: string, path: string, body?: object) =>
  control.call<Made>(method, `/tenants/acme/${path}`, { token: acme.tokens[role], ...(body ? { body } : {}) });

const ask = (app: string, scopes: string[] = []) => as('viewer', 'POST', 'approvals', { app, scopes });

test('the admin finds the request of a viewer, and approves it only within the grants of the tenant', async () => {
  const app = await newApp();
  const asked = await ask(app, [write]);
  assert.equal(asked.status, 201, asked.text);
  assert.deepEqual([asked.body['member'], asked.body['state']], [acme.members.viewer, 'open']);
  const { id } = asked.body;
  const open = await as('admin', 'GET', 'approvals?state=open');
  assert.ok((open.body['items'] as Made[]).some((one) => one.id === id));
  const approve = () => as('admin', 'POST', `approvals/${id}/approve`);
  assert.deepEqual([(await approve()).status, (await approve()).body['code']], [409, 'state_conflict']);
  const installation = (await as('admin', 'POST', 'installations', { app })).body;
  assert.equal((await approve()).status, 409);
  await as('admin', 'PATCH', `installations/${installation.id}`, { scopes: [read, write] });
  const approved = await approve();
  assert.deepEqual(
    [approved.status, approved.body['state'], approved.body['decided_by']],
    [200, 'approved', acme.members.admin],
  );
  assert.equal((await approve()).status, 409);
  const events = await as('viewer', 'GET', `events?target=${id}`);
  const types = (events.body['items'] as Made[]).map((one) => one['type']);
  assert.deepEqual(types, ['approval.approved', 'approval.created']);
});

test('a member has one open request, for declared scopes, and only for itself', async () => {
  const app = await newApp();
  assert.equal((await ask(app, ['provider/orders:nothing'])).status, 400);
  const other = { app, member: acme.members.owner };
  assert.equal((await as('viewer', 'POST', 'approvals', other)).status, 404);
  const first = await ask(app);
  assert.deepEqual(first.body['scopes'], [read]);
  assert.equal((await ask(app, [write])).status, 409);
  assert.equal((await as('viewer', 'POST', `approvals/${first.body.id}/approve`)).status, 403);
  assert.equal((await as('admin', 'POST', `approvals/${first.body.id}/reject`)).body['state'], 'rejected');
  assert.equal((await ask(app, [write])).status, 201);
  assert.equal((await control.call('POST', '/tenants/acme/approvals', { body: { app } })).status, 400);
});

test('an app that has become private can still be requested where it is installed, and nowhere else', async () => {
  const app = await newApp();
  await as('admin', 'POST', 'installations', { app });
  await control.call('PATCH', `/tenants/developer/apps/${app.split('/')[1]}`, { body: { visibility: 'private' } });
  assert.equal((await ask(app, [write])).status, 201);
  assert.equal((await as('admin', 'POST', 'installations', { app })).status, 409);
  const other = await newApp({ visibility: 'private' });
  assert.equal((await ask(other)).status, 404);
});

test('an approval is revoked with all tokens of the person, or with the installation', async () => {
  const app = await newApp();
  const user = 'usr_00000000000000000000000009';
  await control.database.store.system(
    'test',
    ({ sql }) => sql`update members set user_id = ${user} where id = ${acme.members.viewer}`,
  );
  const installation = (await as('admin', 'POST', 'installations', { app, scopes: [read, write] })).body;
  const approve = async (): Promise<string> => {
    const { id } = (await ask(app, [write])).body;
    assert.equal((await as('admin', 'POST', `approvals/${id}/approve`)).status, 200);
    return id;
  };
  const first = await approve();
  assert.equal((await as('developer', 'DELETE', `approvals/${first}`)).status, 403);
  assert.equal((await as('admin', 'DELETE', `approvals/${first}`)).status, 204);
  const { changes } = await readFeed(control);
  assert.ok(changes.some(({ kind, key }) => kind === 'denial' && key === `user:${user}`));
  const second = await approve();
  await as('admin', 'DELETE', `installations/${installation.id}`);
  assert.equal((await as('admin', 'GET', `approvals/${second}`)).status, 404);
});

test('members try apps of low risk only if their tenant allows it, and an admin makes the trial an installation', async () => {
  const [harmless, risky] = [await newApp(), await newApp({ scopes: [read, write], optional_scopes: [] })];
  const attempt = (app: string, scopes?: string[]) => as('viewer', 'POST', 'installations/try', { app, scopes });
  assert.equal((await attempt(harmless)).status, 403);
  await control.call('PATCH', '/tenants/acme', { body: { members_may_try: true }, token: acme.tokens.owner });
  const tried = await attempt(harmless);
  assert.deepEqual([tried.status, tried.body['trial'], tried.body['granted_by']], [201, true, acme.members.viewer]);
  for (const answer of [await attempt(risky), await attempt(await newApp(), [read, write])]) {
    assert.deepEqual([answer.status, answer.body['code']], [403, 'forbidden']);
    assert.match(answer.text, /orders:write/);
  }
  assert.equal((await attempt(harmless)).status, 409);
  const { id } = (await ask(harmless)).body;
  assert.equal((await as('admin', 'POST', `approvals/${id}/approve`)).status, 409);
  const whole = await as('admin', 'PATCH', `installations/${tried.body.id}`, { scopes: [read] });
  assert.deepEqual([whole.status, whole.body['trial']], [200, false]);
  assert.equal((await as('admin', 'POST', `approvals/${id}/approve`)).status, 200);
  await control.call('PATCH', '/tenants/acme', { body: { members_may_try: false } });
});

test('the inventory shows for each app its grants and their admins, its usage, and its open requests', async () => {
  const app = await newApp();
  const { id } = (await as('admin', 'POST', 'installations', { app })).body;
  await ask(app, [write]);
  const slug = app.split('/')[1];
  await control.call('PATCH', `/tenants/developer/apps/${slug}`, { body: { state: 'suspended' } });
  const list = await as('admin', 'GET', 'inventory?limit=200');
  const item = (list.body['items'] as Made[]).find((one) => one.id === id);
  const fields = ['app_state', 'granted_by_email', 'calls', 'last_call_at', 'approvals_open', 'scopes'];
  assert.deepEqual(
    fields.map((field) => item?.[field]),
    ['suspended', 'admin@acme.test', 0, null, 1, [read]],
  );
  assert.equal((await as('developer', 'GET', 'inventory')).status, 403);
});
