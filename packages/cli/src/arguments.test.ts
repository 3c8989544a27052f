import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCredential } from '@tulou/contract';
import { findCommand, parseWords } from './arguments.ts';
import { connectionOptions, type Command, type Group } from './command.ts';
import { Failure } from './failure.ts';
import { inLanguage } from './language/say.ts';

const create: Command = {
  kind: 'command',
  summary: 'Create',
  positionals: ['tenant'],
  options: [
    { name: 'slug', type: 'string', summary: '' },
    { name: 'hosts', type: 'string', multiple: true, summary: '' },
    { name: 'yes', type: 'boolean', short: 'y', summary: '' },
    { name: 'file', type: 'string', short: 'f', summary: '' },
  ],
  examples: [],
  run: () => Promise.resolve('ok'),
};
const root: Group = {
  kind: 'group',
  summary: '',
  commands: {
    apis: { kind: 'group', summary: '', commands: { create } },
    whoami: { kind: 'group', summary: '', fallback: 'get', commands: { get: create } },
  },
};

const parse = (...words: string[]) => parseWords(create, ['apis', 'create'], words);
const usage = (pattern: RegExp) => (error: unknown) =>
  error instanceof Failure &&
  error.facts.exit === 'usage' &&
  pattern.test(`${error.message} ${inLanguage(error.facts.help ?? '', 'en')}`);

test('flags may stand before the command, between its words and after it', () => {
  const found = findCommand(
    root,
    ['--url', 'http://x', 'apis', '--data=d', 'create', 'acme', '--slug', 'a'],
    connectionOptions,
  );
  assert.deepEqual(found.path, ['apis', 'create']);
  assert.deepEqual(found.rest, ['--url', 'http://x', '--data=d', 'acme', '--slug', 'a']);
});

test('a noun with one verb needs no verb', () => {
  assert.deepEqual(findCommand(root, ['whoami'], []).path, ['whoami', 'get']);
  assert.deepEqual(findCommand(root, ['whoami', 'acme'], []).rest, ['acme']);
  assert.deepEqual(findCommand(root, ['whoami', 'get', 'acme'], []).rest, ['acme']);
});

test('a word that is no command names the nearest that is', () => {
  assert.throws(() => findCommand(root, ['apsi'], []), usage(/Did you mean "apis"/));
  assert.throws(() => findCommand(root, ['apis', 'craete'], []), usage(/"tulou apis".*Did you mean "create"/));
  assert.throws(() => findCommand(root, ['constructor'], []), usage(/is not a command/));
});

test('values, repetitions, switches and what is negated are read', () => {
  const args = parse('acme', '--slug=a=b', '--hosts', 'x', '--hosts', 'y', '-y', '-f', '-');
  assert.deepEqual(args.positionals, ['acme']);
  assert.deepEqual(
    [...args.flags],
    [
      ['slug', ['a=b']],
      ['hosts', ['x', 'y']],
      ['file', ['-']],
    ],
  );
  assert.equal(args.switches.get('yes'), true);
  assert.equal(parse('--no-yes').switches.get('yes'), false);
  assert.deepEqual(parse('--', '--slug').positionals, ['--slug']);
});

test('what is wrong is said with what would be right', () => {
  assert.throws(() => parse('--slugg', 'x'), usage(/"--slugg".*Did you mean "--slug"/));
  assert.throws(() => parse('--slug'), usage(/needs a value/));
  assert.throws(() => parse('--slug', 'a', '--slug', 'b'), usage(/given twice/));
  assert.throws(() => parse('--yes=perhaps'), usage(/takes no value/));
  assert.throws(() => parse('a', 'b'), usage(/"b" is one argument too many.*<tenant>/));
});

test('a token on the command line is refused wherever it stands, and not said again', () => {
  const token = formatCredential(
    'operator',
    '00000000-0000-0000-0000-000000000000',
    new Uint8Array(8).fill(7),
    new Uint8Array(32).fill(9),
  );
  for (const words of [['--token', 'x'], ['--token=x'], [token], ['--slug', token], [`--slug=${token}`]]) {
    assert.throws(
      () => parse(...words),
      (error) => usage(/--token-file/)(error) && !String((error as Failure).message).includes(token),
      words[0] ?? '',
    );
  }
});
