/** The environment of each role that `tulou up` starts, and the master key and the ports of a start. */
import assert from 'node:assert/strict';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { formatCredential } from '@tulou/contract';
import { systemRandom } from '../../src/kernel/random.ts';
import { openPool } from '../../src/store/pool.ts';
import { clientOf } from '../control/fixture.ts';
import { openTestDatabase, type TestDatabase } from '../harness.ts';
import { familyOf, temporary, tulou, until, up, type Started } from './platform.ts';

let place: Awaited<ReturnType<typeof temporary>>;
let database: TestDatabase;
const data = (): string => join(place.path, 'data');
const nilTenant = '00000000-0000-0000-0000-000000000000';

before(async () => {
  place = await temporary();
  database = await openTestDatabase();
});
after(async () => {
  await place.remove();
  await database.close();
});

async function stop(started: Started): Promise<void> {
  started.kill('SIGTERM');
  assert.equal((await started.ended).code, 0);
}

const start = (env: Record<string, string> = {}): ReturnType<typeof up> =>
  up({ data: data(), env: { TULOU_DATABASE_URL: database.url, ...env } });

test('a gateway receives no path of the operator’s token, the master key or the database, and no secret', async () => {
  const platform = await start({
    TULOU_SMTP_URL: 'smtp://u:mail-password@127.0.0.1:9',
    TULOU_MAIL_FROM: 'a@b.test',
    PGPASSWORD: 'pg-password',
    AWS_SECRET_ACCESS_KEY: 'cloud-secret',
  });
  const told = async (role: string): Promise<string> => {
    const found = (await familyOf(platform.pid)).find(({ command }) => command.endsWith(`main.ts ${role}`));
    assert.ok(found, role);
    const files = ['environ', 'cmdline'].map((name) => readFile(`/proc/${found.pid}/${name}`, 'latin1'));
    return (await Promise.all(files)).join('\0').replaceAll('\0', '\n');
  };
  const gateway = await told('gateway');
  assert.match(gateway, /TULOU_CONTROL_URL=/, 'the environment was read');
  assert.doesNotMatch(gateway, /operator|master|postgres|DATABASE|SMTP|password|secret/i);
  const worker = await told('worker');
  assert.match(worker, /TULOU_DATABASE_URL=/);
  assert.doesNotMatch(worker, /operator|master|node\.token|pg-password|cloud-secret/i);
  assert.doesNotMatch(await told('control'), /mail-password|pg-password|cloud-secret/);
  await stop(platform);
});

test('a start with another master key, or with none, is refused with what to do, and makes no new one', async () => {
  const key = join(data(), 'master.key');
  const right = await readFile(key, 'utf8');
  const refused = async (shape: RegExp): Promise<void> => {
    const ended = await tulou('up', { data: data(), env: { TULOU_DATABASE_URL: database.url } }).ended;
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, shape);
    assert.match(ended.stderr, /Nothing was changed/);
    assert.doesNotMatch(ended.stderr, /\n\s+at /);
  };
  await rename(key, `${key}.away`);
  await refused(/made with a master key, but .*master\.key is not there/);
  await assert.rejects(readFile(key), { code: 'ENOENT' });
  const other = Buffer.from(systemRandom.bytes(32)).toString('base64url');
  await writeFile(key, `${other}\n`, { mode: 0o600 });
  await refused(/master\.key is not the one that this database was made with/);
  assert.equal((await readFile(key, 'utf8')).trim(), other);
  await writeFile(key, right);
  await stop(await start());
});

test('a database from before the check value is held to the key that opens its signing keys', async () => {
  const superuser = openPool({ url: database.superuserUrl, connectionsMax: 1 });
  await superuser`truncate installation`;
  await superuser.end();
  const key = join(data(), 'master.key');
  const right = await readFile(key, 'utf8');
  await rm(key);
  const env = { TULOU_DATABASE_URL: database.url };
  assert.match((await tulou('up', { data: data(), env }).ended).stderr, /made with a master key/);
  await writeFile(key, `${Buffer.from(systemRandom.bytes(32)).toString('base64url')}\n`, { mode: 0o600 });
  assert.match((await tulou('up', { data: data(), env }).ended).stderr, /not the one/);
  await writeFile(key, right);
  await stop(await start());
});

test('a replaced operator token counts without a restart, and revokes the one before', async () => {
  const platform = await start();
  const file = join(data(), 'operator.token');
  const old = (await readFile(file, 'utf8')).trim();
  const call = clientOf(`${platform.at.platform}/api/v1`, old);
  const made = await call<{ id: string; token: string }>('POST', '/operator-tokens', { body: { name: 'ci' } });
  assert.equal(made.status, 201, made.text);
  const next = formatCredential('operator', nilTenant, systemRandom.bytes(8), systemRandom.bytes(32));
  await writeFile(file, `${next}\n`, { mode: 0o600 });
  await until(async () => (await call('GET', '/tenants', { token: next })).status === 200);
  assert.equal((await call('GET', '/tenants', { token: old })).status, 401);
  assert.equal((await call('GET', '/tenants', { token: made.body.token })).status, 200, 'a named token stays');
  await writeFile(file, `${old}\n`);
  await stop(platform);
  const again = await start();
  const later = clientOf(`${again.at.platform}/api/v1`, old);
  assert.equal((await later('GET', '/tenants')).status, 401, 'a revoked token does not come back');
  assert.equal((await later('GET', '/tenants', { token: next })).status, 200);
  await stop(again);
});

const listening = async (): Promise<{ server: Server; port: number }> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
};

test('both ports are tried before one is refused, and the line to type has a free one for each', async () => {
  const [a, b] = await Promise.all([listening(), listening()]);
  const fresh = join(place.path, 'it’s fresh');
  await mkdir(fresh, { mode: 0o711 });
  const ports = ['--gateway', `127.0.0.1:${a.port}`, '--platform', `127.0.0.1:${b.port}`];
  for (const [event, command] of [
    ['start', 'npm start --'],
    ['npx', 'npx tulou up'],
  ] as const) {
    const { code, stderr } = await tulou('up', { data: fresh, ports, env: { npm_lifecycle_event: event } }).ended;
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`Port ${a.port} of 127.0.0.1 and Port ${b.port} of 127.0.0.1`));
    const [, first, second] = /Type `.* --gateway 127\.0\.0\.1:(\d+) --platform 127\.0\.0\.1:(\d+)`/.exec(stderr) ?? [];
    assert.ok(stderr.includes(`Type \`${command} --data '${fresh}' --gateway`), stderr);
    assert.equal(new Set([String(a.port), String(b.port), first, second]).size, 4);
  }
  a.server.close();
  b.server.close();
});
