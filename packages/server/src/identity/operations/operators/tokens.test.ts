import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPeople, type People } from '../../../../test/control/people.ts';
import { startTestControl, type TestControl } from '../../../../test/control/fixture.ts';
import { systemClock } from '../../../kernel/clock.ts';

interface Token {
  readonly id: string;
  readonly name: string;
  readonly token: string;
  readonly created_by: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
}

const dayMs = 86_400_000;
let aheadMs = 0;
const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
let control: TestControl;
let people: People;

before(async () => {
  control = await startTestControl(clock);
  people = openPeople(control.database.store, clock);
});
after(() => control.stop());

async function create(body: object, token?: string): Promise<Token> {
  const answer = await control.call<Token & Record<string, unknown>>('POST', '/operator-tokens', { body, token });
  assert.equal(answer.status, 201, answer.text);
  return answer.body;
}

const opens = async (token: string): Promise<number> => (await control.call('GET', '/tenants', { token })).status;

test('a token has a name and its maker, is shown once, and its secret is in no row', async () => {
  const made = await create({ name: 'backups' });
  assert.equal(await opens(made.token), 200);
  assert.match(made.created_by, /^operator:/);
  const read = await control.call('GET', `/operator-tokens/${made.id}`);
  assert.deepEqual([read.body['name'], read.body['token']], ['backups', undefined]);
  const { body } = await control.call<{ items: Token[] }>('GET', '/operator-tokens');
  assert.ok(body.items.some(({ id }) => id === made.id));
  const secret = made.token.split('_')[2] ?? '';
  const rows = await control.database.store.system(
    'test',
    ({ sql }) => sql`select t::text as row from platform_tokens t`,
  );
  assert.ok(rows.length > 1 && !JSON.stringify(rows).includes(secret));
});

test('the token’s id begins with what audit trails call it', async () => {
  const made = await create({ name: 'named in trails' });
  const tenant = await control.call<{ id: string }>('POST', '/tenants', {
    token: made.token,
    body: { slug: 'trail', name: 'Trail' },
  });
  const audit = await control.call<{ items: { actor: string }[] }>('GET', `/tenants/${tenant.body.id}/audit`);
  assert.ok(audit.body.items.some(({ actor }) => actor === `operator:${made.id.slice(0, 8)}`));
});

test('a revoked token is refused from the next call on, and its row stays', async () => {
  const made = await create({ name: 'lost laptop' });
  assert.equal((await control.call('DELETE', `/operator-tokens/${made.id}`)).status, 204);
  assert.equal(await opens(made.token), 401);
  const { body } = await control.call('GET', `/operator-tokens/${made.id}`);
  assert.notEqual(body['revoked_at'], null);
  assert.equal((await control.call('DELETE', `/operator-tokens/${made.id}`)).status, 204, 'again changes nothing');
  assert.equal((await control.call('GET', `/operator-tokens/${made.id}`)).body['revoked_at'], body['revoked_at']);
});

test('a token ends at its time, and makes none that outlives it', async () => {
  const made = await create({ name: 'for a week', expires_in_days: 7 });
  const longer = await create({ name: 'for a year', expires_in_days: 365 }, made.token);
  const forever = await create({ name: 'for ever' }, made.token);
  assert.deepEqual([longer.expires_at, forever.expires_at], [made.expires_at, made.expires_at]);
  assert.equal(await opens(longer.token), 200);
  aheadMs = 8 * dayMs;
  for (const { token } of [made, longer, forever]) assert.equal(await opens(token), 401);
  aheadMs = 0;
});

test('a person’s token ends with their being an operator, however that ends', async () => {
  const user = await people.make('ops@tulou.test');
  await control.database.store.system(
    'test',
    ({ sql }) => sql`update users set verified_at = now() where id = ${user}`,
  );
  const enrol = () => control.call('POST', '/operators', { body: { email: 'ops@tulou.test' } });
  assert.equal((await enrol()).status, 201);
  const made = await create({ name: 'mine' }, await people.token(user));
  assert.equal(made.created_by, `operator:${user}`);
  assert.equal(await opens(made.token), 200);
  assert.equal((await control.call('POST', `/people/${user}/disable`)).status, 200);
  assert.equal(await opens(made.token), 401, 'a disabled person');
  assert.equal((await control.call('POST', `/people/${user}/enable`)).status, 200);
  assert.equal(await opens(made.token), 200);
  assert.equal((await control.call('DELETE', `/operators/${user}`)).status, 204);
  assert.equal(await opens(made.token), 401, 'an operator no more');
});

test('operator tokens are for operators: members see and make none', async () => {
  const { tokens } = await control.makeTenant('members');
  for (const token of [tokens.owner, control.node, '']) {
    const list = await control.call('GET', '/operator-tokens', { token });
    const make = await control.call('POST', '/operator-tokens', { token, body: { name: 'x' } });
    assert.ok([401, 403].includes(list.status) && [401, 403].includes(make.status), `${list.status} ${make.status}`);
  }
  const wrong = await control.call('POST', '/operator-tokens', { body: { name: 'x', expires_in_days: 0 } });
  assert.equal(wrong.status, 400);
  assert.equal((await control.call('GET', '/operator-tokens/unknown0000')).status, 404);
});
