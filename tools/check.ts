/**
 * `npm run check`: all checks of the tree that do not run it, quick ones first.
 * A check is a line of the table; all of them run, so that one run shows all findings.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findRiverViolations, findStaleDocuments } from './gen.ts';
import { findFolderCycles } from './folders.ts';
import { findImportViolations } from './imports.ts';
import { formatViolations, readTree, type SourceFile, type Violation } from './source.ts';
import { findTableViolations } from './tables.ts';
import { findPlainViolations } from './plain.ts';
import { findTidyViolations, findTidyWarnings } from './tidy.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Check {
  readonly name: string;
  /** Empty where all is well; else what to show. */
  readonly run: (tree: readonly SourceFile[]) => string;
}

const checks: readonly Check[] = [
  { name: 'import law', run: law(findImportViolations) },
  { name: 'owners of tables', run: law((tree) => findTableViolations(tree)) },
  { name: 'folder cycles', run: law(findFolderCycles) },
  { name: 'tidy', run: law(findTidyViolations) },
  { name: 'plain English', run: law(findPlainViolations) },
  { name: 'generated documents', run: law(findStaleDocuments) },
  { name: 'the river of a call', run: law((tree) => findRiverViolations(tree)) },
  { name: 'oxfmt', run: () => command('oxfmt', '--check', '.') },
  { name: 'oxlint', run: () => command('oxlint', '-f', 'unix', '.') },
  { name: 'tsc', run: () => command('tsc', '-p', '.') },
  { name: 'knip', run: () => command('knip', '--no-progress') },
];

function law(find: (tree: readonly SourceFile[]) => readonly Violation[]): Check['run'] {
  return (tree) => formatViolations(find(tree));
}

function command(name: string, ...args: readonly string[]): string {
  const bin = fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url));
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [bin, ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  return status === 0 ? '' : `${stdout}${stderr}${error?.message ?? ''}`.trim() || `ended with ${status}`;
}

function main(): boolean {
  const tree = readTree(root);
  let failed = 0;
  for (const check of checks) {
    const begun = performance.now();
    const findings = check.run(tree);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1).padStart(5);
    process.stdout.write(`${findings === '' ? 'ok  ' : 'FAIL'} ${seconds} s  ${check.name}\n`);
    if (findings === '') continue;
    failed += 1;
    process.stdout.write(`${findings.replaceAll(/^/gm, '       ')}\n`);
  }
  const warnings = findTidyWarnings(tree);
  if (warnings.length > 0)
    process.stdout.write(`note           long files\n${formatViolations(warnings).replaceAll(/^/gm, '       ')}\n`);
  process.stdout.write(
    failed === 0 ? `${checks.length} checks passed\n` : `${failed} of ${checks.length} checks failed\n`,
  );
  return failed === 0;
}

if (import.meta.main) process.exitCode = main() ? 0 : 1;
