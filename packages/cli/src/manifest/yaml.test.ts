import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { manifestDocument } from './schema.ts';
import { parseYaml } from './yaml.ts';

const complaints = (text: string): string[] =>
  parseYaml(text, manifestDocument).violations.map((one) => `${one.line}:${one.column} ${one.pointer} ${one.message}`);

test('a key that is not known has its place and the one that was meant', () => {
  const text = [
    'tenants:',
    '  - slug: acme',
    '    nmae: Acme',
    '    apis:',
    '      - slug: orders',
    '        name: Orders',
    '        plans:',
    '          - slug: basic',
    '            limits: [{requests: 1, pre: day}]',
    '',
  ].join('\n');
  assert.deepEqual(complaints(text), [
    '3:5 /tenants/0/nmae Unknown key "nmae". Did you mean "name"?',
    '9:36 /tenants/0/apis/0/plans/0/limits/0/pre Unknown key "pre". Did you mean "per"?',
    '9:22 /tenants/0/apis/0/plans/0/limits/0/per Invalid option: expected one of "second"|"minute"|"hour"|"day"|"month"',
  ]);
});

test('a wrong value has its place; what is missing has the place where it should be', () => {
  const [slug = '', app = ''] = complaints('tenants:\n  - slug: Acme Inc\n    apps:\n      - slug: shop\n');
  assert.match(slug, /^2:11 \/tenants\/0\/slug lower-case/);
  assert.match(app, /^4:9 \/tenants\/0\/apps\/0\/name /);
});

test('YAML that can not be read has its place', () => {
  const [first = ''] = complaints('tenants:\n  - slug: "acme\n');
  assert.match(first, /^\d+:\d+ {2}\S/);
  assert.match(complaints('tenants: [\n')[0] ?? '', /^\d+:\d+/);
  assert.match(complaints('tenants:\n  - slug: a\n    slug: b\n')[0] ?? '', /^3:5 .*unique/);
});

test('each document of a file is checked, and empty ones are passed over', () => {
  const text = '---\ntenants: [{slug: a, name: A}]\n---\n---\ntenants: [{slug: b, nam: B}]\n';
  const result = parseYaml(text, manifestDocument);
  assert.deepEqual(
    result.documents.map(({ value }) => value.tenants[0]?.slug),
    ['a'],
  );
  assert.equal(result.violations[0]?.line, 5);
});

test('an alias stands for what it names, and one that names nothing has its place', () => {
  const good = 'tenants:\n  - {slug: a, apps: &x [{slug: s, name: S}]}\n  - {slug: b, apps: *x}\n';
  assert.deepEqual(complaints(good), []);
  assert.equal(parseYaml(good, manifestDocument).documents[0]?.value.tenants[1]?.apps?.[0]?.slug, 's');
  assert.match(complaints('tenants: *nothing\n')[0] ?? '', /^1:\d+ .*alias/);
});

test('an OpenAPI document may stand in the file, with whatever keys it has', () => {
  const text = 'tenants: [{slug: a, apis: [{slug: o, name: O, versions: [{name: v1, openapi: {x-y: {z: 1}}}]}]}]';
  assert.deepEqual(complaints(text), []);
});

test('no text at all makes it fall over, and every complaint has a place inside the text', () => {
  const word = fc.constantFrom(
    'tenants:',
    ' - slug: a',
    '\n',
    '  ',
    'apis:',
    '[',
    ']',
    '{',
    '}',
    ': ',
    '&a ',
    '*a',
    '---',
    '"',
    "'",
    '|',
    '!x ',
    '\t',
    '#',
    '? ',
    'é',
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 20 }), (words) => {
      const text = words.join('');
      for (const { line } of parseYaml(text, manifestDocument).violations) {
        assert.ok(line !== undefined && line >= 1 && line <= text.split('\n').length + 1);
      }
    }),
    { numRuns: 500 },
  );
});
