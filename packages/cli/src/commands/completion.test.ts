import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStage } from '../../test/stage.ts';
import { commands } from '../main.ts';
import { candidates } from './completion.ts';

const offered = (...words: string[]): string[] => candidates(commands, words).map((line) => line.split('\t')[0] ?? '');

test('commands, nouns and verbs are offered by their beginning', () => {
  assert.deepEqual(offered('app'), ['apply', 'apps', 'approvals']);
  assert.ok(offered('').includes('up') && offered('').includes('tenants'));
  assert.deepEqual(offered('versions', 'o'), ['openapi']);
  assert.ok(!offered('').includes('__complete'));
});

test('flags of the command are offered, those given only where they may come again', () => {
  assert.deepEqual(offered('plans', 'create', 'acme', 'orders', '--sl'), ['--slug']);
  assert.deepEqual(offered('plans', 'create', '--slug', 'x', '--sl'), []);
  assert.deepEqual(offered('plans', 'create', '--limits', 'requests=1,per=day', '--lim'), ['--limits']);
  assert.ok(offered('--').includes('--url'));
});

test('values that are known are offered after their flag, also where a shell splits at the equals sign', () => {
  assert.deepEqual(offered('plans', 'create', '--approval', ''), ['auto', 'manual']);
  assert.deepEqual(offered('plans', 'create', '--approval', '=', 'm'), ['manual']);
  assert.deepEqual(offered('completion', ''), ['bash', 'zsh', 'fish']);
});

test('where anything could stand nothing is offered, so that the shell offers files', () => {
  assert.deepEqual(offered('apply', '-f', ''), []);
  assert.deepEqual(offered('nonsense', ''), []);
});

test('each candidate has its meaning behind a tab, on one line', async () => {
  await using stage = await openStage();
  const ran = await stage.tulou(['__complete', '--', 'tenants', '']);
  assert.equal(ran.code, 0);
  assert.match(ran.out, /^create\tCreate a tenant$/m);
});

test('each shell has a script, and no other', async () => {
  await using stage = await openStage();
  for (const shell of ['bash', 'zsh', 'fish']) {
    const ran = await stage.tulou(['completion', shell]);
    assert.equal(ran.code, 0);
    assert.match(ran.out, /__complete/);
  }
  assert.equal((await stage.tulou(['completion', 'csh'])).code, 64);
  assert.equal((await stage.tulou(['completion'])).code, 64);
});
