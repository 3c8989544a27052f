/** Mails about requests that wait for a decision. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestControl, type TestControl, type TestRole, type TestTenant } from './fixture.ts';
import { make, makeScope, type Made } from './nouns.ts';

let control: TestControl;
let provider: TestTenant;
let developer: TestTenant;
before(async () => {
  control = await startTestControl();
  provider = await control.makeTenant('provider');
  developer = await control.makeTenant('developer');
  await make(control.call, '/tenants/provider/apis', { slug: 'orders', name: 'Orders' });
  await make(control.call, '/tenants/provider/apis/orders/versions', {
    name: 'v1',
    upstreams: [{ url: 'http://127.0.0.1:9' }],
  });
  for (const slug of ['gold', 'silver'])
    await make(control.call, '/tenants/provider/apis/orders/plans', { slug, limits: [], approval: 'manual' });
  await make(control.call, '/tenants/provider/apis/orders/plans', { slug: 'free', limits: [], approval: 'auto' });
  await control.database.store.system('test', ({ sql }) => sql`update members set user_id = 'user_of_' || id`);
});
after(() => control.stop());

interface Mail {
  readonly recipient: string;
  readonly subject: string;
  readonly secret_body: string;
}

const mailsOf = (request: string): Promise<readonly Mail[]> =>
  control.database.store.system(
    'test',
    ({ sql }) => sql<Mail[]>`select * from mails where id like ${`%${request}%`} order by created_at, recipient`,
  );

async function addressesOf(tenant: TestTenant, ...roles: readonly TestRole[]): Promise<string[]> {
  const { body } = await control.call<{ items: { id: string; email: string }[] }>(
    'GET',
    `/tenants/${tenant.slug}/members`,
  );
  const ids: readonly string[] = roles.map((role) => tenant.members[role]);
  return body.items
    .filter(({ id }) => ids.includes(id))
    .map(({ email }) => email)
    .toSorted();
}

const as = (tenant: TestTenant, role: TestRole, method: string, path: string, body?: object) =>
  control.call<Made>(method, `/tenants/${tenant.slug}/${path}`, { token: tenant.tokens[role], body });

let apps = 0;
async function subscribe(plan: string, role: TestRole = 'developer'): Promise<string> {
  const app = `app-${(apps += 1)}`;
  await make(control.call, '/tenants/developer/apps', { slug: app, name: app });
  const made = await as(developer, role, 'POST', 'subscriptions', { app, api: 'provider/orders', plan });
  assert.equal(made.status, 201, made.text);
  return made.body.id;
}

const recipients = (mails: readonly Mail[]): string[] => mails.map(({ recipient }) => recipient).toSorted();

test('a subscription that needs approval is mailed to those who may decide, once, and the decision to who asked', async () => {
  const id = await subscribe('gold');
  const asked = await mailsOf(id);
  assert.deepEqual(recipients(asked), await addressesOf(provider, 'owner', 'admin'));
  const [mail] = asked;
  assert.match(mail?.subject ?? '', /developer\/app-\d+ requests .*provider\/orders.*申请订阅/);
  assert.ok(mail?.secret_body.includes(`tulou subscribers approve provider ${id}`));
  // It waits again, on another plan: no one gets two mails.
  await as(developer, 'developer', 'PATCH', `subscriptions/${id}`, { plan: 'silver' });
  await as(developer, 'developer', 'PATCH', `subscriptions/${id}`, { plan: 'free' });
  await as(developer, 'developer', 'PATCH', `subscriptions/${id}`, { plan: 'gold' });
  assert.equal((await mailsOf(id)).length, asked.length);
  assert.equal((await as(provider, 'admin', 'POST', `subscribers/${id}/approve`)).status, 200);
  const all = await mailsOf(id);
  assert.deepEqual(
    recipients(all.filter(({ subject }) => subject.includes('is approved'))),
    await addressesOf(developer, 'developer'),
  );
  assert.equal(all.length, asked.length + 1);
});

test('a plan without approval mails nobody; a rejection is mailed', async () => {
  assert.equal((await mailsOf(await subscribe('free'))).length, 0);
  const id = await subscribe('gold', 'admin');
  await as(provider, 'owner', 'POST', `subscribers/${id}/reject`);
  const [mail] = (await mailsOf(id)).filter(({ subject }) => subject.includes('is rejected'));
  assert.deepEqual([mail?.recipient], await addressesOf(developer, 'admin'));
});

test('who asks for themselves is not mailed about it, and members who have not joined get no mail', async () => {
  const app = 'own';
  await make(control.call, '/tenants/provider/apps', { slug: app, name: app });
  const body = { app, api: 'provider/orders', plan: 'gold' };
  const made = await as(provider, 'admin', 'POST', 'subscriptions', body);
  assert.deepEqual(recipients(await mailsOf(made.body.id)), await addressesOf(provider, 'owner'));
  await make(control.call, '/tenants/provider/members', { email: 'late@example.test', role: 'admin' });
  const id = await subscribe('gold');
  assert.ok(!recipients(await mailsOf(id)).includes('late@example.test'));
});

test('what a member asks an admin to allow is mailed to the admins, and the decision to the member', async () => {
  const scope = await makeScope(control.call, 'provider', 'read');
  const app = { slug: 'asked', name: 'Asked', visibility: 'public', scopes: [scope] };
  await make(control.call, '/tenants/provider/apps', app);
  const asked = await as(developer, 'viewer', 'POST', 'approvals', { app: 'provider/asked' });
  assert.equal(asked.status, 201, asked.text);
  const { id } = asked.body;
  const mails = await mailsOf(id);
  assert.deepEqual(recipients(mails), await addressesOf(developer, 'owner', 'admin'));
  assert.ok(mails[0]?.secret_body.includes(`tulou approvals approve developer ${id}`));
  assert.ok(mails[0]?.secret_body.includes(scope) && mails[0].secret_body.includes('请决定'));
  await as(developer, 'admin', 'POST', `approvals/${id}/reject`);
  const decided = (await mailsOf(id)).filter(({ subject }) => subject.includes('is rejected'));
  assert.deepEqual(recipients(decided), await addressesOf(developer, 'viewer'));
});

test('a reader gets a bounded number of these mails in a day', async () => {
  const ids: string[] = [];
  for (let count = 0; count < 105; count += 1) ids.push(await subscribe('gold'));
  const [owner = ''] = await addressesOf(provider, 'owner');
  const mails = (await Promise.all(ids.map(mailsOf))).flat().filter(({ recipient }) => recipient === owner);
  assert.ok(mails.length < 105 && mails.length > 50, String(mails.length));
});
