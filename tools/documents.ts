/** Rules of documents: every dependency is explained, every decision is listed, every link has a target. */
import { dirname, join } from 'node:path/posix';
import type { SourceFile, Violation } from './source.ts';

const decisions = 'docs/decisions/';
const dependencyList = `${decisions}dependencies.md`;
const decisionIndex = `${decisions}README.md`;
const decisionParts = ['## Context', '## Decision', '## Consequences', '## Refused'];

/** All findings about documents in a tree. */
export function findDocumentViolations(files: readonly SourceFile[]): Violation[] {
  return [...dependencyLines(files), ...decisionRecords(files), ...deadLinks(files)];
}

interface Manifest {
  readonly path: string;
  readonly dependencies: readonly (readonly [name: string, version: string])[];
}

function manifests(files: readonly SourceFile[]): Manifest[] {
  return files
    .filter(({ path }) => /(?:^|\/)package\.json$/.test(path))
    .map(({ path, text }) => {
      const manifest = JSON.parse(text) as Record<string, Record<string, string> | undefined>;
      const groups = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
      return { path, dependencies: groups.flatMap((group) => Object.entries(manifest[group] ?? {})) };
    });
}

/** A dependency is chosen: exact in version, with a line that says what it is for. A line without its dependency is stale. */
function dependencyLines(files: readonly SourceFile[]): Violation[] {
  const list = files.find(({ path }) => path === dependencyList)?.text ?? '';
  const explained = new Set([...list.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => String(name)));
  const used = manifests(files).flatMap(({ path, dependencies }) =>
    dependencies.map(([name, version]) => ({ path, name, version })),
  );
  const foreign = used.filter(({ name }) => !name.startsWith('@tulou/'));
  return [
    ...foreign
      .filter(({ version }) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
      .map(({ path, name, version }) => ({
        path,
        line: 0,
        message: `dependencies: ${name} ${version} is not an exact version`,
      })),
    ...foreign
      .filter(({ name }) => !explained.has(name))
      .map(({ path, name }) => ({ path, line: 0, message: `dependencies: ${name} has no line in ${dependencyList}` })),
    ...[...explained]
      .filter((name) => !foreign.some((dependency) => dependency.name === name))
      .map((name) => ({ path: dependencyList, line: 0, message: `dependencies: ${name} is explained and not used` })),
  ];
}

function decisionRecords(files: readonly SourceFile[]): Violation[] {
  const index = files.find(({ path }) => path === decisionIndex)?.text ?? '';
  const records = files.filter(({ path }) => path.startsWith(decisions) && /\/\d{4}-[^/]+\.md$/.test(path));
  const numbers = records.map(({ path }) => path.slice(decisions.length, decisions.length + 4));
  return records.flatMap(({ path, text }, position) => {
    const problems = decisionParts.filter((part) => !text.includes(`\n${part}\n`)).map((part) => `has no “${part}”`);
    if (!index.includes(`(${path.slice(decisions.length)})`)) problems.push(`is not listed in ${decisionIndex}`);
    if (numbers.indexOf(String(numbers[position])) !== position) problems.push('has the number of another record');
    return problems.map((message) => ({ path, line: 0, message: `decisions: ${message}` }));
  });
}

/** Links of our documents to files of this tree. */
function deadLinks(files: readonly SourceFile[]): Violation[] {
  const paths = files.map(({ path }) => path);
  const exists = (target: string): boolean =>
    target === '.' || paths.some((path) => path === target || path.startsWith(`${target.replace(/\/$/, '')}/`));
  return files
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g)]
        .filter(([, link]) => !exists(join(dirname(path), String(link))))
        .map((match) => ({
          path,
          line: text.slice(0, match.index).split('\n').length,
          message: `links: ${match[1]} is not there`,
        })),
    );
}
