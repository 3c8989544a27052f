/** Rules that a reviewer would otherwise repeat: a table, each rule with its reason. */
import { isNode, isTestPath, isTypeScript, nameOf, parse, walk } from './source.ts';
import type { Node, SourceFile, Violation } from './source.ts';
import { findDocumentViolations } from './documents.ts';

export const bounds = { lineColumnsMax: 140, fileLinesMax: 500, fileLinesWarn: 320, functionLinesMax: 70 } as const;

/** Files whose lines may be longer, or more, than the bound. */
const tables = [
  // The catalogue, one error a line.
  'packages/contract/src/errors.ts',
  // The cases of a conformance test, one a line.
  'packages/server/test/conformance/http1/corpus/',
];

interface Rule {
  readonly name: string;
  readonly appliesTo: (file: SourceFile) => boolean;
  readonly find: (file: SourceFile) => readonly Finding[];
}

type Finding = readonly [line: number, message: string];

const isTable = ({ path }: SourceFile): boolean => tables.some((prefix) => path.startsWith(prefix));
const isCode = (file: SourceFile): boolean => isTypeScript(file) || file.path.endsWith('.sql');
const anything = (): boolean => true;
const ownText = ({ path }: SourceFile): boolean => path !== 'LICENSE' && !path.startsWith('tools/tidy');
const documented = /^packages\/(?:contract|server)\/src\/(?!.*\.test\.ts$)/;
const documentedFolders = /^packages\/(?:contract\/src|server\/src\/(?:kernel|tenancy|store))\//;

/** Words of DESIGN §2 and what people write in their place. Whole words, also inside names such as `customerId`. */
export const bannedWords: readonly (readonly [word: string, instead: string])[] = [
  ['customer', 'tenant (or developer, or caller)'],
  ['organisation', 'tenant'],
  ['organization', 'tenant'],
  ['merchant', 'tenant'],
  ['client app', 'app'],
  ['consumer app', 'app'],
  ['webapp', 'app'],
  ['api product', 'api'],
  ['tier', 'plan'],
  ['whitelist', 'allow list'],
  ['blacklist', 'deny list'],
  ['superuser token', 'operator token'],
  ['sysadmin', 'operator'],
];

const secretShapes: readonly (readonly [shape: RegExp, what: string])[] = [
  [/\btl(?:k_live|k_test|t|o|n)_[0-9A-Za-z]{33}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}\b/, 'a credential of Tulou'],
  [/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*\n?[A-Za-z0-9+/]{20}/, 'a private key'],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/, 'an AWS access key'],
  [/\bgh[pousr]_[0-9A-Za-z]{36}\b/, 'a GitHub token'],
  [/\beyJ[\w-]{20,}\.eyJ[\w-]{20,}\.[\w-]{20,}/, 'a signed token'],
];

export const rules: readonly Rule[] = [
  { name: 'line length', appliesTo: isCode, find: longLines },
  { name: 'file length', appliesTo: isCode, find: longFile },
  { name: 'function length', appliesTo: isTypeScript, find: longFunctions },
  { name: 'white space', appliesTo: anything, find: whiteSpace },
  { name: 'leftover', appliesTo: ownText, find: leftovers },
  { name: 'words', appliesTo: ({ path }) => ownText({ path, text: '' }) && !path.endsWith('.json'), find: words },
  { name: 'tests that do not run', appliesTo: isTypeScript, find: testsThatDoNotRun },
  { name: 'secrets', appliesTo: ({ path }) => !isTestPath(path), find: secrets },
  { name: 'machine paths', appliesTo: ownText, find: machinePaths },
  {
    name: 'doc comments',
    appliesTo: ({ path }) => documented.test(path) && documentedFolders.test(path),
    find: undocumented,
  },
];

/** All findings in a tree. */
export function findTidyViolations(files: readonly SourceFile[]): Violation[] {
  const perFile = files.flatMap((file) =>
    rules
      .filter((rule) => rule.appliesTo(file))
      .flatMap((rule) =>
        rule.find(file).map(([line, message]) => ({ path: file.path, line, message: `${rule.name}: ${message}` })),
      ),
  );
  return [...perFile, ...findDocumentViolations(files)];
}

/** Files that are long enough to think about, though not too long. */
export function findTidyWarnings(files: readonly SourceFile[]): Violation[] {
  return files
    .filter((file) => isCode(file) && !isTable(file))
    .map((file) => ({ path: file.path, line: 0, lines: lineCount(file) }))
    .filter(({ lines }) => lines > bounds.fileLinesWarn && lines <= bounds.fileLinesMax)
    .map(({ path, line, lines }) => ({
      path,
      line,
      message: `${lines} lines; past ${bounds.fileLinesWarn} a file often holds two ideas`,
    }));
}

const lineCount = ({ text }: SourceFile): number => text.split('\n').length - 1;

function eachLine(file: SourceFile, judge: (line: string) => string | undefined): Finding[] {
  return file.text.split('\n').flatMap((line, index): Finding[] => {
    const message = judge(line);
    return message === undefined ? [] : [[index + 1, message]];
  });
}

/** oxfmt breaks what can be broken: a line that is long because of one text or pattern is let be. */
function longLines(file: SourceFile): readonly Finding[] {
  if (isTable(file)) return [];
  return eachLine(file, (line) => {
    if (line.length <= bounds.lineColumnsMax || holdsLongText(line)) return undefined;
    return `${line.length} columns, at most ${bounds.lineColumnsMax}`;
  });
}

function holdsLongText(line: string): boolean {
  const [longest = ''] = (
    line.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`?|\/(?![/*])(?:[^/\\]|\\.)+\//g) ?? []
  ).toSorted((a, b) => b.length - a.length);
  return line.length - longest.length <= bounds.lineColumnsMax && longest.length > bounds.lineColumnsMax / 4;
}

function longFile(file: SourceFile): readonly Finding[] {
  const lines = lineCount(file);
  if (isTable(file) || lines <= bounds.fileLinesMax) return [];
  return [[0, `${lines} lines, at most ${bounds.fileLinesMax}: find the second idea in it and give it a file`]];
}

function longFunctions(file: SourceFile): readonly Finding[] {
  const { program, lineOf } = parse(file);
  const found: Finding[] = [];
  walk(program, (node, parent) => {
    if (!/^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return;
    if (parent?.type === 'CallExpression' && /^(?:describe|suite)$/.test(nameOf(parent['callee']) ?? '')) return;
    const lines = lineOf(node.end) - lineOf(node.start) + 1;
    if (lines <= bounds.functionLinesMax) return;
    found.push([lineOf(node.start), `${lines} lines, at most ${bounds.functionLinesMax}: say its steps by name`]);
  });
  return found;
}

function whiteSpace(file: SourceFile): readonly Finding[] {
  const lines = eachLine(file, (line) => {
    if (line.endsWith('\r')) return 'carriage return at the end of the line';
    return /[ \t]$/.test(line) ? 'space at the end of the line' : undefined;
  });
  return file.text === '' || file.text.endsWith('\n') ? lines : [...lines, [0, 'no line feed at the end of the file']];
}

function leftovers(file: SourceFile): readonly Finding[] {
  return eachLine(file, (line) => {
    const [word] = /\b(?:TODO|FIXME|XXX|HACK)\b/.exec(line) ?? [];
    return word === undefined ? undefined : `${word}: do it, or write down in docs/decisions/ why not`;
  });
}

const anyBanned = new RegExp(bannedWords.map(([word]) => word.replace(' ', '[ _-]?')).join('|'), 'i');

/** Settings of other programs, which guides must name as they are. */
const namesOfOthers = /\bwhitelist_domains\b/g;

function words(file: SourceFile): readonly Finding[] {
  if (!anyBanned.test(file.text)) return [];
  return eachLine(file, (line) => {
    if (!anyBanned.test(line)) return undefined;
    // `customerId` and `CustomerList` become words of their own, `frontier` stays one.
    const spaced = line
      .replaceAll(namesOfOthers, '')
      .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
      .replaceAll(/[_-]/g, ' ')
      .toLowerCase();
    const hit = bannedWords.find(([word]) => new RegExp(`\\b${word}s?\\b`).test(spaced));
    return hit === undefined ? undefined : `“${hit[0]}”: the word here is ${hit[1]}`;
  });
}

function secrets(file: SourceFile): readonly Finding[] {
  return secretShapes.flatMap(([shape, what]): Finding[] => {
    const match = shape.exec(file.text);
    return match === null ? [] : [[file.text.slice(0, match.index).split('\n').length, `this looks like ${what}`]];
  });
}

function machinePaths(file: SourceFile): readonly Finding[] {
  return eachLine(file, (line) => {
    const [, path] = /(?:^|[\s'"`(=:])(\/(?:work|root|tmp)\/)/.exec(line) ?? [];
    return path === undefined ? undefined : `${path}… is a path of one machine`;
  });
}

const testFunctions = /^(?:test|it|describe|suite|t)$/;

/** `test.skip(…)`, `t.todo(…)` and `test('…', { skip: true }, …)`: a test that does not run promises nothing. */
function testsThatDoNotRun(file: SourceFile): readonly Finding[] {
  const { program, lineOf } = parse(file);
  const found: Finding[] = [];
  walk(program, (node) => {
    if (node.type !== 'CallExpression' || !isNode(node['callee'])) return;
    const word = idleWord(node['callee'], Array.isArray(node['arguments']) ? (node['arguments'] as unknown[]) : []);
    if (word !== undefined) found.push([lineOf(node.start), `${word}: a test runs, or it is not there`]);
  });
  return found;
}

function idleWord(callee: Node, args: readonly unknown[]): string | undefined {
  const name = nameOf(callee.type === 'MemberExpression' ? callee['object'] : callee) ?? '';
  if (!testFunctions.test(name)) return undefined;
  const member = callee.type === 'MemberExpression' ? nameOf(callee['property']) : undefined;
  if (/^(?:skip|only|todo)$/.test(member ?? '')) return member;
  const options = args.filter((arg) => isNode(arg) && arg.type === 'ObjectExpression') as readonly Node[];
  return options
    .flatMap((option) => option['properties'] as readonly Node[])
    .map(idleOption)
    .find((word) => word !== undefined);
}

/** `skip: true`; a condition about the machine, such as a device that it lacks, is let be. */
function idleOption(property: Node): string | undefined {
  const key = nameOf(property['key']);
  const always = isNode(property['value']) && property['value'].type === 'Literal';
  return always && /^(?:skip|only|todo)$/.test(key ?? '') ? key : undefined;
}

/** Public functions of the ground floors say what they mean, in which units, and what they throw. */
function undocumented(file: SourceFile): readonly Finding[] {
  const { program, comments, lineOf } = parse(file);
  const statements = (program['body'] as readonly Node[]).filter((node) => node.type === 'ExportNamedDeclaration');
  return statements.flatMap((statement): Finding[] => {
    const name = exportedFunction(statement['declaration']);
    if (name === undefined) return [];
    const before = comments.findLast((comment) => comment.end <= statement.start);
    const attached =
      before !== undefined &&
      file.text.slice(before.end, statement.start).trim() === '' &&
      before.value.startsWith('*');
    return attached
      ? []
      : [[lineOf(statement.start), `${name} is exported from a ground floor and says nothing about itself`]];
  });
}

function exportedFunction(declaration: unknown): string | undefined {
  if (!isNode(declaration)) return undefined;
  if (declaration.type === 'FunctionDeclaration') return nameOf(declaration['id']);
  if (declaration.type !== 'VariableDeclaration') return undefined;
  const [first] = declaration['declarations'] as readonly Node[];
  return isNode(first?.['init']) && /^Arrow|^Function/.test(first['init'].type) ? nameOf(first['id']) : undefined;
}
