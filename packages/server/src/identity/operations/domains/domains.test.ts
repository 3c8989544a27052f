import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { uuidFromId } from '@tulou/contract';
import { startDns, type TestDns } from '../../../../test/control/dns.ts';
import { startTestControl, type TestControl, type TestTenant } from '../../../../test/control/fixture.ts';
import { systemClock } from '../../../kernel/clock.ts';
import { openLog } from '../../../kernel/log.ts';
import { planes } from '../../../planes.ts';
import { forgetDomains } from '../../domains/forget.ts';
import { releaseDomains } from '../../domains/owners.ts';

const days = 86_400_000;
/** Time that a test can move on. */
let aheadMs = 0;
const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };

let dns: TestDns;
let control: TestControl;
let acme: TestTenant;
let other: TestTenant;
before(async () => {
  dns = await startDns();
  const environment = { TULOU_DNS_SERVERS: dns.address };
  control = await startTestControl(clock, undefined, [], planes, environment, { unprovenHosts: false });
  acme = await control.makeTenant('acme');
  other = await control.makeTenant('other');
});
after(async () => {
  await control.stop();
  await dns.close();
});

interface View {
  readonly id: string;
  readonly state: string;
  readonly method: string | null;
  readonly challenge: { readonly dns: { readonly name: string; readonly value: string } };
  readonly code?: string;
}

const call = (method: string, at: TestTenant, path: string, body?: object) =>
  control.call<View>(method, `/tenants/${at.slug}${path}`, {
    token: at.tokens.admin,
    ...(body === undefined ? {} : { body }),
  });

/** Names a domain and publishes its challenge, where it is not to stay unpublished. */
async function name(at: TestTenant, host: string, published = true): Promise<View> {
  const made = await call('POST', at, '/domains', { host });
  assert.equal(made.status, 201, made.text);
  const { name: record, value } = made.body.challenge.dns;
  if (published) dns.records.set(record, value);
  return made.body;
}

async function prove(at: TestTenant, host: string): Promise<number> {
  const { id } = await name(at, host);
  return (await call('POST', at, `/domains/${id}/verify`)).status;
}

const makeApi = (at: TestTenant, slug: string, hosts: string[]) =>
  call('POST', at, '/apis', { slug, name: slug, hosts });

test('a domain is verified when its challenge is in DNS, and not before', async () => {
  const { id, state } = await name(acme, 'acme.example.com', false);
  assert.equal(state, 'pending');
  const early = await call('POST', acme, `/domains/${id}/verify`);
  assert.deepEqual([early.status, early.body.code], [409, 'state_conflict']);
  dns.records.set('_tulou-challenge.acme.example.com', 'something else');
  assert.equal((await call('POST', acme, '/domains/acme.example.com/verify')).status, 409);
  const { body } = await call('GET', acme, '/domains/acme.example.com');
  dns.records.set(body.challenge.dns.name, body.challenge.dns.value);
  const done = await call('POST', acme, '/domains/acme.example.com/verify');
  assert.deepEqual([done.status, done.body.state, done.body.method], [200, 'verified', 'dns']);
});

test('host names of APIs and of the issuer and mail domains need a verified domain of the same tenant', async () => {
  assert.equal(await prove(acme, 'proven.example.com'), 200);
  const connection = (domain: string) => ({
    name: 'SSO',
    issuer: 'https://idp.example.com',
    client_id: 'x',
    domains: [domain],
  });
  const ways: readonly (readonly [
    string,
    (at: TestTenant, host: string) => Promise<{ status: number; text: string }>,
  ])[] = [
    ['api', (at, host) => makeApi(at, host.replaceAll('.', '-'), [host])],
    ['issuer', (at, host) => call('PUT', at, '/issuer', { host, name: 'X' })],
    ['connection', (at, host) => call('POST', at, '/connections', connection(host))],
  ];
  for (const [way, take] of ways) {
    const below = `${way}.proven.example.com`;
    for (const [at, host] of [
      [acme, 'unproven.example.com'],
      [acme, 'notproven.example.com'],
      [acme, 'example.com'],
      [other, below],
    ] as const) {
      const { status, text } = await take(at, host);
      assert.deepEqual([status, text.includes('domain_unproven')], [409, true], `${way} ${host}`);
    }
    assert.ok([200, 201].includes((await take(acme, below)).status), `${way} ${below}`);
  }
});

test('a host name that is there stays when others are added, and what is added is proven', async () => {
  await prove(acme, 'kept.example.com');
  assert.equal((await makeApi(acme, 'kept', ['a.kept.example.com'])).status, 201);
  const change = (hosts: string[]) => call('PATCH', acme, '/apis/kept', { hosts });
  assert.equal((await change(['a.kept.example.com', 'b.kept.example.com'])).status, 200);
  assert.equal((await change(['a.kept.example.com', 'b.elsewhere.example.com'])).status, 409);
});

test('a domain has one owner; a domain below it can be another’s, and then counts for that one only', async () => {
  assert.equal(await prove(acme, 'shared.example.com'), 200);
  assert.equal(await prove(other, 'shared.example.com'), 409);
  assert.equal(await prove(other, 'team.shared.example.com'), 200);
  assert.equal((await makeApi(other, 'team', ['x.team.shared.example.com'])).status, 201);
  assert.equal((await makeApi(acme, 'team', ['y.team.shared.example.com'])).status, 409);
  assert.equal((await makeApi(acme, 'team', ['y.shared.example.com'])).status, 201);
});

test('a domain in use is not released', async () => {
  await prove(acme, 'busy.example.com');
  await makeApi(acme, 'busy', ['x.busy.example.com']);
  const refused = await call('DELETE', acme, '/domains/busy.example.com');
  assert.deepEqual([refused.status, refused.body.code], [409, 'in_use']);
  await call('DELETE', acme, '/apis/busy');
  assert.equal((await call('DELETE', acme, '/domains/busy.example.com')).status, 204);
});

test('a released domain, and what is below it, is reserved for its former owner during the quarantine', async () => {
  await prove(acme, 'moved.example.com');
  assert.equal((await call('DELETE', acme, '/domains/moved.example.com')).status, 204);
  assert.equal((await makeApi(acme, 'late', ['late.moved.example.com'])).status, 409, 'nor does it count any more');
  assert.equal(await prove(other, 'moved.example.com'), 409);
  assert.equal(await prove(other, 'below.moved.example.com'), 409);
  assert.equal(await prove(acme, 'moved.example.com'), 200);
  await call('DELETE', acme, '/domains/moved.example.com');
  aheadMs += 31 * days;
  assert.equal((await call('POST', other, '/domains/moved.example.com/verify')).status, 409, 'another’s challenge');
  const { body } = await call('GET', other, '/domains/moved.example.com');
  dns.records.set(body.challenge.dns.name, body.challenge.dns.value);
  assert.equal((await call('POST', other, '/domains/moved.example.com/verify')).status, 200);
});

test('domains of a tenant that is purged are reserved too, and forgotten after the quarantine', async () => {
  await prove(acme, 'purged.example.com');
  const { store } = control.database;
  const uuid = uuidFromId('tenant', acme.id) ?? '';
  await store.system('test', (tx) => releaseDomains(tx, uuid, new Date(clock.now())));
  assert.equal(await prove(other, 'purged.example.com'), 409);
  aheadMs += 31 * days;
  await forgetDomains({ store, clock, log: openLog('test', 'silent') }, 0);
  const left = await store.system('test', ({ sql }) => sql`select from domain_owners where owner = ${uuid}`);
  assert.equal(left.length, 0);
});

test('the platform’s and the gateway’s own names, those above and those below are nobody’s domain', async () => {
  for (const host of ['platform.test', 'x.platform.test', 'gateway.test', 'a.b.gateway.test']) {
    const { status, body } = await call('POST', acme, '/domains', { host });
    assert.deepEqual([status, body.code], [409, 'conflict'], host);
  }
});

test('developers and viewers read domains and change none', async () => {
  await name(acme, 'roles.example.com');
  for (const role of ['developer', 'viewer'] as const) {
    const as = (method: string, path: string, body?: object) =>
      control.call(method, `/tenants/acme/domains${path}`, { token: acme.tokens[role], ...(body && { body }) });
    assert.equal((await as('GET', '')).status, 200);
    assert.equal((await as('GET', '/roles.example.com')).status, 200);
    assert.equal((await as('POST', '', { host: 'x.example.com' })).status, 403);
    assert.equal((await as('POST', '/roles.example.com/verify')).status, 403);
    assert.equal((await as('DELETE', '/roles.example.com')).status, 403);
  }
});
