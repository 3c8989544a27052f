/**
 * The isolation test (DESIGN §5). It is generated from the table of operations, so that a new operation is covered the day it
 * is added. The answer for an object of another tenant is, byte for byte, the answer for an object that never existed.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { uuidFromId } from '@tulou/contract';
import type { Operation } from '@tulou/contract';
import { operations as nouns } from '@tulou/contract/operations/index';
import { tenantTables } from '../../src/store/tenant-tables.ts';
import { systemClock, type Clock } from '../../src/kernel/clock.ts';
import { startTestControl, testRoles, type TestControl, type TestTenant } from '../control/fixture.ts';
import { openPeople } from '../control/people.ts';
import { schemaViolations } from '../store/schema.ts';
import { runMatrix, type Credential } from './matrix.ts';
import { seedOf } from './seeds.ts';
import { fillPath, ghostOf, isTenantScoped, nounOf, populate, type View } from './world.ts';

const operations = Object.values(nouns).flatMap((noun) => Object.values<Operation>(noun));

let control: TestControl;
let alice: TestTenant;
let own: View;
let foreign: View;

/** The clock does not advance: the two answers of a pair must not differ by the minute in which they were given. */
const now = systemClock.now();

before(async () => {
  control = await startTestControl({ ...systemClock, now: () => now });
  alice = await control.makeTenant('tenant-a');
  const bob = await control.makeTenant('tenant-b');
  own = await populate(operations, alice, 'seed-of-a', control.call, control.reportCalls);
  foreign = await populate(operations, bob, 'seed-of-b', control.call, control.reportCalls);
});
after(() => control.stop());

test('every noun has an object in both tenants, none of them shared', () => {
  const nouns = operations.filter(({ id, path }) => id.endsWith('.get') && path.endsWith('}')).length;
  assert.ok(nouns > 5);
  const ids = [own, foreign].map((view) => Object.values(view.objects).map(({ id }) => id));
  assert.deepEqual(
    ids[0]?.filter((id) => ids[1]?.includes(id)),
    [],
  );
});

test('what belongs to another tenant is answered like what never existed, to every kind of caller', async () => {
  const credentials = (await everyCredential()).filter(({ kind }) => kind !== 'no token of ours');
  const before = await digestOf(foreign);
  const views = { own, foreign, ghost: ghostOf(foreign) };
  const scoped = operations.filter(isTenantScoped);
  const { pairs, differences } = await runMatrix(scoped, views, credentials, control.call);
  assert.deepEqual(differences.slice(0, 20), [], `${differences.length} of ${pairs} pairs differ`);
  assert.ok(pairs > scoped.length * credentials.length * 2, `${pairs} pairs`);
  assert.equal(await digestOf(foreign), before, 'and nothing of it was written');
});

test('credentials that are not a live token of the control API open nothing, not even their own tenant', async () => {
  const refused = (await everyCredential()).filter(({ opens }) => opens !== true);
  for (const operation of operations) {
    const path = fillPath(operation.path, own) ?? operation.path;
    for (const { name, token } of refused) {
      const body = operation.body === undefined ? undefined : seedOf(operation.id, own, 'refused');
      const { status } = await control.call(operation.method, path, { token, body });
      assert.equal(status, name === 'suspended' ? 403 : 401, `${operation.id} as ${name}`);
    }
  }
});

test('every operation does work for who may: the answers above were not refusals of something else', async () => {
  const carol = await control.makeTenant('tenant-c');
  const view = await populate(operations, carol, 'seed-of-c', control.call, control.reportCalls);
  for (const operation of inOrder()) {
    const path = fillPath(operation.path, view) ?? '';
    const token = operation.access === 'operator' ? control.operator : carol.tokens.owner;
    const body = operation.body === undefined ? undefined : seedOf(operation.id, view, 'works');
    const answer = await control.call(operation.method, path, { token, body });
    // 409: the object of the operation was found, and prevents it.
    assert.ok(answer.status < 300 || answer.status === 409, `${operation.id}: ${answer.status} ${answer.text}`);
  }
});

test('every update and delete holds If-Match', async () => {
  const dora = await control.makeTenant('tenant-d');
  const view = await populate(operations, dora, 'seed-of-d', control.call, control.reportCalls);
  const changes = operations.filter(
    (operation) => isTenantScoped(operation) && ['PATCH', 'PUT', 'DELETE'].includes(operation.method),
  );
  for (const operation of changes) {
    const path = fillPath(operation.path, view) ?? '';
    const body = operation.body === undefined ? undefined : seedOf(operation.id, view, 'match');
    const headers = { 'if-match': '"not-this"' };
    const answer = await control.call(operation.method, path, { token: dora.tokens.owner, body, headers });
    assert.deepEqual([answer.status, answer.body['code']], [412, 'precondition_failed'], operation.id);
  }
});

test('every write leaves exactly one row in the audit trail', async () => {
  const erin = await control.makeTenant('tenant-e');
  const view = await populate(operations, erin, 'seed-of-e', control.call, control.reportCalls);
  const entries = async (): Promise<number> => {
    const path = `/tenants/${erin.id}/audit?limit=1`;
    const { body } = await control.call<{ items: { seq: number }[] }>('GET', path, { token: erin.tokens.owner });
    return body.items[0]?.seq ?? 0;
  };
  for (const operation of inOrder().filter((one) => one.method !== 'GET' && nounOf(one) !== 'tenants')) {
    const before = await entries();
    const path = fillPath(operation.path, view) ?? '';
    const body = operation.body === undefined ? undefined : seedOf(operation.id, view, 'trail');
    const { status } = await control.call(operation.method, path, { token: erin.tokens.owner, body });
    assert.equal((await entries()) - before, status < 300 ? 1 : 0, operation.id);
  }
});

test('the database itself holds every tenant table to its tenant', async () => {
  const violations = await control.database.store.system('test', ({ sql }) => schemaViolations(sql));
  assert.deepEqual(violations, []);
});

/** Reads and changes first, then deletions, the last noun of the table first, and the tenant itself at the end. */
function inOrder(): typeof operations {
  const last = ['tenants.suspend', 'tenants.resume', 'tenants.delete', 'tenants.restore'];
  const scoped = operations.filter(isTenantScoped);
  const weight = (operation: (typeof operations)[number]): number => {
    if (last.includes(operation.id)) return 1000 + last.indexOf(operation.id);
    return operation.method === 'DELETE' ? 500 - scoped.indexOf(operation) : 0;
  };
  return scoped.toSorted((a, b) => weight(a) - weight(b));
}

let made: Promise<readonly Credential[]> | undefined;

function everyCredential(): Promise<readonly Credential[]> {
  made ??= makeCredentials();
  return made;
}

async function makeCredentials(): Promise<readonly Credential[]> {
  const suspended = await control.makeTenant('tenant-s');
  await control.call('POST', `/tenants/${suspended.id}/suspend`);
  const tokens = `/tenants/${alice.id}/tokens`;
  const revoked = await control.call('POST', tokens, { body: { member: alice.members.owner, name: 'revoked' } });
  await control.call('DELETE', `${tokens}/${String(revoked.body['id'])}`);
  const keys = `/tenants/${alice.id}/apps/${own.objects['app']?.id}/keys`;
  const key = await control.call('POST', keys, { body: { environment: 'live' } });
  return [
    ...testRoles.map((role) => ({ name: role, token: alice.tokens[role], opens: true as const })),
    ...(await accessTokens()),
    { name: 'suspended', token: suspended.tokens.owner },
    { name: 'revoked', token: String(revoked.body['token']) },
    { name: 'none', token: '' },
    { name: 'node', token: control.node },
    { name: 'api key', token: String(key.body['key']) },
  ];
}

/**
 * Tokens of people: members of the tenant, a person of no tenant, and tokens that the issuer did not sign for them, now and
 * for here.
 */
async function accessTokens(): Promise<readonly Credential[]> {
  const clock: Clock = { ...systemClock, now: () => now };
  const people = openPeople(control.database.store, clock);
  const other = openPeople(control.database.store, clock, 'http://other.test');
  const owner = await people.make('owner@person.test', [alice.members.owner]);
  const stranger = await people.make('stranger@person.test');
  // Read by its text alone, whatever it is presented for: one refusal is like the other.
  const kind = 'no token of ours';
  const past = { iat: Math.floor(now / 1000) - 400, exp: Math.floor(now / 1000) - 100 };
  return [
    { name: 'person, owner', token: await people.token(owner), opens: true },
    { name: 'person of no tenant', token: await people.token(stranger), opens: true },
    { kind, name: 'expired access token', token: await people.token(owner, { claims: past }) },
    { kind, name: 'access token of another issuer with an equal kid', token: await other.token(owner) },
    {
      kind,
      name: 'access token for the tenant',
      token: await people.token(owner, { claims: { aud: audience(alice) } }),
    },
  ];
}

const audience = ({ id }: TestTenant): string => `urn:tulou:tenant:${id}`;

/** All rows of a tenant, as one hash. */
function digestOf(view: View): Promise<string> {
  const uuid = uuidFromId('tenant', view.tenant.id) ?? '';
  return control.database.store.system('test', async (tx) => {
    const parts: string[] = [];
    for (const { name } of await tenantTables(tx)) {
      const [row] = await tx.sql<{ digest: string }[]>`
        select count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' order by t::text)), '') as digest
        from ${tx.sql(name)} t where tenant_id = ${uuid}`;
      parts.push(`${name} ${row?.digest}`);
    }
    return parts.join('\n');
  });
}
