/** The command as a process: launcher, exit codes, pipes, shells. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launchedCommands } from '@tulou/contract/commands';

const launcher = fileURLToPath(new URL('../bin/tulou', import.meta.url));
let home = '';

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'tulou-cli-'));
});
after(() => rm(home, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function sh(script: string, shell = 'sh'): Promise<Ended> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, TULOU_URL: 'http://127.0.0.1:1', tulou: launcher };
  return new Promise((resolve) => {
    execFile(shell, ['-c', script], { env, cwd: home }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, out, err });
    });
  });
}

test('the launcher runs it from anywhere, and the exit code is that of the table', async () => {
  const version = await sh('sh "$tulou" version');
  assert.match(version.out, /^tulou \d+\.\d+\.\d+\n$/);
  assert.equal(version.code, 0);
  assert.equal((await sh('sh "$tulou" aplly')).code, 64);
  const away = await sh('sh "$tulou" tenants list');
  assert.equal(away.code, 69);
  assert.match(away.err, /tulou up/);
  assert.equal(away.out, '');
});

test('the launcher gives exactly the commands of the table to the server program', async () => {
  const text = await readFile(launcher, 'utf8');
  const [, list = ''] = /^ {2}(\S[^)]*)\) program=.*server/m.exec(text) ?? [];
  assert.deepEqual(list.split(' | ').toSorted(), Object.keys(launchedCommands).toSorted());
});

test('a reader that has seen enough is no error', async () => {
  const ran = await sh('sh "$tulou" help | head -n 1');
  assert.match(ran.out, /^Usage: tulou/);
  assert.equal(ran.err, '');
});

test('a question without a terminal is refused, not waited for', async () => {
  const ran = await sh('sh "$tulou" apis delete acme orders </dev/null');
  assert.equal(ran.code, 64);
  assert.match(ran.err, /--yes/);
});

test('bash completes words with the script it is given', async () => {
  const script = `
    tulou() { sh "${launcher}" "$@"; }
    source <(tulou completion bash)
    COMP_WORDS=(tulou versions cr) COMP_CWORD=2
    _tulou
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const ran = await sh(script, 'bash');
  assert.equal(ran.err, '');
  assert.equal(ran.out, 'create\n');
});
