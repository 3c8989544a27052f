/** Outside databases as administrators set them up: owners whose rights are not inherited, standbys, full servers. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { after, before, test } from 'node:test';
import { systemClock as clock, type Clock } from '../../src/kernel/clock.ts';
import { openLog } from '../../src/kernel/log.ts';
import { OperatorError } from '../../src/kernel/operator-error.ts';
import { openPool, type Pool } from '../../src/store/pool.ts';
import { prepare, probe } from '../../src/store/prepare.ts';
import { findPrivilegeFaults } from '../../src/store/privileges.ts';
import { openStore } from '../../src/store/store.ts';
import { startTestControl } from '../control/fixture.ts';
import { makeProvider } from '../control/nouns.ts';
import { openTestDatabase, startTestServer, type TestServer } from '../harness.ts';

const log = openLog('test', 'silent');
let server: TestServer;
let superuser: Pool;

before(async () => {
  server = await startTestServer();
  superuser = openPool({ url: server.superuserUrl, connectionsMax: 1 });
});
after(async () => {
  await superuser.end();
  await server.stop();
});

/** A database whose owner cannot log in, and a login that may act as the owner but does not inherit its rights. */
async function databaseOf(grant: string): Promise<{ url: string; superuserUrl: string; login: string }> {
  const name = `out_${randomBytes(4).toString('hex')}`;
  const login = `${name}_login`;
  await superuser.unsafe(`create role ${name}_owner nologin createrole`);
  await superuser.unsafe(`create role ${login} login noinherit`);
  await superuser.unsafe(`create database ${name} owner ${name}_owner`);
  if (grant !== '') await superuser.unsafe(`grant ${name}_owner to ${login} ${grant}`);
  const [file] = await superuser<[{ path: string }]>`select current_setting('ident_file') as path`;
  await appendFile(file.path, `tulou "${userInfo().username}" ${login}\n`);
  await superuser`select pg_reload_conf()`;
  const url = new URL(server.superuserUrl);
  url.pathname = `/${name}`;
  const superuserUrl = url.href;
  url.username = login;
  return { url: url.href, superuserUrl, login };
}

test('a login that must take the owner’s role to use it migrates and serves', async () => {
  const { url, superuserUrl } = await databaseOf('with inherit false, set true');
  await prepare(url, log);
  assert.deepEqual((await probe(url)).pending, []);
  assert.deepEqual(await findPrivilegeFaults(url), []);
  const store = openStore({ url, connectionsMax: 8 }, clock);
  const control = await startTestControl(clock, { url, superuserUrl, store, close: () => store.close() });
  await makeProvider(control.call, 'outside');
  assert.equal((await control.call('GET', '/tenants/outside/audit/verify')).body['holds'], true);
  await control.stop();
});

test('a login without a required right gets its name, with the statements for the administrator', async () => {
  const { url, login } = await databaseOf('');
  const rejected = (error: unknown): boolean => {
    assert.ok(error instanceof OperatorError, String(error));
    assert.equal(error.code, 'database_rights');
    return true;
  };
  await assert.rejects(prepare(url, log), rejected);
  // The user may create tables, but another user owns the two roles.
  await superuser.unsafe(`alter database ${new URL(url).pathname.slice(1)} owner to ${login}`);
  await assert.rejects(prepare(url, log), (error: OperatorError) => {
    assert.match(error.remedy, new RegExp(`grant tulou_tenant, tulou_system to "${login}"`));
    return rejected(error);
  });
});

test('a server without a connection left is waited for at the start, and served when it has one', async () => {
  const { url, login } = await databaseOf('with inherit true, set true');
  await superuser.unsafe(`grant tulou_tenant, tulou_system to ${login} with inherit false, set true`);
  await superuser.unsafe(`alter role ${login} connection limit 0`);
  await assert.rejects(prepare(url, log), { code: 'database_unreachable', message: /no connection left/ });
  let waits = 0;
  const waiting: Clock = {
    ...clock,
    after(_delayMs, task) {
      waits += 1;
      if (waits === 3) void superuser.unsafe(`alter role ${login} connection limit -1`).then(task);
      else void superuser`select 1`.then(task);
      return { cancel: () => undefined };
    },
  };
  await prepare(url, log, waiting);
  assert.equal(waits, 3);
});

test('a database in which a right was opened or a policy removed is found out by doctor’s check', async () => {
  const database = await openTestDatabase();
  const owner = openPool({ url: database.superuserUrl, connectionsMax: 1 });
  assert.deepEqual(await findPrivilegeFaults(database.url), []);
  for (const [undo, fault] of [
    ['alter table apps no force row level security', /apps does not force/],
    ['alter table keys disable row level security', /keys has no row-level/],
    ['drop policy tenant_isolation on plans', /plans lacks the policy/],
    [
      'drop policy tenant_isolation on tokens; create policy tenant_isolation on tokens to tulou_tenant using (true)',
      /tokens lacks/,
    ],
    ['grant select on members to public', /members is open to every role/],
    ['revoke select on audit from tulou_system', /may not read the table audit/],
  ] as const) {
    await owner.unsafe(undo);
    assert.ok(
      (await findPrivilegeFaults(database.url)).some((said) => fault.test(said)),
      undo,
    );
  }
  await owner.end();
  await database.close();
});
