import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { parseCredential } from '@tulou/contract/credentials';
import { systemClock, type Clock } from '../kernel/clock.ts';
import { systemRandom } from '../kernel/random.ts';
import { behindMsMax, judgeClock } from './clock-check.ts';
import { judgeSpace, openDataDirectory } from './data-directory.ts';
import { holderOf, takeLock } from './lock.ts';
import { ensureToken, readToken } from './tokens.ts';

let root: string;
let dir: string;
let count = 0;
before(async () => (root = await mkdtemp(join(tmpdir(), 'tulou-up-'))));
beforeEach(() => (dir = join(root, `data-${(count += 1)}`)));
after(() => rm(root, { recursive: true }));

/** Opens, confirms and lets go, as a start and an end do. */
async function made(path: string, acceptClock = false): Promise<void> {
  const directory = await openDataDirectory(path, acceptClock, systemClock);
  await directory.confirm();
  directory.lock.release();
}

test('a new directory is made for this user, and found again later', async () => {
  const first = await openDataDirectory(dir, false, systemClock);
  assert.equal(first.isNew, true);
  assert.equal((await stat(first.path)).mode & 0o066, 0, 'others can neither list nor read it');
  await first.confirm();
  first.lock.release();
  const again = await openDataDirectory(dir, false, systemClock);
  assert.equal(again.isNew, false);
  again.lock.release();
});

test('a directory has one holder, who is named; when it lets go the next one gets it', async () => {
  const { lock, path } = await openDataDirectory(dir, false, systemClock);
  await lock.announce({ gateway: 'http://g', platform: 'http://p', admin: { control: 'http://c' } });
  await assert.rejects(takeLock(path), {
    code: 'data_in_use',
    message: new RegExp(`process ${process.pid}, which serves http://p`),
  });
  assert.deepEqual(await holderOf(path), {
    pid: process.pid,
    gateway: 'http://g',
    platform: 'http://p',
    admin: { control: 'http://c' },
  });
  lock.release();
  assert.equal(await holderOf(path), undefined);
  (await takeLock(path)).release();
});

test('asking who holds a directory does not take it', async () => {
  const { lock, path } = await openDataDirectory(dir, false, systemClock);
  await holderOf(path);
  await assert.rejects(takeLock(path), { code: 'data_in_use' });
  lock.release();
});

test('a directory that was refused is not left locked', async () => {
  const opened = await openDataDirectory(dir, false, systemClock);
  opened.lock.release();
  await writeFile(join(dir, 'tulou.json'), '{"layout":99}');
  await assert.rejects(openDataDirectory(dir, false, systemClock), { code: 'data_newer' });
  assert.equal(await holderOf(opened.path), undefined);
  assert.equal(await readFile(join(dir, 'tulou.json'), 'utf8'), '{"layout":99}');
});

test('a damaged mark is not guessed at', async () => {
  await made(dir);
  await writeFile(join(dir, 'tulou.json'), '{"lay');
  await assert.rejects(openDataDirectory(dir, false, systemClock), { code: 'data_damaged' });
});

test('too little space is refused with both numbers', () => {
  const small = { code: 'disk_full', message: /\/data is full: 10 MB are free, 250 MB are needed/ };
  assert.throws(() => judgeSpace('/data', 10 * 2 ** 20, 250 * 2 ** 20), small);
  assert.doesNotThrow(() => judgeSpace('/data', 250 * 2 ** 20, 250 * 2 ** 20));
});

test('a clock may be behind by what time services correct, and no more', () => {
  const trace = { file: 'f', atMs: Date.UTC(2026, 0, 2) };
  assert.doesNotThrow(() => judgeClock(trace.atMs - behindMsMax, trace, 0));
  assert.doesNotThrow(() => judgeClock(trace.atMs + 86_400_000, trace, 0));
  assert.doesNotThrow(() => judgeClock(0, undefined, 0));
  assert.throws(() => judgeClock(trace.atMs - behindMsMax - 1, trace, 0), {
    code: 'clock_behind',
    message: /2026-01-01 23:49 UTC, but f was written at 2026-01-02 00:00 UTC/,
  });
});

test('a clock that an operator accepted is accepted from then on, for what was written until then', async () => {
  await made(dir);
  const mark = join(dir, 'tulou.json');
  const later = new Date(systemClock.now() + 86_400_000);
  await utimes(join(dir, 'running.json'), later, later);
  await assert.rejects(openDataDirectory(dir, false, systemClock), { code: 'clock_behind' });
  const before = await readFile(mark, 'utf8');
  await made(dir, true);
  assert.notEqual(await readFile(mark, 'utf8'), before);
  await made(dir);
});

test('a clock before the day that Tulou was installed is refused on the first start', async () => {
  const clock: Clock = { ...systemClock, now: () => Date.UTC(1970, 0, 1) };
  await assert.rejects(openDataDirectory(dir, false, clock), { code: 'clock_behind' });
});

test('a token is made once, for its owner’s eyes only, and read again', async () => {
  await made(dir);
  const path = join(dir, 'operator.token');
  const token = await ensureToken(path, 'operator', systemRandom);
  const { kind, id } = parseCredential(token) ?? {};
  assert.deepEqual([kind, id?.slice(0, 22)], ['operator', '0'.repeat(22)]);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal(await ensureToken(path, 'operator', systemRandom), token);
  assert.equal(await readToken(path, 'operator'), token);
});

test('a token of another kind, a cut one and a missing one are refused, and never repeated', async () => {
  await made(dir);
  const path = join(dir, 'node.token');
  const token = await ensureToken(path, 'node', systemRandom);
  await assert.rejects(readToken(path, 'operator'), { code: 'token_invalid' });
  await writeFile(path, token.slice(0, -1));
  await assert.rejects(ensureToken(path, 'node', systemRandom), (error: Error & { code: string; remedy: string }) => {
    assert.equal(error.code, 'token_invalid');
    return !`${error.message}${error.remedy}`.includes(token.slice(5, 20));
  });
  await assert.rejects(readToken(join(dir, 'none'), 'node'), { code: 'token_missing' });
});
