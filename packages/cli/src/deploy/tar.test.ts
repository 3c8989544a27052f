import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { artifactPath } from '@tulou/contract/hosting';
import { findArchiveFault, hasFile } from '../../../server/src/hosting/content/archive.ts';
import { packTar, type PackedFile } from './tar.ts';

const segment = fc.stringMatching(/^[a-zA-Z0-9._äöü-]{1,40}$/).filter((text) => text !== '.' && text !== '..');
const path = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('/'))
  .filter((text) => artifactPath.safeParse(text).success && Buffer.byteLength(text) <= 150);
const file = fc.record({
  path,
  bytes: fc.uint8Array({ maxLength: 1500 }),
  isExecutable: fc.boolean(),
});
/** No path is a folder of another one. */
const files = fc
  .uniqueArray(file, { selector: (one) => one.path, minLength: 1, maxLength: 20 })
  .filter((all) => all.every((one) => !all.some((other) => other.path.startsWith(`${one.path}/`))));

test('control takes every archive that is packed, with each of its files, and any order makes the same bytes', async () => {
  await fc.assert(
    fc.asyncProperty(files, async (all: readonly PackedFile[]) => {
      const archive = packTar(all);
      assert.ok(packTar(all.toReversed()).equals(archive));
      assert.equal(await findArchiveFault(Readable.from([archive])), undefined);
      for (const one of all) assert.equal(await hasFile(Readable.from([archive]), one.path), true, one.path);
      assert.equal(await hasFile(Readable.from([archive]), 'absent/file'), false);
    }),
    { numRuns: 60 },
  );
});

test('a path that the platform does not take is refused by its name', () => {
  for (const name of ['../a', '/a', 'a//b', 'a/./b', 'a\\b', 'a\nb', 'a'.repeat(101), `${'a/'.repeat(120)}b`]) {
    const packed = { path: name, bytes: new Uint8Array(), isExecutable: false };
    assert.throws(() => packTar([packed]), /too long, or has a name/, name);
  }
});
