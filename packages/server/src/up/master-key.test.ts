import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { OperatorError } from '../kernel/operator-error.ts';
import { systemRandom } from '../kernel/random.ts';
import { ensureMasterKey, readMasterKey } from './master-key.ts';

const inDirectory = async (work: (path: string) => Promise<void>): Promise<void> => {
  const dir = await mkdtemp(join(tmpdir(), 'tulou-key-'));
  try {
    await work(join(dir, 'master.key'));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};
const failed = (code: string) => (error: unknown) => error instanceof OperatorError && error.code === code;

test('the first start makes a key that only its owner can read, later ones keep it', () =>
  inDirectory(async (path) => {
    await ensureMasterKey(path, systemRandom);
    const text = await readFile(path, 'utf8');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await ensureMasterKey(path, systemRandom);
    assert.equal(await readFile(path, 'utf8'), text);
    assert.equal((await readMasterKey(path)).length, 32);
  }));

test('a missing or damaged key is said to be, and never replaced', () =>
  inDirectory(async (path) => {
    await assert.rejects(readMasterKey(path), failed('master_key_missing'));
    await writeFile(path, 'half a key');
    await assert.rejects(readMasterKey(path), failed('master_key_invalid'));
    await assert.rejects(ensureMasterKey(path, systemRandom), failed('master_key_invalid'));
    assert.equal(await readFile(path, 'utf8'), 'half a key');
  }));
