import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { pack, type Header } from 'tar-stream';
import { ArtifactFault } from '../reconcile/runner.ts';
import { Artifacts } from './artifacts.ts';

type Entry = Partial<Header> & { readonly name: string; readonly text?: string };

async function tar(...entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { text, ...header } of entries) archive.entry(header, text ?? '');
  archive.finalize();
  const parts: Uint8Array[] = [];
  for await (const part of archive) parts.push(part as Uint8Array);
  return Buffer.concat(parts);
}

describe('artifacts', () => {
  let dir: string;
  let fetches = 0;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tulou-artifacts-'));
    fetches = 0;
  });
  afterEach(() => rm(dir, { recursive: true }));

  const prepare = async (bytes: Buffer, over: { digest?: string; size?: number } = {}): Promise<string> => {
    const artifacts = await open(bytes);
    return artifacts.prepare(artifactOf(bytes, over));
  };
  const open = async (bytes: Buffer): Promise<Artifacts> => {
    const artifacts = new Artifacts(join(dir, 'a'), async () => {
      fetches += 1;
      return (async function* parts() {
        for (let at = 0; at < bytes.byteLength; at += 700) yield bytes.subarray(at, at + 700);
      })();
    });
    await artifacts.open();
    return artifacts;
  };
  const artifactOf = (bytes: Buffer, { digest, size }: { digest?: string; size?: number }) => ({
    artifact: {
      digest: digest ?? `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
      size_bytes: size ?? bytes.byteLength,
    },
  });
  const refused = async (
    bytes: Buffer,
    expected: RegExp,
    over: { digest?: string; size?: number } = {},
  ): Promise<void> => {
    await assert.rejects(
      prepare(bytes, over),
      (error) => error instanceof ArtifactFault && expected.test(error.message),
    );
    assert.deepEqual(await readdir(join(dir, 'a')), [], 'nothing is left');
    assert.deepEqual(await readdir(dir), ['a'], 'nothing is outside');
  };

  test('files, folders and the executable bit are unpacked for every user to read', async () => {
    const folder = await prepare(
      await tar(
        { name: './', type: 'directory' },
        { name: 'lib/', type: 'directory', mode: 0o700 },
        { name: 'lib/deep/a.js', text: 'a', mode: 0o600 },
        { name: 'run', text: 'b', mode: 0o4755 },
      ),
    );
    assert.equal(await readFile(join(folder, 'lib', 'deep', 'a.js'), 'utf8'), 'a');
    const modes = await Promise.all(
      ['', 'lib', 'lib/deep', 'lib/deep/a.js', 'run'].map((each) => stat(join(folder, each))),
    );
    assert.deepEqual(
      modes.map(({ mode }) => (mode & 0o7777).toString(8)),
      ['755', '755', '755', '644', '755'],
    );
  });

  test('what is unpacked once is not fetched again, by callers at one time or later', async () => {
    const bytes = await tar({ name: 'a', text: 'a' });
    const artifacts = await open(bytes);
    await Promise.all([1, 2, 3].map(() => artifacts.prepare(artifactOf(bytes, {}))));
    await artifacts.prepare(artifactOf(bytes, {}));
    assert.equal(fetches, 1);
    await artifacts.keepOnly(new Set());
    assert.deepEqual(await readdir(join(dir, 'a')), []);
  });

  for (const [what, entry] of Object.entries({
    'a symbolic link': { name: 'a', type: 'symlink', linkname: '/etc/passwd' },
    'a hard link': { name: 'a', type: 'link', linkname: '/etc/passwd' },
    'a device': { name: 'a', type: 'character-device', devmajor: 1, devminor: 1 },
    'a named pipe': { name: 'a', type: 'fifo' },
    'a path that leads out': { name: '../x' },
    'a path that leads out later': { name: 'a/../../x' },
    'an absolute path': { name: '/etc/x' },
    'a path with a backslash': { name: 'a\\b' },
  } satisfies Record<string, Entry>))
    test(`${what} is refused`, async () =>
      refused(await tar({ name: 'ok', text: 'x' }, entry), /path|files and folders/));

  test('a file through a symbolic link of the same archive is refused', async () => {
    await refused(
      await tar({ name: 'd', type: 'symlink', linkname: '/' }, { name: 'd/x', text: 'x' }),
      /files and folders/,
    );
  });
  test('one name twice is refused', async () => {
    await refused(await tar({ name: 'a', text: '1' }, { name: 'a', text: '2' }), /twice/);
  });
  test('a file that is a folder too is refused', async () => {
    await refused(await tar({ name: 'a', text: '1' }, { name: 'a/b', text: '2' }), /one name/);
  });
  test('no archive, a cut one and an empty one are refused', async () => {
    const whole = await tar({ name: 'a', text: 'x'.repeat(5000) });
    await refused(Buffer.from('PK\u0003\u0004 this is no tar'.repeat(100)), /no tar/);
    await refused(whole.subarray(0, 2000), /no tar|ended/);
    await refused(Buffer.alloc(1024), /empty/);
  });
  test('other bytes than the digest says, and more of them, are refused', async () => {
    const bytes = await tar({ name: 'a', text: 'a' });
    await refused(bytes, /digest/, { digest: `sha256:${'0'.repeat(64)}` });
    await refused(bytes, /digest/, { size: 100 });
  });
  test('bytes that end early are an error of the connection, which is tried again', async () => {
    const bytes = await tar({ name: 'a', text: 'a' });
    await assert.rejects(prepare(bytes, { size: 5000 }), (error) => !(error instanceof ArtifactFault));
  });
});
