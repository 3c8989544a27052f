/** Faults of a machine, and the message of `tulou up` about each: it ends with a code that is not 0, and does no damage. */
import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { appendFile, chmod, chown, mkdir, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openPool } from '../../src/store/pool.ts';
import { openTestDatabase } from '../harness.ts';
import { temporary, tulou, up, type Ended, type StartOptions } from './platform.ts';

let place: Awaited<ReturnType<typeof temporary>>;
let taken: Server;
let count = 0;

before(async () => {
  place = await temporary();
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
});
after(async () => {
  taken.close();
  await place.remove();
});

const fresh = (): string => join(place.path, `data-${(count += 1)}`);

/** Starts, and expects an end with this message for a person. */
async function refuses(options: StartOptions, ...says: readonly RegExp[]): Promise<Ended> {
  const ended = await tulou('up', options).ended;
  assert.notEqual(ended.code, 0);
  for (const shape of says) assert.match(ended.stderr, shape);
  assert.doesNotMatch(ended.stderr, /\n\s+at /, 'a person is shown no stack');
  return ended;
}

test('programs get the error in one line of JSON, and nothing on the output that they read', async () => {
  const { port } = taken.address() as AddressInfo;
  const args = ['--gateway', `127.0.0.1:${port}`, '--json'];
  const { code, stdout, stderr } = await tulou('up', { data: fresh(), args }).ended;
  assert.deepEqual([code, stdout], [1, '']);
  const { event, code: reason, remedy } = JSON.parse(stderr) as Record<string, string>;
  assert.deepEqual([event, reason], ['failed', 'port_in_use']);
  assert.match(remedy ?? '', /--gateway/);
});

test('a taken port is named, with its flag and a free one', async () => {
  const { port } = taken.address() as AddressInfo;
  const named = [new RegExp(`Port ${port} of 127.0.0.1 is taken`)];
  await refuses({ data: fresh(), args: ['--gateway', `127.0.0.1:${port}`] }, ...named, /--gateway 127.0.0.1:\d+/);
  await refuses({ data: fresh(), args: ['--platform', `127.0.0.1:${port}`] }, ...named, /--platform 127.0.0.1:\d+/);
});

test('an address of another machine is named, with its flag', async () => {
  await refuses({ data: fresh(), args: ['--gateway', '192.0.2.1:8080'] }, /192\.0\.2\.1:8080/, /--gateway/);
});

test('a data directory that is a file is left as it is', async () => {
  const data = fresh();
  await writeFile(data, 'dear diary');
  await refuses({ data }, /is not a directory/, /--data/);
  await refuses({ data: join(data, 'below') }, /under a file/, /--data/);
  assert.equal(await readFile(data, 'utf8'), 'dear diary');
});

test('a data directory that this user may not write is named', async () => {
  const data = fresh();
  await mkdir(data);
  await chmod(data, 0o555);
  const identity = process.getuid?.() === 0 ? { identity: { uid: 65_534, gid: 65_534 } } : {};
  await refuses({ data, ...identity }, /not writable/, /right to write/);
  assert.deepEqual(await readdir(data), []);
});

test('the data of a newer Tulou is left as it is', async () => {
  const data = fresh();
  await mkdir(data, { mode: 0o711 });
  const mark = '{"layout":99,"made_at":"2031-01-01T00:00:00Z","shape":"unknown"}\n';
  await writeFile(join(data, 'tulou.json'), mark);
  await refuses({ data }, /newer Tulou/, /Start that newer version/);
  assert.equal(await readFile(join(data, 'tulou.json'), 'utf8'), mark);
});

test('the database of a newer Tulou is left as it is', async () => {
  const database = await openTestDatabase();
  const owner = openPool({ url: database.url, connectionsMax: 1 });
  await owner`insert into schema_migrations (number, name, hash) values (9999, '9999_future', 'x')`;
  const env = { TULOU_DATABASE_URL: database.url };
  await refuses({ data: fresh(), env }, /9999_future/, /newer version/);
  await owner.end();
  await database.close();
});

test('an outside database that is not there is named, without its password', async () => {
  const env = { TULOU_DATABASE_URL: 'postgres://tulou:sesame@127.0.0.1:1/shop' };
  const { stderr } = await refuses({ data: fresh(), env }, /shop at 127\.0\.0\.1:1/, /TULOU_DATABASE_URL/);
  assert.doesNotMatch(stderr, /sesame/);
});

test('a wrong setting is named, with its shape and an example', async () => {
  await refuses({ data: fresh(), env: { TULOU_UPSTREAM_ALLOW: 'all' } }, /TULOU_UPSTREAM_ALLOW/, /loopback,private/);
  await refuses({ data: fresh(), args: ['--gateway', '8080'] }, /--gateway takes HOST:PORT/, /127.0.0.1:8080/);
});

test('a damaged token is not replaced behind its owner’s back', async () => {
  const data = fresh();
  await mkdir(data, { mode: 0o711 });
  await writeFile(join(data, 'operator.token'), 'tlo_cut');
  const { stderr } = await refuses({ data }, /operator\.token/, /Restore the file/);
  assert.doesNotMatch(stderr, /tlo_cut/);
  assert.equal(await readFile(join(data, 'operator.token'), 'utf8'), 'tlo_cut');
});

test('a clock that is a day behind the data is named; the operator can say that it is right', async () => {
  const data = fresh();
  await mkdir(data, { mode: 0o711 });
  await writeFile(join(data, 'tulou.json'), '{"layout":1,"made_at":"2026-01-01T00:00:00Z"}\n');
  const tomorrow = new Date(Date.now() + 86_400_000);
  await utimes(join(data, 'tulou.json'), tomorrow, tomorrow);
  await refuses({ data }, /clock says .* UTC, but .*tulou\.json was written at/, /timedatectl.*--accept-clock/);
  const platform = await up({ data, args: ['--accept-clock'] });
  platform.kill('SIGTERM');
  assert.equal((await platform.ended).code, 0);
});

test('a PostgreSQL that cannot start shows its own last words, and starts again when it is mended', async () => {
  const data = fresh();
  const first = await up({ data });
  first.kill('SIGTERM');
  assert.equal((await first.ended).code, 0);
  const settings = join(data, 'postgres', 'data', 'postgresql.conf');
  const { length } = await readFile(settings);
  await appendFile(settings, '\nshared_bufers = 1GB\n');
  await refuses({ data }, /\| .*shared_bufers/, /data is untouched/);
  await truncate(settings, length);
  const again = await up({ data });
  again.kill('SIGTERM');
  assert.equal((await again.ended).code, 0);
});

test('the doctor names each thing that is wrong, and how to mend it', async () => {
  const { port } = taken.address() as AddressInfo;
  const data = fresh();
  await mkdir(data);
  await writeFile(join(data, 'operator.token'), 'x', { mode: 0o644 });
  await chown(data, process.getuid?.() ?? 0, process.getgid?.() ?? 0);
  const { code, stdout } = await tulou('doctor', { data, args: ['--gateway', `127.0.0.1:${port}`] }).ended;
  assert.equal(code, 1);
  assert.match(stdout, new RegExp(`WRONG +gateway address +Port ${port}`));
  assert.match(stdout, /WRONG +data directory +others can read .*operator\.token\n.*chmod 600/);
  assert.match(stdout, /2 things are wrong/);
});
