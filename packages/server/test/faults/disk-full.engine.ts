/** A disk that is really full: a small file system of its own. Needs root on Linux, so CI's engine suite runs it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { familyOf, temporary, tulou, untilGone, up, type Ready, type Started } from './platform.ts';

const run = promisify(execFile);
let place: Awaited<ReturnType<typeof temporary>>;
const mounted: string[] = [];
const platforms: Started[] = [];

before(async () => (place = await temporary()));
after(async () => {
  for (const platform of platforms) {
    const family = await familyOf(platform.pid);
    platform.kill('SIGKILL');
    await untilGone(family);
  }
  for (const path of mounted) await run('umount', [path]);
  await place.remove();
});

/** An empty file system of so many megabytes. */
async function disk(megabytes: number): Promise<string> {
  const path = join(place.path, `disk-${megabytes}`);
  await mkdir(path);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=711`, 'tmpfs', path]);
  mounted.push(path);
  return path;
}

/** Uses all free space. Writing ends with an error, as it should. */
async function fill(path: string): Promise<void> {
  await run('sh', ['-c', 'head -c 4G /dev/zero >"$1" 2>/dev/null || true', 'sh', join(path, 'fill')]);
}

async function call(at: Ready, method: string, path: string, body?: object): Promise<number> {
  const token = (await readFile(join(at.data, 'operator.token'), 'utf8')).trim();
  const answer = await fetch(`${at.platform}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await answer.text();
  return answer.status;
}

test('a disk that is too small is named before anything is written', async () => {
  const data = join(await disk(20), 'data');
  const { code, stderr } = await tulou('up', { data }).ended;
  assert.equal(code, 1);
  assert.match(stderr, /disk of .* is full: \d+ MB are free, 250 MB are needed/);
  assert.match(stderr, /Free some space/);
});

test('a disk that fills as it runs loses nothing: changes are refused, and when there is space again all goes on', async () => {
  const path = await disk(340);
  const data = join(path, 'data');
  const first = await up({ data });
  platforms.push(first);
  assert.equal(await call(first.at, 'POST', '/tenants', { slug: 'kept', name: 'Kept' }), 201);
  await fill(path);
  let status = 201;
  for (let index = 0; status === 201; index += 1) {
    status = await call(first.at, 'POST', '/tenants', { slug: `more-${index}`, name: 'x'.repeat(100) });
  }
  assert.equal(status, 503);
  first.kill('SIGTERM');
  assert.equal((await first.ended).code, 0);

  const full = await tulou('up', { data }).ended;
  assert.equal(full.code, 1);
  assert.match(full.stderr, /is full: 0 MB are free, 50 MB are needed/);

  await rm(join(path, 'fill'));
  const again = await up({ data });
  platforms.push(again);
  assert.equal(await call(again.at, 'GET', '/tenants/kept'), 200);
  assert.equal(await call(again.at, 'POST', '/tenants', { slug: 'after', name: 'After' }), 201);
  again.kill('SIGTERM');
  assert.equal((await again.ended).code, 0);
});
