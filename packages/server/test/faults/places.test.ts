import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chown, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { checkout, familyOf, temporary, tulou, untilGone, up, type StartOptions } from './platform.ts';

const run = promisify(execFile);
let place: Awaited<ReturnType<typeof temporary>>;
before(async () => (place = await temporary()));
after(() => place.remove());

/** Starts, asks the platform as the operator, stops. */
async function serves(options: StartOptions): Promise<void> {
  const platform = await up(options);
  const family = await familyOf(platform.pid);
  const token = (await readFile(join(options.data, 'operator.token'), 'utf8')).trim();
  const answer = await fetch(`${platform.at.platform}/api/v1/tenants`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(answer.status, 200);
  platform.kill('SIGTERM');
  assert.equal((await platform.ended).code, 0);
  await untilGone(family);
}

test('a data directory with spaces, umlauts, quotes and a path too long for a socket is a data directory', async () => {
  const data = join(place.path, `Bücher & "Zahlen", it's`, '数据', 'x'.repeat(120), 'tulou data');
  await serves({ data });
  const sockets = await readFile(join(data, 'postgres', 'sockets.location'), 'utf8');
  await serves({ data });
  assert.equal(await readFile(join(data, 'postgres', 'sockets.location'), 'utf8'), sockets, 'it is used again');
  await rm(sockets, { recursive: true });
});

/** As root: another user, without the right to write to the checkout. Otherwise this user. */
async function asNormalUser(): Promise<Pick<StartOptions, 'identity' | 'root'>> {
  if (process.getuid?.() !== 0) return {};
  const identity = { uid: 65_534, gid: 65_534 };
  const reads = await run('test', ['-r', join(checkout, 'package.json')], identity).then(
    () => true,
    () => false,
  );
  if (reads) return { identity };
  const root = join(place.path, 'checkout');
  await run('cp', ['-a', '--link', checkout, root]).catch(() => run('cp', ['-a', checkout, root]));
  return { identity, root };
}

test('a normal user starts it, in a directory of theirs', async () => {
  const { identity, root } = await asNormalUser();
  const home = join(place.path, 'home');
  await mkdir(home, { mode: 0o700 });
  if (identity !== undefined) await chown(home, identity.uid, identity.gid);
  await serves({ data: join(home, '.tulou'), ...(identity && { identity }), ...(root && { root }) });
});

test('the command finds itself through links, from any directory', async () => {
  const link = join(place.path, 'bin');
  await mkdir(link);
  await symlink(join(checkout, 'packages/cli/bin/tulou'), join(link, 'first'));
  await symlink('first', join(link, 'tulou'));
  const { stdout } = await run(join(link, 'tulou'), ['up', '--help'], { cwd: '/' });
  assert.match(stdout, /^tulou up \[options\]/);
});

test('an outside PostgreSQL is used where one is given, and none is brought', async () => {
  const { openTestDatabase } = await import('../harness.ts');
  const database = await openTestDatabase();
  const data = join(place.path, 'outside');
  await serves({ data, env: { TULOU_DATABASE_URL: database.url } });
  await assert.rejects(readFile(join(data, 'postgres', 'data', 'PG_VERSION')), { code: 'ENOENT' });
  await database.close();
});

test('where nothing is asked, help is printed; an unknown command or flag is a mistake of the caller', async () => {
  const { code, stderr } = await tulou('up', { data: join(place.path, 'none'), args: ['--nonesuch'] }).ended;
  assert.equal(code, 2);
  assert.match(stderr, /nonesuch.*\n.*tulou up --help/);
});
