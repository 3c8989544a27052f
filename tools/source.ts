/** The tree as the laws see it: every tracked or new file, read once; TypeScript parsed once. */
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, visitorKeys, type Comment } from 'oxc-parser';

export interface SourceFile {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Violation {
  readonly path: string;
  /** From 1; 0 where the finding is about the whole file. */
  readonly line: number;
  readonly message: string;
}

/** A node of the ESTree that oxc-parser builds, as far as the laws look into one. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Parsed {
  readonly program: Node;
  readonly comments: readonly Comment[];
  /** Line of an offset, from 1. */
  lineOf(offset: number): number;
}

const textFile =
  /(?:\.(?:ts|js|json|jsonc|md|sql|yaml|yml|html|css|svg|sh|lua|conf|txt|service|sysusers|example)|\/[^./]+|^[^./]+|\.ci\/run)$/;

/** Reads what git tracks, and what it would track if it were added. Binary files and the lock file are left out. */
export function readTree(root: string): readonly SourceFile[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const paths = [...new Set(listed.split('\0'))].filter((path) => textFile.test(path) && path !== 'package-lock.json');
  return paths
    .sort()
    .filter((path) => lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true)
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

export const isTypeScript = (file: SourceFile): boolean => file.path.endsWith('.ts');

/** Code that only tests, measures or demonstrates: it may read clocks, start processes and so on. */
export const isTestPath = (path: string): boolean =>
  /(?:\.test|\.conformance|\.engine|\.browser)\.ts$|\/test\//.test(path);

const cache = new WeakMap<SourceFile, Parsed>();

/** Parses a TypeScript file; each file once, however many laws ask. */
export function parse(file: SourceFile): Parsed {
  const known = cache.get(file);
  if (known !== undefined) return known;
  const { program, comments } = parseSync(file.path, file.text, { lang: 'ts', sourceType: 'module' });
  const starts = [0, ...[...file.text.matchAll(/\n/g)].map((match) => match.index + 1)];
  const parsed = {
    program: program as unknown as Node,
    comments,
    lineOf: (offset: number) => starts.findLastIndex((start) => start <= offset) + 1,
  };
  cache.set(file, parsed);
  return parsed;
}

/** Visits every node, parents first. `parent` is undefined at the root. */
export function walk(node: Node, visit: (node: Node, parent: Node | undefined) => void, parent?: Node): void {
  visit(node, parent);
  for (const key of visitorKeys[node.type] ?? []) {
    const value = node[key];
    if (Array.isArray(value)) {
      for (const child of value as unknown[]) if (isNode(child)) walk(child, visit, node);
    } else if (isNode(value)) walk(value, visit, node);
  }
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The name of an identifier or the text of a string literal. */
export function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Identifier' || node.type === 'PrivateIdentifier') return String(node['name']);
  return node.type === 'Literal' && typeof node['value'] === 'string' ? node['value'] : undefined;
}

/** Prints findings the way editors can jump to. */
export function formatViolations(violations: readonly Violation[]): string {
  return violations.map(({ path, line, message }) => `${path}${line > 0 ? `:${line}` : ''}  ${message}`).join('\n');
}
