/**
 * One owner for each table, and reads that are declared. A plane's manifest names the tables it alone writes and those of others
 * that it reads; `store/tables.ts` does so for the ground floors. Every statement of the server is held to that.
 */
import { planes as realPlanes } from '../packages/server/src/planes.ts';
import { groundReads, groundTables } from '../packages/server/src/store/tables.ts';
import { isNode, isTestPath, isTypeScript, nameOf, parse, walk } from './source.ts';
import type { Node, SourceFile, Violation } from './source.ts';

const server = 'packages/server/src/';

/** Purging, exporting, backup and restore go over all tables of PostgreSQL's catalogue, independent of their owners. */
const overAllTables = [
  'tenants/tenants/purge.ts',
  'tenants/tenants/export.ts',
  'store/tenant-tables.ts',
  'store/backup/',
];

export interface Owner {
  readonly name: string;
  readonly tables: readonly string[];
  readonly reads: readonly string[];
}

interface Use {
  readonly table: string;
  readonly line: number;
}

/** All statements that write a table of another owner, or read one that is not declared; and tables without one owner. */
export function findTableViolations(files: readonly SourceFile[], planes: readonly Owner[] = realPlanes): Violation[] {
  const known = tablesOf(files);
  const owners = new Map<string, string[]>();
  const add = (table: string, owner: string): void => void owners.set(table, [...(owners.get(table) ?? []), owner]);
  for (const [table, owner] of Object.entries(groundTables)) add(table, owner);
  for (const { name, tables } of planes) for (const table of tables) add(table, name);
  const sources = files.filter((file) => isTypeScript(file) && file.path.startsWith(server) && !isTestPath(file.path));
  return [...unowned(known, owners), ...sources.flatMap((file) => judge(file, known, owners, planes))];
}

function unowned(known: ReadonlySet<string>, owners: ReadonlyMap<string, readonly string[]>): Violation[] {
  const at = (message: string): Violation => ({ path: `${server}store/tables.ts`, line: 0, message });
  return [
    ...[...known]
      .filter((table) => owners.get(table)?.length !== 1)
      .map((table) => {
        const named = owners.get(table) ?? [];
        return at(
          `${table} has ${named.length === 0 ? 'no owner' : `the owners ${named.join(' and ')}`}: one plane or floor writes it`,
        );
      }),
    ...[...owners.keys()]
      .filter((table) => !known.has(table))
      .map((table) => at(`${table} is no table of the migrations`)),
  ];
}

/** Tables that the migrations make. */
function tablesOf(files: readonly SourceFile[]): ReadonlySet<string> {
  const names = new Set<string>(['schema_migrations']);
  for (const { text } of files.filter(({ path }) => /\/store\/migrations\/\d+_\w+\.sql$/.test(path))) {
    for (const [, made = ''] of text.matchAll(/^create (?:unlogged )?table (\w+)/gim)) names.add(made);
    for (const [, gone = ''] of text.matchAll(/^drop table (?:if exists )?(\w+)/gim)) names.delete(gone);
    for (const [, old = '', name = ''] of text.matchAll(/^alter table (\w+) rename to (\w+)/gim)) {
      names.delete(old);
      names.add(name);
    }
  }
  return names;
}

function judge(
  file: SourceFile,
  known: ReadonlySet<string>,
  owners: ReadonlyMap<string, readonly string[]>,
  planes: readonly Owner[],
): Violation[] {
  const folder = file.path.slice(server.length).split('/', 1)[0] ?? '';
  if (overAllTables.some((path) => file.path.startsWith(server + path))) return [];
  const own = planes.find(({ name }) => name === folder);
  const ground = new Set(Object.keys(groundTables));
  const mayRead = (table: string): boolean =>
    ground.has(table) ||
    (own ?? { tables: [], reads: groundReads }).reads.includes(table) ||
    own?.tables.includes(table) === true;
  const fault = ({ line }: Use, message: string): Violation => ({ path: file.path, line, message });
  const { writes, reads } = usesOf(file, known);
  return [
    ...writes
      .filter(({ table }) => owners.get(table)?.includes(folder) !== true)
      .map((use) =>
        fault(
          use,
          `writes ${use.table}, which ${owners.get(use.table)?.[0] ?? 'nobody'} owns: use an offer of its owner`,
        ),
      ),
    ...reads
      .filter(({ table }) => !mayRead(table))
      .map((use) => fault(use, `reads ${use.table}, which the manifest of ${folder} does not declare`)),
  ];
}

function usesOf(file: SourceFile, known: ReadonlySet<string>): { readonly writes: Use[]; readonly reads: Use[] } {
  const { program, lineOf } = parse(file);
  const [writes, reads]: [Use[], Use[]] = [[], []];
  walk(program, (node) => {
    if (node.type !== 'TaggedTemplateExpression' || !isSql(node['tag'])) return;
    const text = textOf(node['quasi']);
    const use = (pattern: RegExp): Use[] =>
      [...text.matchAll(pattern)].flatMap(([, table = '']) =>
        known.has(table) ? [{ table, line: lineOf(node.start) }] : [],
      );
    writes.push(...use(/\b(?:insert\s+into|update|delete\s+from|truncate)\s+(\w+)/gi));
    reads.push(...use(/\b(?:from|join|using)\s+(\w+)/gi));
  });
  return { writes, reads };
}

const isSql = (tag: unknown): boolean =>
  isNode(tag) && (tag.type === 'MemberExpression' ? nameOf(tag['property']) : nameOf(tag)) === 'sql';

function textOf(quasi: unknown): string {
  const { quasis } = quasi as { quasis: readonly Node[] };
  return quasis.map((part) => (part['value'] as { raw: string }).raw).join('$');
}
