import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { limits } from '@tulou/contract';
import { sha256 } from '../../src/kernel/hash.ts';
import { readFeed } from './feed.ts';
import { startTestControl, type TestControl, type TestTenant } from './fixture.ts';
import { make } from './nouns.ts';

let control: TestControl;
let tenant: TestTenant;
before(async () => {
  control = await startTestControl();
  tenant = await control.makeTenant('acme');
});
after(() => control.stop());

const members = '/tenants/acme/members';
let invited = 0;
const invite = (role = 'viewer') => make(control.call, members, { email: `new-${(invited += 1)}@example.test`, role });

interface Mail {
  readonly subject: string;
  readonly secret_body: string;
}

function mailsTo(email: unknown): Promise<readonly Mail[]> {
  return control.database.store.system(
    'test',
    ({ sql }) => sql<Mail[]>`select * from mails where recipient = ${String(email)} order by id`,
  );
}

interface Row {
  readonly id: string;
  readonly secret_hash: string;
  readonly created_at: Date;
  readonly expires_at: Date;
}

function invitationsOf(member: string): Promise<readonly Row[]> {
  return control.database.store.system(
    'test',
    ({ sql }) => sql<Row[]>`select * from invitations where member = ${member}`,
  );
}

const linkOf = (mail: Mail | undefined): URL => new URL(/http\S+/.exec(mail?.secret_body ?? '')?.[0] ?? '');
const partsOf = (mail: Mail | undefined): string[] => [...linkOf(mail).searchParams.values()];

/** The work of identity when the invitation is accepted. */
async function join(member: string, user: string): Promise<void> {
  await control.database.store.system(
    'test',
    ({ sql }) => sql`update members set user_id = ${user} where id = ${member}`,
  );
}

test('a new member is mailed an invitation, whose secret is kept as a hash only', async () => {
  const member = await invite();
  assert.equal(member['joined'], false);
  const mails = await mailsTo(member['email']);
  assert.equal(mails.length, 1);
  const [inTenant, invitation, secret = ''] = partsOf(mails[0]);
  const [row] = await invitationsOf(member.id);
  assert.deepEqual([inTenant, invitation, sha256(secret)], [tenant.id, row?.id, row?.secret_hash]);
  assert.equal(Number(row?.expires_at) - Number(row?.created_at), limits.invitationDays * 86_400_000);
  const answers = await Promise.all(
    ['/audit?limit=5', '/members'].map((one) => control.call('GET', `/tenants/acme${one}`)),
  );
  for (const { text } of answers) assert.ok(!text.includes(secret));
});

test('the mail leads to the page that takes invitations, in words of both languages', async () => {
  const [mail] = await mailsTo((await invite())['email']);
  const { origin, pathname, searchParams } = linkOf(mail);
  assert.deepEqual([origin, pathname], ['http://platform.test', '/account/invitation']);
  assert.deepEqual([...searchParams.keys()], ['tenant', 'invitation', 'secret']);
  assert.ok(mail?.secret_body.includes('You are invited') && mail.secret_body.includes('您受邀'));
});

test('a new invitation makes the one before void', async () => {
  const member = await invite();
  const answer = await control.call('POST', `${members}/${member.id}/invite`);
  assert.deepEqual([answer.status, answer.body], [200, member]);
  const mails = await mailsTo(member['email']);
  const rows = await invitationsOf(member.id);
  assert.deepEqual([mails.length, rows.length], [2, 1]);
  assert.equal(rows[0]?.id, partsOf(mails[1])[1]);
});

test('who has joined is not invited again', async () => {
  const member = await invite();
  await join(member.id, 'usr_00000000000000000000000001');
  assert.equal((await control.call('GET', `${members}/${member.id}`)).body['joined'], true);
  const answer = await control.call('POST', `${members}/${member.id}/invite`);
  assert.deepEqual([answer.status, answer.body['code']], [409, 'state_conflict']);
});

test('developers and viewers cannot invite', async () => {
  const member = await invite();
  for (const role of ['developer', 'viewer'] as const)
    assert.equal(
      (await control.call('POST', `${members}/${member.id}/invite`, { token: tenant.tokens[role] })).status,
      403,
    );
});

test('when a member goes or gets another role, gateways refuse the tokens that the person has', async () => {
  const told = async (user: string): Promise<{ before: number; until: number } | undefined> => {
    const found = (await readFeed(control)).changes.find(({ key }) => key === `user:${user}`);
    return found?.object as { before: number; until: number } | undefined;
  };
  const [first, second, third] = [await invite(), await invite('admin'), await invite()];
  const users = ['usr_00000000000000000000000002', 'usr_00000000000000000000000003', 'usr_00000000000000000000000004'];
  for (const [index, member] of [first, second, third].entries()) await join(member.id, users[index] ?? '');
  await control.call('DELETE', `${members}/${first.id}`);
  await control.call('PATCH', `${members}/${second.id}`, { body: { role: 'viewer' } });
  await control.call('PATCH', `${members}/${third.id}`, { body: { role: 'viewer' } });
  const denials = await Promise.all(users.map(told));
  for (const denial of denials.slice(0, 2)) {
    assert.ok(denial !== undefined && denial.until - denial.before >= limits.accessTokenSecondsMax);
  }
  assert.equal(denials[2], undefined);
});
