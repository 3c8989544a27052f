import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { familyOf, temporary, tulou, until, untilGone, up, type Entry, type Ready } from './platform.ts';

/** One platform and its faults, in this order: each test leaves it running for the next. */
let place: Awaited<ReturnType<typeof temporary>>;
let platform: Awaited<ReturnType<typeof up>>;
let data: string;

before(async () => {
  place = await temporary();
  data = join(place.path, 'data');
  platform = await up({ data });
});
after(async () => {
  platform.kill('SIGKILL');
  await untilGone(await familyOf(platform.pid));
  await place.remove();
});

async function call(at: Ready, method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
  const token = (await readFile(join(data, 'operator.token'), 'utf8')).trim();
  const answer = await fetch(`${at.platform}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text() };
}

const member = (family: readonly Entry[], shape: RegExp): Entry => {
  const found = family.find(({ command }) => shape.test(command));
  assert.ok(found, `no process is like ${shape} among\n${family.map(({ command }) => command).join('\n')}`);
  return found;
};

const postmaster = /^\S*bin\/postgres -D/;

test('it is ready when it says so: every role, and the operator’s token opens the platform', async () => {
  for (const url of Object.values(platform.at.admin)) assert.equal((await fetch(`${url}/readyz`)).status, 200);
  assert.deepEqual(Object.keys(platform.at.admin).toSorted(), ['control', 'gateway', 'worker']);
  const created = await call(platform.at, 'POST', '/tenants', { slug: 'acme', name: 'Acme' });
  assert.equal(created.status, 201, created.text);
  assert.equal((await stat(join(data, 'operator.token'))).mode & 0o777, 0o600);
  assert.equal((await stat(join(data, 'node.token'))).mode & 0o777, 0o600);
});

test('a second one on the same data says who has it, and changes nothing', async () => {
  const taken = new URL(platform.at.platform).host;
  const second = await tulou('up', { data, args: ['--platform', taken] }).ended;
  assert.equal(second.code, 1);
  assert.match(second.stderr, new RegExp(`in use by process ${platform.pid}\\b.*${platform.at.platform}`));
  assert.match(second.stderr, /--data/);
  assert.equal((await call(platform.at, 'GET', '/tenants/acme')).status, 200);
});

test('the doctor finds it well', async () => {
  const { code, stdout } = await tulou('doctor', { data, args: ['--json'] }).ended;
  assert.equal(code, 0, stdout);
  const { findings } = JSON.parse(stdout) as { findings: { check: string; detail: string }[] };
  assert.match(findings.find(({ check }) => check === 'roles')?.detail ?? '', /control, worker, gateway ready/);
});

test('keys are rotated beside it, and one in wrong hands is taken away, with nothing but its data directory', async () => {
  const kids = async (): Promise<string[]> => {
    const answer = await fetch(`${platform.at.platform}/oauth2/jwks`);
    return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  };
  const before = new Set(await kids());
  const rotated = await tulou('rotate-keys', { data, ports: [] }).ended;
  assert.equal(rotated.code, 0, rotated.stderr);
  await until(async () => (await kids()).some((kid) => !before.has(kid)));
  const [kept] = (await kids()).filter((kid) => before.has(kid));
  assert.ok(kept !== undefined);
  const removed = await tulou('rotate-keys', { data, ports: [], args: [`--remove=${kept}`] }).ended;
  assert.equal(removed.code, 0, removed.stderr);
  await until(async () => !(await kids()).includes(kept));
});

test('a killed PostgreSQL comes back by itself, with its data', async () => {
  const before = member(await familyOf(platform.pid), postmaster);
  process.kill(before.pid, 'SIGKILL');
  await untilGone([before]);
  await until(async () => (await call(platform.at, 'GET', '/tenants/acme')).status === 200);
  assert.notEqual(member(await familyOf(platform.pid), postmaster).pid, before.pid);
});

test('each killed role comes back by itself, on the same addresses', async () => {
  for (const role of ['control', 'worker', 'gateway']) {
    const before = member(await familyOf(platform.pid), new RegExp(`main\\.ts ${role}$`));
    process.kill(before.pid, 'SIGKILL');
    await untilGone([before]);
    const admin = platform.at.admin[role] ?? '';
    await until(async () => (await fetch(`${admin}/readyz`).catch(() => undefined))?.status === 200);
  }
  await until(async () => (await call(platform.at, 'GET', '/tenants/acme')).status === 200);
});

test('the supervisor killed: no PostgreSQL and no role is left, and the next start finds the data', async () => {
  const family = await familyOf(platform.pid);
  member(family, postmaster);
  platform.kill('SIGKILL');
  await untilGone(family);
  platform = await up({ data });
  assert.equal((await call(platform.at, 'GET', '/tenants/acme')).status, 200);
});

test('everything killed at once: the next start finds the data', async () => {
  assert.equal((await call(platform.at, 'POST', '/tenants', { slug: 'late', name: 'Late' })).status, 201);
  const family = await familyOf(platform.pid);
  platform.kill('SIGKILL');
  for (const { pid } of family) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It may have ended together with the one before it.
      assert.equal((error as NodeJS.ErrnoException).code, 'ESRCH');
    }
  }
  await untilGone(family);
  platform = await up({ data });
  assert.equal((await call(platform.at, 'GET', '/tenants/late')).status, 200);
});

test('the guard of PostgreSQL and the supervisor killed: the orphan is stopped by the next start', async () => {
  const family = await familyOf(platform.pid);
  const orphan = member(family, postmaster);
  for (const { pid, command } of family) if (command.startsWith('/bin/sh -c')) process.kill(pid, 'SIGKILL');
  platform.kill('SIGKILL');
  platform = await up({ data });
  await untilGone([orphan]);
  assert.equal((await call(platform.at, 'GET', '/tenants/late')).status, 200);
});

test('SIGTERM ends everything in order, with exit code 0 and nothing on its output but the one line', async () => {
  const family = await familyOf(platform.pid);
  platform.kill('SIGTERM');
  const { code, stdout, stderr } = await platform.ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), platform.at);
  await untilGone(family);
});
