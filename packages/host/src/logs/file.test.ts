import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LogFile } from './file.ts';

test('a log on disk keeps its last lines, in two files of bounded size', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tulou-log-'));
  try {
    const path = join(dir, 'new', 'a.jsonl');
    for (let run = 0; run < 2; run += 1) {
      // A file that is there already is continued.
      const file = new LogFile(path, 1000);
      for (let i = 0; i < 100; i += 1) {
        file.add(`${run} ${i} ${'x'.repeat(50)}`);
        await file.flush();
      }
    }
    assert.ok((await readFile(path, 'utf8')).trimEnd().endsWith(`1 99 ${'x'.repeat(50)}`));
    const sizes = await Promise.all([path, `${path}.1`].map(async (each) => (await stat(each)).size));
    assert.ok(
      sizes.every((size) => size <= 1100),
      sizes.join(),
    );
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  } finally {
    await rm(dir, { recursive: true });
  }
});
