import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../kernel/clock.ts';
import { openLog } from '../kernel/log.ts';
import { expireEvents } from '../operations/expire-events.ts';
import { startTestControl, type TestControl, type TestTenant } from '../../test/control/fixture.ts';
import { make, makeProvider, makeScope, type Made } from '../../test/control/nouns.ts';

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
  const body = { slug: 'shop', name: 'Shop', visibility: 'public', scopes: [read], optional_scopes: [write] };
  await make(control.call, '/tenants/developer/apps', body);
  acme = await control.makeTenant('acme');
});
after(() => control.stop());

interface Told extends Made {
  readonly type: string;
  readonly target: string;
  readonly data: Record<string, unknown>;
}

async function told(query = '', tenant = 'developer'): Promise<readonly Told[]> {
  const answer = await control.call<{ items: Told[] }>('GET', `/tenants/${tenant}/events?${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body.items;
}

test('the developer is told of all that becomes of an installation, and sees of it what is theirs to see', async () => {
  const { id } = await make(control.call, '/tenants/acme/installations', { app: 'developer/shop' });
  const one = `/tenants/acme/installations/${id}`;
  await control.call('PATCH', one, { body: { scopes: [read, write] } });
  await control.call('POST', `${one}/pause`);
  await control.call('POST', `${one}/resume`);
  await control.call('DELETE', one);
  await control.call('DELETE', one);
  const events = (await told(`target=${id}`)).toReversed();
  assert.deepEqual(
    events.map(({ type, data }) => [type, data['state'], data['scopes']]),
    [
      ['installation.created', 'active', [read]],
      ['installation.changed', 'active', [read, write]],
      ['installation.paused', 'paused', [read, write]],
      ['installation.resumed', 'active', [read, write]],
      ['installation.revoked', 'revoked', [read, write]],
    ],
  );
  assert.deepEqual([events[0]?.data['installer'], events[0]?.data['installer_id']], ['acme', acme.id]);
  assert.equal(JSON.stringify(events).includes(acme.members.owner), false);
  const [last] = await told('type=installation.revoked');
  assert.deepEqual((await control.call('GET', `/tenants/developer/events/${last?.id}`)).body, last);
  assert.deepEqual(await told(`target=${id}`, 'acme'), []);
  assert.equal((await control.call('GET', `/tenants/acme/events/${last?.id}`)).status, 404);
});

test('the kill switch tells the developer', async () => {
  const app = await make(control.call, '/tenants/developer/apps', { slug: 'bad', name: 'Bad' });
  await control.call('POST', '/tenants/developer/apps/bad/block');
  await control.call('POST', '/tenants/developer/apps/bad/block');
  await control.call('POST', '/tenants/developer/apps/bad/unblock');
  const events = await told(`target=${app.id}`);
  assert.deepEqual(
    events.map(({ type, data }) => [type, data['state']]),
    [
      ['app.unblocked', 'suspended'],
      ['app.blocked', 'blocked'],
    ],
  );
});

test('a key or client that was rotated or deleted is told, without its secret', async () => {
  const under = '/tenants/developer/apps/shop';
  const key = await make(control.call, `${under}/keys`, { environment: 'live' });
  const fresh = await control.call<Made>('POST', `${under}/keys/${key.id}/rotate`, { body: {} });
  await control.call('DELETE', `${under}/keys/${key.id}`);
  const wish = {
    name: 'c',
    environment: 'live',
    authentication: 'client_secret_basic',
    grant_types: ['client_credentials'],
  };
  const client = await make(control.call, `${under}/clients`, wish);
  const rotated = await control.call<Made>('POST', `${under}/clients/${client.id}/rotate`, { body: {} });
  assert.equal(rotated.status, 201, rotated.text);
  await control.call('DELETE', `${under}/clients/${client.id}`);
  const events = await told();
  const types = events.slice(0, 4).map(({ type, target }) => [type, target]);
  assert.deepEqual(types, [
    ['client.deleted', client.id],
    ['client.rotated', client.id],
    ['key.deleted', key.id],
    ['key.rotated', fresh.body.id],
  ]);
  const text = JSON.stringify(events);
  for (const secret of [key['key'], fresh.body['key'], client['client_secret'], rotated.body['client_secret']]) {
    assert.equal(typeof secret, 'string');
    assert.equal(text.includes(String(secret)), false);
  }
});

test('a page goes on where the last one ended, and times bound the list', async () => {
  const all = (await told('limit=200')).map(({ id }) => id);
  const first = await control.call<{ items: Told[]; next: string }>('GET', '/tenants/developer/events?limit=3');
  const rest = await told(`limit=200&cursor=${first.body.next}`);
  assert.deepEqual(
    [...first.body.items, ...rest].map(({ id }) => id),
    all,
  );
  assert.deepEqual(await told('to=2020-01-01T00:00:00Z'), []);
});

test('events are gone when their time is over, and not before', async () => {
  const log = openLog('worker', 'silent');
  const { store } = control.database;
  const before = await told('limit=200');
  await expireEvents({ store, clock: systemClock, log }, 0);
  assert.equal((await told('limit=200')).length, before.length);
  await expireEvents({ store, clock: { ...systemClock, now: () => Date.now() + 31 * 86_400_000 }, log }, 0);
  assert.deepEqual(await told(), []);
});
