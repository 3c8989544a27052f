import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findTidyViolations, findTidyWarnings } from './tidy.ts';

const lines = (count: number, line = 'work();'): string => `${line}\n`.repeat(count);
const secretOf = (prefix: string): string => `${prefix}_${'a'.repeat(33)}_${'b'.repeat(43)}_${'c'.repeat(6)}`;

/** Keeps this file free of what it seeds. */
const said = (word: string): string => word;

const seeded: readonly (readonly [what: string, path: string, text: string, expected: RegExp])[] = [
  ['a line past the bound', 'tools/a.ts', `// ${'x'.repeat(140)}\n`, /:1 line length: 143 columns/],
  [
    'a line past the bound in spite of its text',
    'tools/a.ts',
    `const a = '${'x'.repeat(60)}' + ${'b'.repeat(141)};\n`,
    /:1 line length/,
  ],
  ['a file past the bound', 'tools/a.ts', lines(501), /:0 file length: 501 lines/],
  ['a long function', 'tools/a.ts', `function f() {\n${lines(70)}}\n`, /:1 function length: 72 lines/],
  ['a long arrow function', 'tools/a.ts', `\nconst f = () => {\n${lines(70)}};\n`, /:2 function length: 72 lines/],
  ['a space at the end of a line', 'README.md', 'one\ntwo \n', /:2 white space: space at the end/],
  ['a carriage return', 'tools/a.ts', 'work();\r\n', /:1 white space: carriage return/],
  ['a missing last line feed', 'tools/a.ts', 'work();', /white space: no line feed/],
  ['a leftover', 'docs/a.md', 'TODO: write this\n', /:1 leftover: TODO/],
  ['a leftover in a comment', 'tools/a.ts', '// FIXME later\n', /:1 leftover: FIXME/],
  ['a word of another vocabulary', 'docs/a.md', 'Each customer has a key.\n', /“customer”: the word here is tenant/],
  ['such a word inside a name', 'tools/a.ts', 'const customerId = 1;\n', /“customer”/],
  [
    'such a word inside a column',
    'packages/server/src/store/migrations/1.sql',
    'organization_id uuid\n',
    /“organization”/,
  ],
  ['a skipped test', 'a.test.ts', "test.skip('x', () => {});\n", /:1 tests that do not run: skip/],
  ['a focussed test', 'a.test.ts', "describe.only('x', () => {});\n", /tests that do not run: only/],
  ['a test to come', 'a.test.ts', "test.todo('x');\n", /tests that do not run: todo/],
  ['a test skipped by option', 'a.test.ts', "test('x', { skip: true }, () => {});\n", /tests that do not run: skip/],
  ['a test that skips itself', 'a.test.ts', "test('x', (t) => { t.skip(); });\n", /tests that do not run: skip/],
  ['a credential', 'README.md', `curl -H 'X-API-Key: ${secretOf('tlk_live')}'\n`, /:1 secrets: .* credential of Tulou/],
  ['a node token', 'docs/a.md', `one\n${secretOf('tln')}\n`, /:2 secrets:/],
  [
    'a private key',
    'docs/a.md',
    `-----BEGIN ${said('PRIVATE KEY')}-----\n${'A'.repeat(64)}\n`,
    /secrets: .* private key/,
  ],
  ['a path of this machine', 'docs/a.md', `cd /${said('work')}/main\n`, /machine paths/],
  ['a path of this machine in code', 'tools/a.ts', `const log = '/${said('tmp')}/x.log';\n`, /machine paths/],
  ['a public function without a word', 'packages/server/src/kernel/a.ts', 'export function f() {}\n', /f is exported/],
  ['a public constant function too', 'packages/contract/src/a.ts', 'export const f = () => 1;\n', /f is exported/],
  [
    'a comment that is not attached',
    'packages/contract/src/a.ts',
    '/** One. */\nconst a = 1;\nexport function f() { return a; }\n',
    /f is/,
  ],
];

for (const [what, path, text, expected] of seeded) {
  test(`found: ${what}`, () => {
    const found = findTidyViolations([{ path, text }]).map(({ line, message }) => `:${line} ${message}`);
    assert.match(found.join('\n'), expected);
  });
}

const tidy: readonly (readonly [what: string, path: string, text: string])[] = [
  ['a line that is long by one text', 'tools/a.ts', `const a = '${'x'.repeat(140)}';\n`],
  ['a line that is long by one pattern', 'tools/a.ts', `const a = /${'x'.repeat(140)}/;\n`],
  ['a short file', 'tools/a.ts', lines(500)],
  ['a function within the bound', 'tools/a.ts', `function f() {\n${lines(68)}}\n`],
  ['a long describe of short tests', 'a.test.ts', `describe('x', () => {\n${lines(90)}});\n`],
  ['a documented function', 'packages/contract/src/a.ts', '/** One. */\nexport function f() {}\n'],
  ['a private function', 'packages/contract/src/a.ts', 'function f() {}\n'],
  ['a public function of a plane', 'packages/server/src/control/a.ts', 'export function f() {}\n'],
  ['a word that only contains a banned one', 'docs/a.md', 'On the frontier.\n'],
  ['a credential in a test', 'a.test.ts', `const key = '${secretOf('tlk_test')}';\n`],
  ['a method called skip of something else', 'a.test.ts', 'reader.skip(4);\n'],
  ['a test that needs what the machine lacks', 'a.test.ts', "test('x', { skip: !has('/dev/full') }, () => {});\n"],
  ['long text in a document', 'docs/a.md', `${'x'.repeat(300)}\n`],
];

for (const [what, path, text] of tidy) {
  test(`passes: ${what}`, () => assert.deepEqual(findTidyViolations([{ path, text }]), []));
}

test('a long file is a warning before it is a failure', () => {
  const found = findTidyWarnings([
    { path: 'tools/short.ts', text: lines(320) },
    { path: 'tools/long.ts', text: lines(321) },
    { path: 'tools/failure.ts', text: lines(501) },
  ]);
  assert.deepEqual(
    found.map(({ path }) => path),
    ['tools/long.ts'],
  );
});
