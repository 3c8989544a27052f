/** Text, times and numbers that a database or a parser chokes on, in every parameter of every operation: never a 500. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Operation } from '@tulou/contract';
import { operations as nouns } from '@tulou/contract/operations/index';
import { z } from 'zod';
import { startTestControl, type TestControl } from '../control/fixture.ts';
import { seedOf } from './seeds.ts';
import { fillPath, paramsOf, populate, type View } from './world.ts';

const operations = Object.values(nouns).flatMap((noun) => Object.values<Operation>(noun));

let control: TestControl;
let view: View;
before(async () => {
  control = await startTestControl();
  view = await populate(operations, await control.makeTenant('acme'), 'seed', control.call, control.reportCalls);
});
after(() => control.stop());

/** In the form for an address. No database column can hold those of the first list. */
const unkeepable = ['%00', 'ten_%00', 'MTo%00'];
const inAnyPath = ['%ED%A0%80', '%FF', '9223372036854775808', 'x'.repeat(2000), '%25'];
const cursor = (place: string): string => Buffer.from(`1:${place}`).toString('base64url');
const odd = [
  ...['%ED%A0%80', '%FF', '%E2%80%AE', '0', '-1', '1e400', '99999999999999999999', 'NaN', '9223372036854775808'],
  ...['0000-01-01T00:00:00Z', '0001-01-01T00:00:00%2B23:59', '9999-12-31T23:59:59-23:59', '2026-02-30T00:00:00Z'],
  ...[cursor('\0'), cursor('99999999999999999999'), cursor('app_zzzzzzzzzzzzzzzzzzzzzzzzzz'), cursor('9'.repeat(400))],
  ...['x'.repeat(2000), "'%3B--", '%25', '..%2F..', '\\'],
];
const contents: readonly string[] = [
  ...['"\\u0000"', '"a\\u0000b@c.test"', '"\\ud800"', '{"\\u0000":1}', '["\\udfff"]', '[[["\\u0000"]]]'],
  ...['""', '" "', '"\\u202e"', '"0000-01-01T00:00:00Z"', '"9999-12-31T23:59:59-23:59"', '"0000-02-30T25:00:00Z"'],
  ...['1e400', '-1e400', '9223372036854775808', '-1', '0.5', '1e21', 'null', 'true', '[]', '{}', '[null]', '[{}]'],
];

interface Sent {
  readonly operation: Operation;
  readonly path: string;
  readonly body: string | undefined;
  /** Must be refused as invalid. */
  readonly invalid: boolean;
}

const bodyOf = (operation: Operation, tag: string): Record<string, unknown> =>
  seedOf(operation.id, view, tag) as Record<string, unknown>;

function inPaths(operation: Operation): Sent[] {
  const body = operation.body === undefined ? undefined : JSON.stringify(bodyOf(operation, 'hostile'));
  return paramsOf(operation.path).flatMap((param) =>
    [...unkeepable, ...inAnyPath].map((value) => {
      const template = operation.path.replace(`{${param}}`, '\u0001');
      const path = (fillPath(template, view) ?? '').replace('\u0001', value);
      return { operation, path, body, invalid: unkeepable.includes(value) };
    }),
  );
}

function inQueries(operation: Operation): Sent[] {
  const path = fillPath(operation.path, view) ?? '';
  return Object.keys(operation.query.shape).flatMap((name) =>
    [...unkeepable, ...odd].map((value) => {
      const invalid = unkeepable.includes(value);
      return { operation, path: `${path}?${name}=${value}`, body: undefined, invalid };
    }),
  );
}

function inBodies(operation: Operation): Sent[] {
  if (!(operation.body instanceof z.ZodObject)) return [];
  const path = fillPath(operation.path, view) ?? '';
  const fields = Object.keys(operation.body.shape);
  return fields.flatMap((field, i) =>
    contents.map((content, j) => {
      const seed = bodyOf(operation, `hostile-${i}-${j}`);
      const body = JSON.stringify({ ...seed, [field]: 'HERE' }).replace('"HERE"', content);
      return { operation, path, body, invalid: /\\u0000|\\ud/.test(content) };
    }),
  );
}

async function send({ operation, path, body, invalid }: Sent): Promise<string | undefined> {
  const { status, text } = await control.call(operation.method, path, body === undefined ? {} : { body });
  // A document has rules and an error of its own.
  const isWrong = invalid ? status !== 400 && status !== 422 : status >= 500;
  return isWrong ? `${operation.id} ${path} ${body ?? ''}: ${status} ${text}` : undefined;
}

async function sendAll(all: readonly Sent[]): Promise<string[]> {
  const wrong: string[] = [];
  const queue = all[Symbol.iterator]();
  const work = async (): Promise<void> => {
    for (const one of queue) wrong.push(...[await send(one)].filter((said) => said !== undefined));
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return wrong;
}

for (const [place, from] of [
  ['path', inPaths],
  ['query', inQueries],
  ['body', inBodies],
] as const) {
  test(`a value that cannot be stored is refused in every parameter of the ${place}, and no value there is a 500`, async () => {
    const all = operations.flatMap(from);
    assert.ok(all.length > 500, `${all.length}`);
    const wrong = await sendAll(all);
    assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} of ${all.length}`);
  });
}

test('a document with text that cannot be stored is refused, wherever the text is', async () => {
  const path = fillPath('/tenants/{tenant}/apis/{api}/versions', view) ?? '';
  const operation = { operationId: 'x', responses: { 200: { description: 'y' } } };
  const documents = [
    { info: { title: 'a\0b', version: '1' }, paths: {} },
    { info: { title: 'a', version: '1' }, paths: { '/x': { get: { ...operation, operationId: 'a\0' } } } },
    { info: { title: 'a', version: '1' }, paths: { '/x\ud800': { get: operation } } },
    { info: { title: 'a', version: '1' }, paths: { '/x': { get: { ...operation, summary: '\ud800' } } } },
  ];
  for (const [i, document] of documents.entries()) {
    const body = {
      name: `odd-${i}`,
      upstreams: [{ url: 'http://127.0.0.1:9' }],
      openapi: { openapi: '3.1.0', ...document },
    };
    const { status, text } = await control.call('POST', path, { body });
    assert.ok(status < 500, `${i}: ${status} ${text}`);
  }
});

test('header fields with any byte are no 500', async () => {
  for (const name of ['idempotency-key', 'if-match', 'tulou-reason', 'accept-language']) {
    for (const value of ['\u00ff', 'x'.repeat(5000), '"', '*', ',', '\u00c3\u00a9']) {
      const headers = { [name]: value };
      const answer = await control.call('PATCH', fillPath('/tenants/{tenant}', view) ?? '', { body: {}, headers });
      assert.ok(answer.status < 500, `${name}: ${answer.status} ${answer.text}`);
    }
  }
});
