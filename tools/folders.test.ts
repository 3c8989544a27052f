import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findFolderCycles, unitOf } from './folders.ts';
import { readTree, type SourceFile } from './source.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = (path: string, ...imports: readonly string[]): SourceFile => ({
  path: `packages/server/src/${path}`,
  text: imports.map((target) => `import type { X } from '${target}';\n`).join(''),
});

test('the tree has no folder cycle', () => {
  assert.deepEqual(findFolderCycles(readTree(root)), []);
});

test('two folders of a plane that import each other are found, with the edge to turn', () => {
  const [found, ...more] = findFolderCycles([
    file('plane/low/a.ts', '../high/b.ts'),
    file('plane/high/b.ts', '../low/c.ts'),
    file('plane/high/d.ts', '../low/c.ts'),
    file('plane/low/c.ts'),
  ]);
  assert.deepEqual(more, []);
  assert.equal(found?.path, 'packages/server/src/plane/low/a.ts');
  assert.match(found?.message ?? '', /folder cycle of plane\/high, plane\/low/);
});

test('wiring at the top of a plane and its shared types are no cycle with its folders', () => {
  const tree = [
    file('plane/serve.ts', './low/a.ts', './deps.ts'),
    file('plane/low/a.ts', '../deps.ts'),
    file('plane/deps.ts'),
  ];
  assert.deepEqual(findFolderCycles(tree), []);
});

test('a longer way round is found, and tests and lazy imports are no edges', () => {
  const ring = [
    file('plane/a/a.ts', '../b/b.ts'),
    file('plane/b/b.ts', '../c/c.ts'),
    file('plane/c/c.ts', '../a/a.ts'),
  ];
  assert.equal(findFolderCycles(ring).length, 1);
  const [a, b] = ring as [SourceFile, SourceFile];
  assert.deepEqual(findFolderCycles([a, b, file('plane/c/c.test.ts', '../a/a.ts')]), []);
  const lazy = { path: 'packages/server/src/plane/c/c.ts', text: "const x = () => import('../a/a.ts');\n" };
  assert.deepEqual(findFolderCycles([a, b, lazy]), []);
});

test('a unit is a folder of a plane, or a file at its top', () => {
  assert.equal(unitOf('packages/server/src/identity/provider/deep/x.ts'), 'packages/server/src/identity/provider');
  assert.equal(unitOf('packages/server/src/identity/plane.ts'), 'packages/server/src/identity/plane.ts');
  assert.equal(unitOf('packages/cli/src/login/x.ts'), 'packages/cli/src/login');
});
