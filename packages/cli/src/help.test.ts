import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStage } from '../test/stage.ts';
import { exitCodes } from './exit.ts';
import { commands } from './main.ts';
import type { Node } from './command.ts';
import { widthOf } from './terminal/text.ts';

function walk(node: Node, path: readonly string[]): (readonly string[])[] {
  if (node.kind === 'command') return [path];
  return [path, ...Object.entries(node.commands).flatMap(([word, child]) => walk(child, [...path, word]))];
}

/** Usage, examples, and the form of an option: lines that are copied. */
const meantToBeWhole = /^(?:Usage: | {2}(?:-., )?--\S+ \S+$| {2}(?:tulou|source|pass) )/;

test('there is help at every level, on the standard output, and no line wider than the terminal', async () => {
  await using stage = await openStage({ NO_COLOR: '1' });
  for (const path of walk(commands, [])) {
    const ran = await stage.tulou([...path, '--help'], { columns: 80 });
    assert.equal(ran.code, 0, path.join(' '));
    assert.match(ran.out, /Usage: tulou/);
    assert.equal(ran.err, '');
    const tooWide = ran.out.split('\n').filter((line) => widthOf(line) > 80 && !meantToBeWhole.test(line));
    assert.deepEqual(tooWide, [], path.join(' '));
  }
});

test('"help" before the words is "--help" behind them', async () => {
  await using stage = await openStage();
  const before = await stage.tulou(['help', 'apis', 'create']);
  const behind = await stage.tulou(['apis', 'create', '-h']);
  assert.equal(before.out, behind.out);
  assert.match(before.out, /--visibility public\|private/);
});

test('a group without a verb is a usage error that shows the verbs', async () => {
  await using stage = await openStage();
  const ran = await stage.tulou(['apis']);
  assert.equal(ran.code, 64);
  assert.equal(ran.out, '');
  assert.match(ran.err, /create .*Create an API/);
});

test('the exit codes are told in one table', async () => {
  await using stage = await openStage();
  const { out } = await stage.tulou(['help', 'exit-codes']);
  for (const [code] of Object.values(exitCodes)) assert.match(out, new RegExp(`^  ${code} `, 'm'));
});

test('an argument that may be left out stands in brackets, and no heading stands over nothing', async () => {
  await using stage = await openStage();
  const { out } = await stage.tulou(['logout', '--help']);
  assert.match(out, /^Usage: tulou logout \[name\] /m);
  assert.doesNotMatch(out, /^Options:$/m);
});

test('colours are for terminals, and NO_COLOR takes them away', async () => {
  await using stage = await openStage();
  const escape = '\u001b[';
  assert.ok((await stage.tulou(['--help'], { columns: 80 })).out.includes(escape));
  assert.ok(!(await stage.tulou(['--help'], { columns: 80, env: { NO_COLOR: '1' } })).out.includes(escape));
  assert.ok(!(await stage.tulou(['--help'])).out.includes(escape));
});

test('the version is told in words and as JSON', async () => {
  await using stage = await openStage();
  assert.match((await stage.tulou(['version'])).out, /^tulou \d+\.\d+\.\d+\n$/);
  assert.match((await stage.tulou(['--version'])).out, /^tulou \d/);
  assert.match((await stage.tulou(['version', '--json'])).out, /^\{"version":"[\d.]+","node":"v24[\d.]+"\}\n$/);
});
