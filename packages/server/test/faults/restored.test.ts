/** A whole installation on an embedded database, backed up while it runs, and restored on a machine that has nothing. */
import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { clientOf, type Client } from '../control/fixture.ts';
import { make, makeDeveloper, makeProvider, subscribe } from '../control/nouns.ts';
import { temporary, tulou, until, up, type Ended, type Started } from './platform.ts';

let place: Awaited<ReturnType<typeof temporary>>;
const at = (name: string): string => join(place.path, name);
const file = (): string => at('all.tulou');

before(async () => void (place = await temporary()));
after(() => place.remove());

const command = (name: string, data: string, ...args: string[]): Promise<Ended> =>
  tulou(name, { data, ports: [], args }).ended;

async function clientAt(platform: Awaited<ReturnType<typeof up>>): Promise<Client> {
  const token = (await readFile(join(platform.at.data, 'operator.token'), 'utf8')).trim();
  return clientOf(`${platform.at.platform}/api/v1`, token);
}

async function stop(started: Started): Promise<void> {
  started.kill('SIGTERM');
  assert.equal((await started.ended).code, 0);
}

/** The gateway's answer to a key: 502 if it forwards the call to the upstream, which does not exist. */
const callWith = async (gateway: string, key: string): Promise<number> =>
  (await fetch(`${gateway}/seller/orders/v1/x`, { headers: { authorization: `Bearer ${key}` } })).status;

test('backup while it runs, restore into an empty directory, start: the same tenants, keys and rights', async () => {
  const first = await up({ data: at('first') });
  const call = await clientAt(first);
  await makeProvider(call, 'seller');
  const { key } = await makeDeveloper(call, 'buyer');
  await subscribe(call, 'buyer', 'seller');
  await until(async () => (await callWith(first.at.gateway, String(key['key']))) === 502);
  const made = await command('backup', at('first'), file(), '--json');
  assert.equal(made.code, 0, made.stderr);
  const said = JSON.parse(made.stdout) as Record<string, unknown>;
  assert.deepEqual([said['event'], said['file']], ['backup', file()]);
  assert.equal((await stat(file())).mode & 0o777, 0o600);
  assert.equal((await command('backup', at('first'), file())).code, 1, 'a second one does not overwrite it');
  await make(call, '/tenants', { slug: 'too-late', name: 'Too late' });

  const running = await command('restore', at('first'), file(), '--replace', '--yes');
  assert.match(running.stderr, /is in use by process/);

  await mkdir(at('second'), { mode: 0o711 });
  const without = await command('restore', at('second'), file());
  assert.match(without.stderr, /needs the master key/);
  await copyFile(join(at('first'), 'master.key'), join(at('second'), 'master.key'));
  const restored = await command('restore', at('second'), file());
  assert.equal(restored.code, 0, restored.stderr);
  assert.match(restored.stdout, /whole configuration anew/);
  await stop(first);

  const second = await up({ data: at('second') });
  const there = await clientAt(second);
  const tenants = await there<{ items: { slug: string }[] }>('GET', '/tenants');
  assert.deepEqual(tenants.body.items.map(({ slug }) => slug).toSorted(), ['buyer', 'seller']);
  await until(async () => (await callWith(second.at.gateway, String(key['key']))) === 502);
  const keys = await (await fetch(`${second.at.platform}/oauth2/jwks`)).text();
  assert.match(keys, /"kid"/);
  const doctor = await command('doctor', at('second'), '--json');
  const { findings } = JSON.parse(doctor.stdout) as { findings: { check: string; verdict: string; detail: string }[] };
  const verdicts = Object.fromEntries(findings.map(({ check, verdict }) => [check, verdict]));
  for (const check of ['database rights', 'roles', 'gateway address', 'platform address']) {
    assert.equal(verdicts[check], 'ok', JSON.stringify(findings));
  }
  const address = findings.find(({ check }) => check === 'gateway address');
  assert.ok(address?.detail.includes(second.at.gateway), 'doctor names the address that is served');
  await stop(second);
});

test('a stopped installation is backed up too, and a backup replaces its data only with the flag', async () => {
  const stopped = await command('backup', at('second'), at('stopped.tulou'));
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.match(stopped.stdout, /needs the master key: keep a copy of .*master\.key/);
  const refused = await command('restore', at('second'), at('stopped.tulou'));
  assert.match(refused.stderr, /not empty.*\n.*--replace/);
  const unasked = await command('restore', at('second'), at('stopped.tulou'), '--replace');
  assert.match(unasked.stderr, /--yes/);
  const done = await command('restore', at('second'), at('stopped.tulou'), '--replace', '--yes');
  assert.equal(done.code, 0, done.stderr);
});

test('a wrong line is answered with the right one', async () => {
  const bare = await command('backup', at('second'));
  assert.equal(bare.code, 2);
  assert.match(bare.stderr, /FILE is missing/);
  assert.match((await command('restore', at('second'), 'a', 'b')).stderr, /one argument too many/);
  assert.match((await command('restore', at('second'), at('none.tulou'))).stderr, /none\.tulou cannot be read/);
  assert.match((await command('backup', at('nowhere'), at('n.tulou'))).stderr, /no data directory/);
});
