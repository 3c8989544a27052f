/** Promises about the command of every operation in the tables: they hold for those of tomorrow, too. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCommand, parseWords } from '../arguments.ts';
import { openStage } from '../../test/stage.ts';
import { commands } from '../main.ts';
import { schemaOf } from '../schema.ts';
import { operationCommand } from './command.ts';
import { effectIds, effectOf } from './effects.ts';
import { fieldsOf, flagName } from './fields.ts';
import { allOperations, isPaged, nounOf, paramsOf, verbOf } from './registry.ts';
import { callOf } from './request.ts';

test('every operation has a command under its noun and verb', () => {
  assert.ok(allOperations.length >= 40);
  for (const operation of allOperations) {
    const { node, path } = findCommand(commands, [nounOf(operation), verbOf(operation)], []);
    assert.equal(node.kind, 'command', operation.id);
    assert.equal(path.join('.'), operation.id);
  }
});

test('every field can be set by a flag of its own: none hides behind an option that has its name', () => {
  for (const operation of allOperations) {
    const bodyFields = operation.body === undefined ? [] : fieldsOf(schemaOf(operation.body, 'input'));
    const fields = [...fieldsOf(schemaOf(operation.query, 'input')), ...bodyFields].map((one) => one.field);
    const names = [...paramsOf(operation), ...fields].map(flagName);
    assert.equal(new Set(names).size, names.length, `${operation.id}: one name twice in ${names.join(' ')}`);
    const summaries = operationCommand(operation).options.filter((one) => names.includes(one.name));
    assert.equal(summaries.length, names.length, `${operation.id}: a general option stands in the way`);
    const general = [
      'json',
      'yes',
      'url',
      'data',
      'context',
      'token-file',
      'reason',
      'file',
      'set',
      'all',
      'wide',
      'verbose',
      'output',
      'if-match',
      'idempotency-key',
      'etag',
      'help',
    ];
    assert.deepEqual(
      names.filter((name) => general.includes(name)),
      [],
      operation.id,
    );
  }
});

test('no two options of a command share their letter', () => {
  for (const operation of allOperations) {
    const letters = operationCommand(operation).options.flatMap((one) => one.short ?? []);
    assert.equal(new Set(letters).size, letters.length, operation.id);
  }
});

test('the example of every command can be typed as it stands', async () => {
  await using stage = await openStage();
  await stage.io().files.writeFile(`${stage.dir}/openapi.yaml`, 'openapi: 3.1.0\n');
  for (const operation of allOperations) {
    const [example = ''] = operationCommand(operation).examples;
    const { node, path, rest } = findCommand(commands, example.split(' ').slice(1), []);
    assert.ok(node.kind === 'command', example);
    const call = await callOf(operation, parseWords(node, path, rest), stage.io());
    assert.doesNotMatch(call.path, /[{}]/, example);
    if (operation.body === undefined) continue;
    const parsed = operation.body.safeParse(call.body);
    const wrong = parsed.success
      ? []
      : parsed.error.issues.filter((issue) => !String(issue.message).startsWith('an id'));
    assert.deepEqual(wrong, [], example);
  }
});

test('the table of consequences names operations that exist, and DELETE always asks', () => {
  const ids = new Set<string>(allOperations.map((one) => one.id));
  assert.deepEqual(
    effectIds.filter((id) => !ids.has(id)),
    [],
  );
  for (const one of allOperations.filter(({ method }) => method === 'DELETE'))
    assert.equal(effectOf(one)?.asks, 'always', one.id);
});

test('lists that come in pages can be read whole', () => {
  const paged = allOperations.filter(isPaged).map((one) => one.id);
  for (const id of ['tenants.list', 'apis.list', 'keys.list', 'audit.list', 'catalog.list'])
    assert.ok(paged.includes(id as never), id);
  assert.ok(!paged.includes('usage.get'));
});

test('path parameters are arguments in order, flags, or both', async () => {
  await using stage = await openStage();
  const forms = [
    'apis get acme orders',
    'apis get --tenant acme orders',
    'apis get orders --tenant acme',
    'apis get --api orders --tenant acme',
    'apis get acme --api=orders',
  ];
  for (const form of forms) {
    const { node, path, rest } = findCommand(commands, form.split(' '), []);
    const operation = allOperations.find((one) => one.id === 'apis.get');
    assert.ok(node.kind === 'command' && operation !== undefined);
    const call = await callOf(operation, parseWords(node, path, rest), stage.io());
    assert.equal(call.path, '/tenants/acme/apis/orders', form);
  }
});

test('what stands in a path is encoded, and never a step up', async () => {
  await using stage = await openStage({ TULOU_URL: 'http://127.0.0.1:1' });
  const asked: string[] = [];
  const fetch = (url: unknown) => {
    asked.push(String(url));
    return Promise.resolve(Response.json({}));
  };
  await stage.tulou(['apis', 'get', 'a/b', 'c?d#e'], { fetch: fetch });
  assert.deepEqual(asked, ['http://127.0.0.1:1/api/v1/tenants/a%2Fb/apis/c%3Fd%23e']);
  for (const word of ['..', '.', '']) {
    const ran = await stage.tulou(['apis', 'get', word, 'orders'], { fetch: fetch });
    assert.equal(ran.code, 64, word);
  }
  assert.equal(asked.length, 1);
});
