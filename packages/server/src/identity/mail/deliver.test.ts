import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { openLog } from '../../kernel/log.ts';
import { openTestDatabase, type TestDatabase } from '../../../test/harness.ts';
import { startSmtp, type SmtpServer } from '../../../test/smtp.ts';
import { openMailer, type Mailer } from './mailer.ts';
import { expireMails } from './expire.ts';
import { sendMails, type MailJobDeps } from './deliver.ts';

let aheadMs = 0;
const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
const from = 'Tulou <no-reply@tulou.test>';
let database: TestDatabase;
let server: SmtpServer;
let mailer: Mailer;
let deps: MailJobDeps;
before(async () => {
  database = await openTestDatabase();
});
after(() => database.close());
beforeEach(async () => {
  server = await startSmtp();
  mailer = openMailer({ url: server.url, from });
  deps = { store: database.store, clock, log: openLog('worker', 'silent'), mailer };
  await deps.store.system('test', ({ sql }) => sql`delete from mails`);
});
afterEach(async () => {
  mailer.close();
  await server.close();
});

async function put(id: string, recipient = 'ann@shop.test', subject = 'Hello'): Promise<void> {
  const now = new Date(clock.now());
  await deps.store.system(
    'test',
    ({ sql }) => sql`insert into mails (id, recipient, subject, secret_body, created_at, next_at)
      values (${id}, ${recipient}, ${subject}, ${'打开 https://x.test/?secret=1\n.\nend\n'}, ${now}, ${now})`,
  );
}

interface Row {
  readonly body: string;
  readonly sent: boolean;
  readonly dead: boolean;
  readonly attempts: number;
}
const read = async (id: string): Promise<Row | undefined> =>
  deps.store.system('test', async ({ sql }) => {
    const [row] = await sql<Row[]>`
      select secret_body as body, sent_at is not null as sent, dead_at is not null as dead, attempts from mails where id = ${id}`;
    return row;
  });

test('a mail is sent once, to its one recipient, and what it said is forgotten', async () => {
  await put('m1');
  await sendMails(deps, 0);
  await sendMails(deps, 0);
  const [mail, more] = server.received;
  assert.equal(more, undefined);
  assert.deepEqual([mail?.from, mail?.to], ['no-reply@tulou.test', ['ann@shop.test']]);
  assert.match(mail?.data ?? '', /^From: Tulou <no-reply@tulou\.test>\r$/m);
  assert.match(mail?.data ?? '', /^Message-ID: <m1@tulou\.test>\r$/im);
  assert.match(mail?.data ?? '', /^Auto-Submitted: auto-generated\r$/im);
  assert.deepEqual(await read('m1'), { body: '', sent: true, dead: false, attempts: 1 });
});

test('neither an address nor a subject can add recipients or fields', async () => {
  await put('m1', 'ann@shop.test, eve@evil.test', 'Hi\r\nBcc: eve@evil.test');
  await sendMails(deps, 0);
  for (const { to, data } of server.received) {
    assert.equal(to.length, 1);
    assert.doesNotMatch(data, /^bcc:/im);
  }
});

test('what the server does not take now is tried again later, ever later, and given up in the end', async () => {
  await put('m1');
  server.answerRecipients('451 greylisted');
  await sendMails(deps, 0);
  assert.deepEqual([(await read('m1'))?.attempts, (await read('m1'))?.dead], [1, false]);
  await sendMails(deps, 0);
  assert.equal((await read('m1'))?.attempts, 1, 'not before its time');
  for (let i = 2; i <= 12; i += 1) {
    aheadMs += 7 * 3600_000;
    await sendMails(deps, 0);
    assert.equal((await read('m1'))?.attempts, i);
  }
  assert.equal((await read('m1'))?.dead, true);
  server.answerRecipients('250 ok');
  aheadMs += 7 * 3600_000;
  await sendMails(deps, 0);
  assert.equal(server.received.length, 0);
});

test('a refused recipient is not tried again, and holds nobody else up', async () => {
  server.answerRecipients('550 no such user');
  await put('m1');
  await sendMails(deps, 0);
  assert.deepEqual((await read('m1'))?.dead, true);
  server.answerRecipients('250 ok');
  await put('m2');
  await sendMails(deps, 0);
  assert.equal(server.received.length, 1);
});

test('while the server is away nothing is lost, and one mail a piece of work finds that out', async () => {
  await Promise.all([put('m1'), put('m2')]);
  await server.close();
  await sendMails(deps, 0);
  assert.deepEqual([(await read('m1'))?.attempts, (await read('m2'))?.attempts], [1, 0]);
});

test('where no server is set, mails stay as they are until they are too old', async () => {
  await put('m1');
  const { mailer: _, ...without } = deps;
  await sendMails(without, 0);
  assert.equal((await read('m1'))?.attempts, 0);
  aheadMs += 13 * 86_400_000;
  await expireMails(deps, 0);
  assert.ok(await read('m1'));
  aheadMs += 2 * 86_400_000;
  await expireMails(deps, 0);
  assert.equal(await read('m1'), undefined);
});
