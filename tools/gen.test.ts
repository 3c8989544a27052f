import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documents, findStaleDocuments, renderErrors } from './gen.ts';

test('a document that the code no longer makes is stale', () => {
  const fresh = documents.map(({ path, render }) => ({ path, text: render() }));
  assert.deepEqual(findStaleDocuments(fresh), []);
  const edited = fresh.map(({ path, text }) => ({ path, text: `${text}by hand\n` }));
  assert.deepEqual(
    findStaleDocuments(edited).map(({ path }) => path),
    documents.map(({ path }) => path),
  );
});

test('a document that is missing is stale', () => {
  assert.equal(findStaleDocuments([]).length, documents.length);
});

test('the page of errors has a row for each, under its status, in order', () => {
  const entry = (status: number) => ({ status, title: 'T', fault: 'caller', help: 'H' }) as const;
  const page = renderErrors({ late: entry(503), early: entry(400), twin: entry(400) });
  const order = ['## 400', '| `early` | T | caller | H |', '| `twin`', '## 503', '| `late`'].map((text) =>
    page.indexOf(text),
  );
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
  assert.equal(order.includes(-1), false);
});
