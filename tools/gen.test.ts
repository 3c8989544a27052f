import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documents, findRiverViolations, findStaleDocuments, renderErrors } from './gen.ts';

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

const river = (...lines: readonly string[]): { path: string; text: string }[] => [
  { path: 'docs/concepts/lifecycle.md', text: `${lines.join('\n')}\n` },
];
const pipeline = [
  { name: 'route', refusals: ['route_not_found', 'version_retired'] },
  { name: 'account', refusals: [] },
] as const;
const drawn = [
  '║ route        where    ──▶ 404 route_not_found',
  '║                       ──▶ 410 version_retired',
  '║ account      done',
];

test('a river with the steps and errors of the pipeline passes', () => {
  assert.deepEqual(findRiverViolations(river(...drawn), pipeline), []);
});

test('a step that is missing, out of order, or without its error is found', () => {
  const broken = [
    drawn.slice(0, 2),
    drawn.toReversed(),
    [drawn[0] ?? '', drawn[2] ?? ''],
    [...drawn, '║ more         x'],
  ];
  for (const lines of broken) assert.equal(findRiverViolations(river(...lines), pipeline).length, 1, lines.join('\n'));
});

test('an error under a wrong status is found', () => {
  const text = drawn.map((line) => line.replace('410', '404'));
  assert.match(
    findRiverViolations(river(...text), pipeline)
      .map(({ message }) => message)
      .join('\n'),
    /404 version_retired is not/,
  );
});
