import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeApi } from './document.ts';
import { readOpenapi } from '@tulou/openapi';
import { bindings } from './operations.ts';

const operations = bindings.map(({ operation }) => operation);
const text = JSON.stringify(describeApi(operations, 'https://platform.example.com', '1.2.3'));

test('every operation of the table is in the document, once, with its method and path', () => {
  const read = readOpenapi(text);
  assert.deepEqual(read.report.items, [], 'our own importer takes our own document');
  const listed = read.ok ? read.operations.map(({ method, path }) => `${method} ${path}`) : [];
  const expected = operations.map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(listed.toSorted(), expected.toSorted());
});

test('every operation of the contract is in the table', async () => {
  const { operations: contract } = await import('@tulou/contract/operations/index');
  const all = Object.values(contract).flatMap((noun) =>
    Object.values(noun as object).map((operation) => (operation as { id: string }).id),
  );
  assert.deepEqual(operations.map(({ id }) => id).toSorted(), all.toSorted());
});

test('a shown-once secret has an example and never a real one', () => {
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, unknown>> };
  const created = JSON.stringify(paths['/tenants/{tenant}/tokens']?.['post']);
  assert.ok(created.includes('tlt_<id>_<secret>_<checksum>'));
  assert.doesNotMatch(text, /tl[kto]_[0-9A-Za-z]{33}/);
});

test('an object that many operations show is described once', () => {
  const { components } = JSON.parse(text) as { components: { schemas: Record<string, unknown> } };
  assert.ok(Object.keys(components.schemas).includes('Tenant'));
  assert.ok(text.split('"#/components/schemas/Tenant"').length > 5);
});
