import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { tarOf, uploadOf } from '../../../test/isolation/tar.ts';
import { ContentStore } from './store.ts';

let folder = '';
let content: ContentStore;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tulou-content-'));
  content = new ContentStore(folder);
});
after(() => rm(folder, { recursive: true }));

const name = (n: number): string => `art_${String(n).padStart(26, '0')}`;

/** Stores an archive whole, and returns its digest. */
async function store(n: number, text: string): Promise<string> {
  const archive = tarOf('a.js', text);
  const { digest } = uploadOf(archive);
  await content.gather(name(n), 0, archive);
  await content.complete(name(n), digest);
  return digest;
}

test('a content is there whole once it is complete, and not before', async () => {
  const archive = tarOf('a.js', 'x'.repeat(3000));
  const { digest } = uploadOf(archive);
  await content.gather(name(1), 0, archive.subarray(0, 1000));
  assert.equal(await content.gathered(name(1)), 1000);
  assert.equal(await content.has(digest), false);
  await content.gather(name(1), 1000, archive.subarray(1000));
  await content.complete(name(1), digest);
  const found = await content.read(digest);
  assert.equal(found?.sizeBytes, archive.length);
  assert.ok(Buffer.concat((await found?.bytes.toArray()) as Buffer[]).equals(archive));
  assert.equal(await content.gathered(name(1)), 0);
});

test('a piece at an earlier place drops what followed it', async () => {
  const [long, short] = [tarOf('a.js', 'y'.repeat(9000)), tarOf('a.js', 'y')];
  await content.gather(name(2), 0, long);
  await content.gather(name(2), 0, short);
  await content.complete(name(2), uploadOf(short).digest);
  assert.equal((await content.read(uploadOf(short).digest))?.sizeBytes, short.length);
});

test('an upload that is not what its digest says leaves nothing, and no content of this digest', async () => {
  const { digest } = uploadOf(tarOf('a.js', 'right'));
  await content.gather(name(3), 0, tarOf('a.js', 'wrong'));
  await assert.rejects(content.complete(name(3), digest), { code: 'artifact_invalid' });
  assert.deepEqual([await content.has(digest), await content.gathered(name(3))], [false, 0]);
});

test('the sweep removes old files that no artifact needs, and keeps the others', async () => {
  const [needed, unneeded, young] = [await store(4, 'needed'), await store(5, 'unneeded'), await store(6, 'young')];
  await content.gather(name(7), 0, Buffer.from('stopped'));
  await content.gather(name(8), 0, Buffer.from('goes on'));
  const old = new Date(Date.now() - 3_600_000);
  for (const path of await readdir(folder, { recursive: true })) {
    if (!path.includes(young.slice('sha256:'.length))) await utimes(join(folder, path), old, old);
  }
  const asked: string[] = [];
  await content.sweep(new Date(Date.now() - 1_800_000), (names) => {
    asked.push(...names);
    return Promise.resolve(new Set([needed, name(8)]));
  });
  assert.deepEqual([asked.includes(needed), asked.includes(young)], [true, false]);
  const has = await Promise.all([needed, unneeded, young].map((digest) => content.has(digest)));
  assert.deepEqual(has, [true, false, true]);
  assert.deepEqual(await readdir(join(folder, 'incoming')), [name(8)]);
});
