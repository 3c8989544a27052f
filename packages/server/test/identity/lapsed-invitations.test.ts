/** An invitation ends with the rights of the member who made it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestControl, type TestControl, type TestTenant } from '../control/fixture.ts';
import { make, type Made } from '../control/nouns.ts';
import { platformUrl } from '../control/people.ts';
import { openBrowser, type Browser, type Page } from './browser.ts';

let control: TestControl;
let tenant: TestTenant;
before(async () => {
  control = await startTestControl();
  tenant = await control.makeTenant('acme');
});
after(() => control.stop());

const members = '/tenants/acme/members';
let people = 0;

/** A member of this role with a token, who can be demoted. */
async function newMember(role: string): Promise<{ id: string; token: string }> {
  const made = await make(control.call, members, { email: `maker-${(people += 1)}@acme.test`, role });
  const { token } = await make(control.call, '/tenants/acme/tokens', { member: made.id, name: 't' });
  return { id: made.id, token: String(token) };
}

const invite = (role: string, token?: string): Promise<Made> =>
  make(control.call, members, { email: `new-${(people += 1)}@acme.test`, role }, token);

async function linkOf({ email }: Made): Promise<string> {
  const [mail] = await control.database.store.system(
    'test',
    ({ sql }) => sql<{ body: string }[]>`
      select secret_body as body from mails where recipient = ${String(email)} order by id desc limit 1`,
  );
  return /http\S+/.exec(mail?.body ?? '')?.[0] ?? '';
}

const browser = (language = 'en'): Browser => openBrowser(platformUrl, { at: control.url, language });

async function open(member: Made, language?: string): Promise<Page> {
  return browser(language).open(await linkOf(member));
}

test('an invitation of a member who was demoted below the role opens nothing, and says why', async () => {
  const maker = await newMember('admin');
  const member = await invite('admin', maker.token);
  const lower = await invite('developer', maker.token);
  assert.match((await open(member)).text, /Join/);
  await control.call('PATCH', `${members}/${maker.id}`, { body: { role: 'developer' } });
  const page = await open(member);
  assert.equal(page.status, 410);
  assert.match(page.text, /may not give this role any more/);
  assert.match((await open(member, 'zh-CN')).text, /已无权授予此角色/);
  assert.equal((await open(lower)).status, 200, 'a role that the maker still has is given');
  // Somebody who has the rank invites again.
  await control.call('POST', `${members}/${member.id}/invite`, { token: tenant.tokens.owner });
  assert.equal((await open(member)).status, 200);
});

test('an invitation of a member who was removed opens nothing; an operator’s stays', async () => {
  const maker = await newMember('owner');
  const member = await invite('viewer', maker.token);
  const other = await invite('owner');
  assert.equal((await control.call('DELETE', `${members}/${maker.id}`)).status, 204);
  assert.equal((await open(member)).status, 410);
  assert.equal((await open(other)).status, 200);
});

test('who demotes themselves while the page is open does not get the other in', async () => {
  const maker = await newMember('admin');
  const member = await invite('admin', maker.token);
  const visitor = browser();
  const page = await visitor.open(await linkOf(member));
  await control.call('PATCH', `${members}/${maker.id}`, { body: { role: 'viewer' } });
  const refused = await visitor.submit(page, { name: 'New Person', password: 'correct horse battery' });
  assert.equal(refused.status, 410);
  assert.equal((await control.call('GET', `${members}/${member.id}`)).body['joined'], false);
});
