/** Documents that are expensive to read, beside the calls of others. The process of this file is control. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { make, makeProvider } from './nouns.ts';
import { startTestControl, type TestControl } from './fixture.ts';

let control: TestControl;
const providers = ['one', 'two', 'three', 'four'] as const;
before(async () => {
  control = await startTestControl();
  for (const provider of providers) await makeProvider(control.call, provider);
});
after(() => control.stop());

const upstreams = [{ url: 'https://orders.example.com' }];
const pathOf = (provider: string): string => `/tenants/${provider}/apis/orders/versions`;

/** Publishes for all providers concurrently, and calls for another tenant until the last publication is answered. */
async function publishBeside(openapi: string): Promise<{ statuses: number[]; others: number[] }> {
  const others: number[] = [];
  const state = { over: false };
  const publishing = Promise.all(
    providers.map(async (provider, n) => {
      const body = { name: `v${n}-${openapi.length}`, upstreams, openapi };
      return (await control.call('POST', pathOf(provider), { body })).status;
    }),
  ).finally(() => (state.over = true));
  while (!state.over) others.push((await control.call('GET', '/tenants/one')).status);
  return { statuses: await publishing, others };
}

test('a few lines of aliases that expand to millions of values delay no other tenant', async () => {
  const names = 'abcdefghi'.split('');
  const bomb = names
    .map(
      (name, n) =>
        `${name}: &${name} [${Array.from({ length: 9 }, () => (n === 0 ? 'x' : `*${names[n - 1]}`)).join(',')}]`,
    )
    .join('\n');
  const { statuses, others } = await publishBeside(bomb);
  assert.deepEqual(statuses, [422, 422, 422, 422]);
  assert.ok(others.every((status) => status === 200));
});

test('16 MB of brackets are refused before they are parsed', async () => {
  const brackets = await fetch(`${control.url}/api/v1/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${control.operator}`, 'content-type': 'application/json' },
    body: '['.repeat(16 * 1024 * 1024),
  });
  assert.equal(brackets.status, 400);
  assert.deepEqual(((await brackets.json()) as { detail: string }).detail, 'the JSON is nested deeper than 64 levels');
  const openapi = '['.repeat(11 * 1024 * 1024);
  const answer = await control.call('POST', pathOf('one'), { body: { name: 'deep', upstreams, openapi } });
  assert.equal(answer.status, 422);
  assert.match(JSON.stringify(answer.body['violations']), /nested deeper than 200 levels/);
});

test('a JSON body of more values than any operation needs is refused', async () => {
  const body = { slug: 'many', name: Array.from({ length: 300_000 }, () => 0) };
  const answer = await control.call('POST', '/tenants', { body });
  assert.deepEqual([answer.status, answer.body['detail']], [400, 'the JSON has more than 200,000 values']);
});

test('a text of 8 MiB inside a document is no reason to refuse it', async () => {
  const info = { title: 'Orders', version: '1', description: 'x'.repeat(8 * 1024 * 1024) };
  await make(control.call, pathOf('one'), { name: 'long', upstreams, openapi: { openapi: '3.1.0', info, paths: {} } });
});
