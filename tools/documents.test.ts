import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findDocumentViolations } from './documents.ts';

const record = '# 1. A thing\n\n## Context\n\na\n\n## Decision\n\nb\n\n## Consequences\n\nc\n\n## Refused\n\nd\n';
const index = { path: 'docs/decisions/README.md', text: '- [A thing](0001-thing.md)\n' };
const thing = { path: 'docs/decisions/0001-thing.md', text: record };
const list = { path: 'docs/decisions/dependencies.md', text: '| name | for |\n|---|---|\n| `zod` | schemas |\n' };
const manifest = { path: 'package.json', text: '{"dependencies":{"zod":"4.6.7","@tulou/contract":"0.1.0"}}\n' };
const sound = [index, thing, list, manifest];

const messages = (...files: { path: string; text: string }[]): string =>
  findDocumentViolations(files)
    .map(({ path, line, message }) => `${path}:${line} ${message}`)
    .join('\n');

test('sound documents pass', () => assert.equal(messages(...sound), ''));

test('a dependency without a line is found', () => {
  const text = '{"devDependencies":{"left-pad":"1.3.0"},"dependencies":{"zod":"4.6.7"}}\n';
  assert.match(messages(index, thing, list, { path: 'packages/a/package.json', text }), /left-pad has no line/);
});

test('a dependency with a range is found', () => {
  const text = '{"dependencies":{"zod":"^4.6.7"}}\n';
  assert.match(messages(index, thing, list, { path: 'package.json', text }), /zod \^4\.6\.7 is not an exact version/);
});

test('a line whose dependency is gone is found', () => {
  assert.match(messages(index, thing, list, { path: 'package.json', text: '{}\n' }), /zod is explained and not used/);
});

test('a decision that is not listed is found', () => {
  const second = { path: 'docs/decisions/0002-other.md', text: record };
  assert.match(messages(...sound, second), /0002-other\.md:0 decisions: is not listed/);
});

test('a decision without all its parts is found', () => {
  const short = { ...thing, text: record.replace('## Refused', '## Other') };
  assert.match(messages(index, short, list, manifest), /has no “## Refused”/);
});

test('two decisions of one number are found', () => {
  const twin = { path: 'docs/decisions/0001-twin.md', text: record };
  const both = { ...index, text: `${index.text}- [Twin](0001-twin.md)\n` };
  assert.match(messages(both, thing, twin, list, manifest), /has the number of another record/);
});

test('a dead link is found with its line', () => {
  assert.match(
    messages(...sound, { path: 'docs/a.md', text: 'one\n[b](missing.md#x)\n' }),
    /docs\/a\.md:2 links: missing\.md/,
  );
});

test('links to files, folders, sections and the web pass', () => {
  const text = '[a](decisions/) [b](../package.json) [c](#here) [d](https://example.com/x)\n';
  assert.equal(messages(...sound, { path: 'docs/a.md', text }), '');
});
