import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findPlainViolations } from './plain.ts';

const messages = (path: string, text: string): string[] =>
  findPlainViolations([{ path, text }]).map((one) => one.message);
const src = 'packages/cli/src/a.ts';

/** Keeps this file free of what it seeds. */
const word = (first: string, second: string): string => first + second;

test('a sentence that does not begin with its subject is found, in comments and documents', () => {
  for (const text of [
    'Who calls is known.',
    'Whoever comes is refused.',
    'What is there stays.',
    'Of a file: its name.',
  ]) {
    assert.match(messages(src, `/** Reads it. ${text} */\n`).join(), /begin with the subject/, text);
    assert.match(messages('docs/a.md', `Fine.\n\n- ${text}\n`).join(), /begin with the subject/, text);
  }
  assert.deepEqual(messages(src, '// What is it?\n'), [], 'a question');
  assert.deepEqual(messages(src, '// `What` is a word, and official too.\n'), []);
});

test('a word of the dialect is found wherever people read it', () => {
  const [mend, tell] = [word('me', 'nd'), word('te', 'll')];
  const say = (text: string) => messages(src, text).join();
  assert.match(say(`// The provider has to\n// ${mend} it.\n`), /“correct” or “fix”/);
  assert.match(say(`const a = { summary: 'Gateways ${tell} control' };\n`), /notify/);
  assert.match(say(`const a = entry(404, 'caller', 'T', 'The operator ${mend}s it.');\n`), /fix/);
  assert.match(say(`const a = say\`They ${tell} \${name}\`;\n`), /notify/);
  assert.match(messages('README.md', `| a | ${mend} it |\n`).join(), /fix/);
  assert.deepEqual(messages(src, `const ${mend} = '${tell}';\n`), [], 'code is not prose');
  assert.deepEqual(messages('docs/a.md', `\`\`\`\n${mend}\n\`\`\`\n\nSee \`${tell}\`.\n`), []);
});

test('texts of the interface and of documents are bounded in length, comments are not', () => {
  const long = `${'word '.repeat(26).trim()}.`;
  assert.match(messages('docs/a.md', `${long}\n`).join(), /26 words, at most 25/);
  assert.match(messages(src, `const a = { summary: '${long}' };\n`).join(), /26 words/);
  assert.deepEqual(messages(src, `// ${long}\n`), []);
  assert.deepEqual(
    messages('docs/a.md', 'word '.repeat(20) + 'end.\nword '.repeat(20) + 'end.\n'),
    [],
    'several sentences',
  );
});

test('a line comment after a block comment is a text of its own', () => {
  const [found] = findPlainViolations([{ path: src, text: '/** Reads it, and */\n\n// What is there stays.\n' }]);
  assert.equal(found?.line, 3);
});

test('an exempt path may have findings, and must leave the list once it has none', () => {
  const findings = (path: string, text: string): string =>
    findPlainViolations([{ path, text }], ['old/'])
      .map(({ message }) => message)
      .join();
  assert.equal(findings('old/a.ts', `// ${word('What ', 'is there stays.')}\n`), '');
  assert.match(findings('old/a.ts', '// Fine.\n'), /is clean; remove it from the exempt paths/);
  assert.equal(findings('new/a.ts', '// Fine.\n'), '');
});
