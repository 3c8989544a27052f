import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { readFeed } from '../../../test/control/feed.ts';
import { startTestControl, testRoles, type TestControl, type TestTenant } from '../../../test/control/fixture.ts';
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
/** A public app of the developer for each test; its address. */
async function newApp(more: object = {}): Promise<string> {
  const slug = `app-${(apps += 1)}`;
  const body = { slug, name: slug, visibility: 'public', scopes: [read], optional_scopes: [write], ...more };
  await make(control.call, '/tenants/developer/apps', body);
  return `developer/${slug}`;
}

const path = '/tenants/acme/installations';
const install = (app: string, scopes?: string[], tenant = 'acme') =>
  control.call<Made>('POST', `/tenants/${tenant}/installations`, { body: { app, scopes } });

interface Told {
  readonly scopes: string[];
}

async function told(id: string): Promise<Told | undefined> {
  const found = (await readFeed(control)).changes.find(({ key }) => key === id);
  return (found?.object ?? undefined) as Told | undefined;
}

/** The installation as its tenant, the developer and the gateways see it. */
async function sidesOf(app: string, id: string): Promise<unknown[]> {
  const mine = await control.call('GET', `${path}/${id}`);
  const theirs = await control.call('GET', `/tenants/developer/apps/${app.split('/')[1]}/installed/${id}`);
  return [
    [mine.body['state'], mine.body['scopes']],
    [theirs.body['state'], theirs.body['scopes']],
    (await told(id))?.scopes,
  ];
}

test('an admin grants all required scopes of an app, and any of its optional ones', async () => {
  const app = await newApp();
  const answer = await control.call<Made>('POST', path, { body: { app }, token: acme.tokens.admin });
  assert.equal(answer.status, 201, answer.text);
  const { id } = answer.body;
  assert.deepEqual([answer.body['app'], answer.body['granted_by']], [app, acme.members.admin]);
  assert.deepEqual(await sidesOf(app, id), [['active', [read]], ['active', [read]], [read]]);
  const other = await newApp();
  const wide = await install(other, [read, write]);
  assert.deepEqual(wide.body['scopes'], [read, write]);
});

test('only an admin or an owner installs, changes and revokes', async () => {
  const app = await newApp();
  const { id } = (await install(app)).body;
  for (const role of testRoles) {
    const token = acme.tokens[role];
    const may = role === 'owner' || role === 'admin';
    const create = await control.call('POST', path, { body: { app }, token });
    assert.equal(create.status, may ? 409 : 403, role);
    for (const verb of ['pause', 'resume']) {
      const { status } = await control.call('POST', `${path}/${id}/${verb}`, { token });
      assert.equal(status, may ? 200 : 403, `${verb} as ${role}`);
    }
    const change = await control.call('PATCH', `${path}/${id}`, { body: { scopes: [read] }, token });
    assert.equal(change.status, may ? 200 : 403, role);
    if (!may) assert.equal((await control.call('DELETE', `${path}/${id}`, { token })).status, 403);
    assert.equal((await control.call('GET', `${path}/${id}`, { token })).status, 200);
  }
});

test('a grant has no scope that the app does not declare, and every scope that the app requires', async () => {
  const app = await newApp();
  const undeclared = await makeScope(control.call, 'provider', 'undeclared');
  for (const scopes of [[read, undeclared], [write], []])
    assert.equal((await install(app, scopes)).status, 400, scopes.join(' '));
  const { id } = (await install(app, [read, write])).body;
  const change = (scopes: string[]) => control.call('PATCH', `${path}/${id}`, { body: { scopes } });
  assert.equal((await change([read, undeclared])).status, 400);
  assert.equal((await change([write])).status, 400);
  assert.deepEqual(await sidesOf(app, id), [
    ['active', [read, write]],
    ['active', [read, write]],
    [read, write],
  ]);
});

test('narrowing, widening, pausing and revoking reach the gateways and the developer immediately', async () => {
  const app = await newApp();
  const { id } = (await install(app, [read, write])).body;
  await control.call('PATCH', `${path}/${id}`, { body: { scopes: [read] } });
  assert.deepEqual(await sidesOf(app, id), [['active', [read]], ['active', [read]], [read]]);
  assert.equal((await control.call('POST', `${path}/${id}/pause`)).status, 200);
  assert.deepEqual(await sidesOf(app, id), [['paused', [read]], ['paused', [read]], undefined]);
  assert.equal((await control.call('POST', `${path}/${id}/pause`)).status, 409);
  await control.call('PATCH', `${path}/${id}`, { body: { scopes: [read, write] } });
  assert.equal(await told(id), undefined);
  assert.equal((await control.call('POST', `${path}/${id}/resume`)).status, 200);
  assert.deepEqual((await told(id))?.scopes, [read, write]);
  assert.equal((await control.call('DELETE', `${path}/${id}`)).status, 204);
  const all = [read, write];
  assert.deepEqual(await sidesOf(app, id), [['revoked', all], ['revoked', all], undefined]);
});

test('a revoked installation stays revoked and readable; the app can be installed again', async () => {
  const app = await newApp();
  const first = (await install(app)).body;
  await control.call('DELETE', `${path}/${first.id}`);
  for (const verb of ['pause', 'resume'])
    assert.equal((await control.call('POST', `${path}/${first.id}/${verb}`)).status, 409);
  const change = await control.call('PATCH', `${path}/${first.id}`, { body: { scopes: [read] } });
  assert.equal(change.status, 409);
  assert.equal((await control.call('DELETE', `${path}/${first.id}`)).status, 204);
  const second = await install(app);
  assert.equal(second.status, 201);
  const list = await control.call<{ items: Made[] }>('GET', `${path}?state=active&limit=200`);
  const ids = list.body.items.filter((one) => one['app'] === app).map(({ id }) => id);
  assert.deepEqual(ids, [second.body.id]);
});

test('an app is installed once, also when it is tried four times at the same time', async () => {
  const app = await newApp();
  const tries = await Promise.all(Array.from({ length: 4 }, () => install(app)));
  assert.deepEqual(tries.map(({ status }) => status).toSorted(), [201, 409, 409, 409]);
});

test('a private app is visible to its own tenant; other tenants get the answer for an absent app', async () => {
  const app = await newApp({ visibility: 'private' });
  const answers = [await install(app), await install('developer/nothing'), await install('nobody/shop')];
  for (const { status, text } of answers) assert.deepEqual([status, text], [404, answers[0]?.text]);
  assert.equal((await install(app, undefined, 'developer')).status, 201);
});

test('an app that is suspended or blocked can’t be installed, nor one of a suspended tenant', async () => {
  const app = await newApp();
  const own = `/tenants/developer/apps/${app.split('/')[1]}`;
  await control.call('PATCH', own, { body: { state: 'suspended' } });
  assert.deepEqual([(await install(app)).status, (await install(app)).body['code']], [409, 'state_conflict']);
  await control.call('POST', `${own}/block`);
  assert.equal((await install(app)).status, 409);
  await make(control.call, '/tenants', { slug: 'still', name: 'Still' });
  await make(control.call, '/tenants/still/apps', { slug: 'app', name: 'App', visibility: 'public' });
  await control.call('POST', '/tenants/still/suspend');
  assert.equal((await install('still/app')).status, 404);
});

test('the installations of a deleted app end in every tenant that has it', async () => {
  const app = await newApp();
  const { id } = (await install(app)).body;
  assert.equal((await control.call('DELETE', `/tenants/developer/apps/${app.split('/')[1]}`)).status, 204);
  assert.equal((await control.call('GET', `${path}/${id}`)).body['state'], 'revoked');
  assert.equal(await told(id), undefined);
  assert.equal((await control.call('DELETE', `${path}/${id}`)).status, 204);
});

test('an app that is deleted while it is being installed leaves no active installation behind', async () => {
  for (let round = 0; round < 5; round += 1) {
    const app = await newApp();
    const [made, deleted] = await Promise.all([
      install(app),
      control.call('DELETE', `/tenants/developer/apps/${app.split('/')[1]}`),
    ]);
    assert.equal(deleted.status, 204);
    assert.ok(made.status === 201 || made.status === 404, `${made.status}`);
    if (made.status === 404) continue;
    assert.equal((await control.call('GET', `${path}/${made.body.id}`)).body['state'], 'revoked');
    assert.equal(await told(made.body.id), undefined);
  }
});

test('an installation is visible to its two tenants and to no third tenant', async () => {
  const app = await newApp();
  const { id } = (await install(app)).body;
  const slug = app.split('/')[1] ?? '';
  await make(control.call, '/tenants/provider/apps', { slug, name: 'Same slug' });
  for (const [method, where] of [
    ['GET', `/tenants/provider/installations/${id}`],
    ['DELETE', `/tenants/provider/installations/${id}`],
    ['POST', `/tenants/developer/installations/${id}/pause`],
    ['GET', `/tenants/provider/apps/${slug}/installed/${id}`],
  ] as const)
    assert.equal((await control.call(method, where)).status, 404, where);
  const list = await control.call<{ items: Made[] }>('GET', `/tenants/developer/apps/${slug}/installed`);
  assert.deepEqual(
    list.body.items.map((one) => [one.id, one['installer'], one['installer_id']]),
    [[id, 'acme', acme.id]],
  );
});

test('after any concurrent changes both sides and the gateways agree', async () => {
  const moves = fc.array(fc.constantFrom(...(['pause', 'resume', 'narrow', 'widen', 'revoke'] as const)), {
    minLength: 2,
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(moves, async (list) => {
      const app = await newApp();
      const { id } = (await install(app)).body;
      const one = `${path}/${id}`;
      const calls = {
        pause: () => control.call('POST', `${one}/pause`),
        resume: () => control.call('POST', `${one}/resume`),
        narrow: () => control.call('PATCH', one, { body: { scopes: [read] } }),
        widen: () => control.call('PATCH', one, { body: { scopes: [read, write] } }),
        revoke: () => control.call('DELETE', one),
      };
      const answers = await Promise.all(list.map((move) => calls[move]()));
      for (const { status } of answers) assert.ok(status < 500, `${status}`);
      const [mine, theirs, gateways] = (await sidesOf(app, id)) as [[string, string[]], unknown, unknown];
      assert.deepEqual(mine, theirs);
      assert.deepEqual(gateways, mine[0] === 'active' ? mine[1] : undefined);
    }),
    { numRuns: 12 },
  );
});
