import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeApi } from './document.ts';
import { readOpenapi } from '@tulou/openapi';
import { operations as nouns } from '@tulou/contract/operations/index';
import type { Operation } from '@tulou/contract';

const operations = Object.values(nouns).flatMap((noun) => Object.values<Operation>(noun));
const text = JSON.stringify(describeApi(operations, 'https://platform.example.com', '1.2.3'));

test('every operation of the table is in the document, once, with its method and path', () => {
  const read = readOpenapi(text);
  assert.deepEqual(read.report.items, [], 'our own importer takes our own document');
  const listed = read.ok ? read.operations.map(({ method, path }) => `${method} ${path}`) : [];
  const expected = operations.map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(listed.toSorted(), expected.toSorted());
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
