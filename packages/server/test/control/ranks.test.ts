/** No operation gives rights above the rank of its caller: role of the caller × operation × rank of the affected member. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../src/kernel/clock.ts';
import { startTestControl, testRoles, type TestControl, type TestRole, type TestTenant } from './fixture.ts';
import { openPeople, type People } from './people.ts';

let control: TestControl;
let people: People;
before(async () => {
  control = await startTestControl();
  people = openPeople(control.database.store, systemClock);
});
after(() => control.stop());

const rank = (role: TestRole): number => testRoles.toReversed().indexOf(role);
let tenants = 0;
const freshTenant = (): Promise<TestTenant> => control.makeTenant(`rank-${(tenants += 1)}`);

interface Way {
  readonly name: string;
  /** The least role that the operation itself needs. */
  readonly needs: TestRole;
  /** Status for a caller whose rank is high enough. */
  readonly good: number;
  readonly take: (at: TestTenant, token: string, target: TestRole) => Promise<number>;
}

const post = async (path: string, token: string, body?: object): Promise<number> =>
  (await control.call('POST', path, { token, ...(body === undefined ? {} : { body }) })).status;

const ways: readonly Way[] = [
  {
    name: 'invite a new member with the role',
    needs: 'admin',
    good: 201,
    take: (at, token, role) => post(`/tenants/${at.id}/members`, token, { email: `new-${role}@x.test`, role }),
  },
  {
    name: 'invite again a member who has it',
    needs: 'admin',
    good: 200,
    take: (at, token, role) => post(`/tenants/${at.id}/members/${at.members[role]}/invite`, token),
  },
  {
    name: 'raise a member to it',
    needs: 'admin',
    good: 200,
    take: async (at, token, role) =>
      (await control.call('PATCH', `/tenants/${at.id}/members/${at.members.viewer}`, { token, body: { role } })).status,
  },
  {
    name: 'lower a member who has it',
    needs: 'admin',
    good: 200,
    take: async (at, token, role) => {
      const { body: second } = await control.call('POST', `/tenants/${at.id}/members`, {
        body: { email: `second-${role}@x.test`, role },
      });
      const path = `/tenants/${at.id}/members/${String(second['id'])}`;
      return (await control.call('PATCH', path, { token, body: { role: 'viewer' } })).status;
    },
  },
  {
    name: 'remove a member who has it',
    needs: 'admin',
    good: 204,
    take: async (at, token, role) => {
      const { body: second } = await control.call('POST', `/tenants/${at.id}/members`, {
        body: { email: `third-${role}@x.test`, role },
      });
      return (await control.call('DELETE', `/tenants/${at.id}/members/${String(second['id'])}`, { token })).status;
    },
  },
  {
    name: 'make a token for a member who has it, of the least role',
    needs: 'admin',
    good: 201,
    take: (at, token, role) =>
      post(`/tenants/${at.id}/tokens`, token, { member: at.members[role], name: 't', role: 'viewer' }),
  },
];

for (const way of ways) {
  test(way.name, async () => {
    const tenant = await freshTenant();
    for (const actor of testRoles) {
      for (const target of testRoles) {
        const at = actor === 'owner' ? await freshTenant() : tenant;
        const status = await way.take(at, at.tokens[actor], target);
        // Developers make tokens of their own.
        const isOwn = way.name.startsWith('make a token') && actor === 'developer' && target === 'developer';
        const isAllowed = isOwn || (rank(actor) >= rank(way.needs) && rank(actor) >= rank(target));
        assert.ok((isAllowed ? [way.good] : [403, 400]).includes(status), `${actor} → ${target}: ${status}`);
      }
    }
  });
}

const connection = {
  name: 'SSO',
  issuer: 'https://idp.ranks.test',
  client_id: 'x',
  domains: ['ranks.test'],
};

test('what a connection says of owners is set by owners only, and changed and deleted by owners only', async () => {
  const at = await freshTenant();
  const path = `/tenants/${at.id}/connections`;
  const make = (token: string, more: object) => control.call('POST', path, { token, body: { ...connection, ...more } });
  assert.equal((await make(at.tokens.admin, { owners: true })).status, 403);
  const plain = await make(at.tokens.admin, { enforced: true });
  assert.deepEqual([plain.status, plain.body['owners']], [201, false]);
  const own = `${path}/${String(plain.body['id'])}`;
  const change = (token: string, body: object) => control.call('PATCH', own, { token, body });
  assert.equal((await change(at.tokens.admin, { owners: true })).status, 403);
  assert.equal((await change(at.tokens.owner, { owners: true })).status, 200);
  for (const body of [{ client_id: 'mine' }, { client_secret: 's' }, { domains: ['other.test'] }, { owners: false }])
    assert.equal((await change(at.tokens.admin, body)).status, 403, JSON.stringify(body));
  assert.equal((await control.call('DELETE', own, { token: at.tokens.admin })).status, 403);
  assert.equal((await control.call('DELETE', own, { token: at.tokens.owner })).status, 204);
  assert.equal((await make(at.tokens.owner, { enforced: true })).body['owners'], true, 'an owner means all members');
});

test('a person who is an owner needs two factors, just shown, for what concerns owners', async () => {
  const at = await freshTenant();
  const user = await people.make('owner@person.test', [at.members.owner]);
  const now = Math.floor(Date.now() / 1000);
  const two = 'urn:tulou:acr:2';
  for (const [claims, status] of [
    [{}, 403],
    [{ acr: 'urn:tulou:acr:1', auth_time: now }, 403],
    [{ acr: two, auth_time: now - 3600 }, 403],
    [{ acr: two }, 403],
    [{ acr: two, auth_time: now }, 201],
  ] as const) {
    const token = await people.token(user, { claims });
    const body = { ...connection, owners: true };
    const answer = await control.call('POST', `/tenants/${at.id}/connections`, { token, body });
    assert.equal(answer.status, status, JSON.stringify(claims));
  }
  const token = await people.token(user);
  const answer = await control.call('POST', `/tenants/${at.id}/connections`, { token, body: connection });
  assert.equal(answer.status, 201, 'what concerns no owner needs no more than the role');
});

test('an admin does not end a connection by which an owner signs in', async () => {
  const at = await freshTenant();
  const { body } = await control.call('POST', `/tenants/${at.id}/connections`, {
    token: at.tokens.admin,
    body: connection,
  });
  const user = await people.make('managed@ranks.test', [at.members.owner]);
  await control.database.store.system(
    'test',
    ({ sql }) => sql`
      update users set connection = ${String(body['id'])}, subject = 's',
        tenant = (select tenant_id from members where id = ${at.members.owner}) where id = ${user}`,
  );
  const own = `/tenants/${at.id}/connections/${String(body['id'])}`;
  assert.equal((await control.call('DELETE', own, { token: at.tokens.admin })).status, 403);
  const paused = await control.call('PATCH', own, { token: at.tokens.admin, body: { state: 'paused' } });
  assert.equal(paused.status, 403);
  // A member whose provider no owner has approved has the rights of an admin.
  const token = await people.token(user);
  assert.equal((await control.call('GET', '/whoami', { token })).status, 200);
  assert.equal((await control.call('DELETE', `/tenants/${at.id}`, { token })).status, 403);
});

/** A token that `maker` has made for `member`. */
async function tokenBy(at: TestTenant, maker: string, member: string, role?: TestRole): Promise<string> {
  const { status, body } = await control.call('POST', `/tenants/${at.id}/tokens`, {
    token: maker,
    body: { member, name: 'made', ...(role === undefined ? {} : { role }) },
  });
  assert.equal(status, 201);
  return String(body['token']);
}

async function roleOf(token: string): Promise<unknown> {
  const { status, body } = await control.call('GET', '/whoami', { token });
  return status === 200 ? body['role'] : status;
}

test('a token made for another ends with the rights of who made it, over any number of hands', async () => {
  const at = await freshTenant();
  const { body: other } = await control.call('POST', `/tenants/${at.id}/members`, {
    body: { email: 'other@x.test', role: 'admin' },
  });
  const first = await tokenBy(at, at.tokens.admin, String(other['id']));
  const second = await tokenBy(at, first, String(other['id']));
  const third = await tokenBy(at, second, at.members.developer);
  const own = await tokenBy(at, at.tokens.developer, at.members.developer);
  assert.deepEqual(await Promise.all([first, second, third, own].map(roleOf)), [
    'admin',
    'admin',
    'developer',
    'developer',
  ]);
  const admin = `/tenants/${at.id}/members/${at.members.admin}`;
  await control.call('PATCH', admin, { body: { role: 'viewer' } });
  assert.deepEqual(await Promise.all([first, second, third, own].map(roleOf)), [
    'viewer',
    'viewer',
    'viewer',
    'developer',
  ]);
  await control.call('DELETE', admin);
  assert.deepEqual(await Promise.all([first, second, third, own].map(roleOf)), [401, 401, 401, 'developer']);
});

test('a token made for another is refused while the person who made it is disabled', async () => {
  const at = await freshTenant();
  const user = await people.make('maker@x.test', [at.members.admin]);
  const made = await tokenBy(at, at.tokens.admin, at.members.viewer);
  assert.equal(await roleOf(made), 'viewer');
  assert.equal(await post(`/people/${user}/disable`, control.operator), 200);
  assert.equal(await roleOf(made), 401);
  assert.equal(await post(`/people/${user}/enable`, control.operator), 200);
  assert.equal(await roleOf(made), 'viewer');
});
