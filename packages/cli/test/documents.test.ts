/** Every command line in the documents is one that this command accepts. */
import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { findCommand, parseWords } from '../src/arguments.ts';
import { commands } from '../src/main.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** The words of a simple shell command; comments, pipes and redirections end it. */
function wordsOf(line: string): string[] {
  const [command = ''] = line.split(/\s(?:#|\||>|&&)(?:\s|$)/);
  return [...command.matchAll(/(?:[^\s'"]+|'[^']*'|"[^"]*")+/g)].map(([word]) => word.replaceAll(/['"]/g, ''));
}

/** `tulou …` and `npx tulou …` in code blocks, with continued lines joined. */
function commandLinesOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)]
    .filter(([, language]) => language === '' || language === 'sh')
    .map(([, , block = '']) => block);
  return blocks.flatMap((block) =>
    block
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .filter((line) => /^(?:npx )?tulou \w/.test(line)),
  );
}

test('the command lines of the documents can be typed as they stand', async () => {
  let count = 0;
  for await (const path of glob(['README*.md', 'docs/**/*.md', 'examples/**/README.md'], {
    cwd: root,
    exclude: ['**/node_modules', 'docs/reference/cli.md'],
  })) {
    for (const line of commandLinesOf(await readFile(join(root, path), 'utf8'))) {
      if (/\[/.test(line)) continue; // a usage line
      const words = wordsOf(line.replace(/^npx /, '')).slice(1);
      assert.doesNotThrow(() => {
        const found = findCommand(commands, words, []);
        assert.equal(found.node.kind, 'command');
        if (found.node.kind === 'command') parseWords(found.node, found.path, found.rest);
      }, `${path}: ${line}`);
      count += 1;
    }
  }
  assert.ok(count > 40, String(count));
});
