/**
 * The import law of DESIGN §4, as data: what may not be reached from where, and why. A law that names a path which no
 * longer exists fails too, so that a renamed file does not quietly end its protection.
 */
import { dirname, join } from 'node:path/posix';
import { isNode, isTestPath, isTypeScript, nameOf, parse, walk } from './source.ts';
import type { Node, SourceFile, Violation } from './source.ts';

/** A use in a file: a module, or the name of a global or of an import. */
export interface Reach {
  readonly line: number;
  /** `packages/server/src/store/pool.ts` for an import of ours, `node:fs` or `zod` for others, `Date.now` for a use. */
  readonly what: string;
}

export interface Law {
  /** Where it holds: path prefixes. */
  readonly from: readonly string[];
  /** Path prefixes inside `from` that are free of it. */
  readonly except?: readonly string[];
  /** Tests, tools, benchmarks and examples are free of it. */
  readonly testsExempt: boolean;
  readonly forbids: RegExp;
  readonly reason: string;
}

const server = 'packages/server/src/';
const everyPackage = ['packages/'];

/** Planes of the server. None imports another. */
export const planes = ['tenants', 'publishing', 'apps', 'identity', 'usage', 'events', 'fleet', 'hosting'] as const;

/** Folders of the server, lowest first. A file may import from its own folder and from rows above its own in this list. */
export const layers: readonly (readonly string[])[] = [
  ['kernel'],
  ['tenancy'],
  ['store'],
  ['http'],
  ['snapshot'],
  ['operations'],
  ['gateway', ...planes],
  ['roles'],
  ['up'],
];

const oneOf = (...names: readonly string[]): RegExp =>
  new RegExp(`^(?:${names.join('|').replaceAll(/[.()]/g, '\\$&')})$`);

const timers = [
  'setTimeout',
  'setInterval',
  'globalThis.setTimeout',
  'globalThis.setInterval',
  'node:timers',
  'node:timers/promises',
];

export const laws: readonly Law[] = [
  {
    from: ['packages/contract/src/'],
    testsExempt: true,
    forbids: /^(?:node:|packages\/(?!contract\/)|@tulou\/|process$|Buffer$)/,
    reason: 'contract is pure: it runs in a browser and in a sandbox, and nothing of ours lies below it',
  },
  {
    from: ['packages/openapi/src/'],
    testsExempt: true,
    forbids: /^(?:node:|packages\/(?!openapi\/)|@tulou\/(?!contract)|process$|Buffer$|zod$)/,
    reason: 'openapi is pure: control, the command line and the console read documents with the same code',
  },
  {
    from: ['packages/host/'],
    testsExempt: true,
    forbids: /^(?:@tulou\/(?!contract)|packages\/(?!host\/))/,
    reason: 'a host knows only the contract: it runs hostile code, and must hold neither the database nor its keys',
  },
  {
    from: ['packages/cli/'],
    testsExempt: true,
    forbids: /^(?:@tulou\/(?!contract|openapi)|packages\/(?!cli\/))/,
    reason:
      'the command line speaks only the contract, and reads documents: what it needs, every other client can have too',
  },
  {
    from: ['packages/sdk/'],
    testsExempt: true,
    forbids: /^(?:node:(?!http$)|@tulou\/|packages\/(?!sdk\/))/,
    reason: 'the client of apps and services stands alone, and runs wherever there is fetch',
  },
  {
    from: ['packages/server/src/gateway/'],
    testsExempt: false,
    forbids: /^(?:postgres$|packages\/server\/src\/(?:store|snapshot|operations)\/)/,
    reason: 'the gateway serves from its snapshot and must outlive the database',
  },
  {
    from: planes.map((plane) => `${server}${plane}/plane.ts`),
    testsExempt: true,
    // Its own parts are reached by `import()` only, when a role loads them, and its settings, which are as light as itself.
    forbids: /^packages\/server\/src\/(?!kernel\/|operations\/plane\.ts$|\w+\/(?:settings|serve|work)\.ts$)/,
    reason: 'a manifest is light: every command reads all of them, and the gateway must not load the store with them',
  },
  {
    from: everyPackage,
    except: [`${server}store/`],
    testsExempt: true,
    forbids: /^postgres$/,
    reason: 'a connection outside store/ could run a query with no tenant set',
  },
  {
    from: everyPackage,
    except: [`${server}config.ts`, 'packages/cli/'],
    testsExempt: true,
    forbids: /^(?:process\.env|node:process)$/,
    reason: 'configuration is read in one place, checked there, and passed on as a value',
  },
  {
    from: everyPackage,
    except: [`${server}kernel/`, 'packages/cli/src/io.ts', 'packages/sdk/src/system.ts'],
    testsExempt: true,
    forbids: oneOf('Date.now', 'new Date()', 'Date()', 'Math.random', 'performance.now', 'process.hrtime', ...timers),
    reason: 'time and chance are arguments (kernel/clock.ts, kernel/random.ts), so that tests can set them',
  },
  {
    from: everyPackage,
    except: [`${server}kernel/`, 'packages/cli/src/io.ts', 'packages/sdk/src/system.ts'],
    testsExempt: true,
    forbids: oneOf('randomBytes', 'randomUUID', 'randomInt', 'randomFillSync', 'getRandomValues'),
    reason: 'chance is an argument (kernel/random.ts), so that tests can set it',
  },
  {
    from: ['packages/server/src/'],
    except: ['store', 'snapshot', 'operations', ...planes].map((folder) => `${server}${folder}/`),
    testsExempt: true,
    forbids: /^sql``$/,
    reason: 'SQL stands under store/, on the ground floors and in planes, always on a tenant or system transaction',
  },
  {
    from: ['packages/server/src/'],
    except: [`${server}store/`],
    testsExempt: true,
    forbids: /^sql\.unsafe\(…\)$/,
    reason: 'text as SQL is an injection waiting to happen; only store/ builds statements from text',
  },
  {
    from: everyPackage,
    except: [`${server}tenancy/doors.ts`, `${server}tenancy/scope.ts`],
    testsExempt: false,
    forbids: /^unsafe_mintScope$/,
    reason: 'a tenant scope comes through one of the four doors, or the isolation of tenants is worth nothing',
  },
  {
    from: everyPackage,
    except: [`${server}tenancy/doors.ts`, `${server}identity/`, `${server}store/membership.ts`],
    testsExempt: true,
    forbids: /^fromIdentity$/,
    reason: 'this door is for the identity server: a call, a job and an operator have their own',
  },
  {
    from: [`${server}identity/`],
    except: [`${server}identity/system-wide.ts`],
    testsExempt: true,
    forbids: /(?:[sS]tore|undefined)\.system$|^crossTenants$/,
    reason:
      'identity works under row-level security of one tenant; what cannot is in the table of system-wide.ts, with the reason',
  },
  {
    from: everyPackage,
    except: [`${server}store/`, `${server}up/`, 'packages/cli/', 'packages/host/src/sandbox/'],
    testsExempt: true,
    forbids: /^(?:node:)?child_process$/,
    reason: 'processes are started by the embedded database, the supervisor and drivers, which know how to end them',
  },
  {
    from: ['examples/'],
    testsExempt: true,
    forbids: /^packages\//,
    reason: 'an example is what a user could write: it has no path into our sources',
  },
];

const bannedFolders = /(?:^|\/)(utils?|helpers?|common|lib|services?|managers?|misc)\//;
const packageEntry = /^packages\/[^/]+\/src\/index\.ts$/;

/** All breaches of the law in a tree, and all laws that no longer fit it. */
export function findImportViolations(files: readonly SourceFile[]): Violation[] {
  const sources = files.filter((file) => isTypeScript(file) && /^(?:packages|examples|bench|tools)\//.test(file.path));
  return [
    ...sources.flatMap((file) => breaches(file, reaches(file))),
    ...sources.flatMap(barrels),
    ...sources.filter(({ path }) => bannedFolders.test(path)).map(namelessFolder),
    ...lostTargets(files),
  ];
}

function breaches(file: SourceFile, reached: readonly Reach[]): Violation[] {
  const { path } = file;
  const bound = laws.filter((law) => holdsFor(law, path));
  return reached.flatMap(({ line, what }) => [
    ...bound
      .filter((law) => law.forbids.test(what))
      .map(({ reason }) => ({ path, line, message: `must not reach ${what}: ${reason}` })),
    ...outOfLayer(path, what).map((message) => ({ path, line, message })),
    ...outOfPackage(path, what).map((message) => ({ path, line, message })),
  ]);
}

function holdsFor(law: Law, path: string): boolean {
  if (law.testsExempt && isTestPath(path)) return false;
  return law.from.some((prefix) => path.startsWith(prefix)) && !law.except?.some((prefix) => path.startsWith(prefix));
}

/** Imports inside the server go down the layers only, and planes don't see each other. A test may set its scene with another plane. */
function outOfLayer(path: string, what: string): string[] {
  if (!path.startsWith(server)) return [];
  if (what.startsWith('packages/') && isTestPath(what) && !isTestPath(path)) {
    return ['must not reach a test: tests know the program, not the reverse'];
  }
  if (!what.startsWith(server)) return [];
  const [from, to] = [folderOf(path), folderOf(what)];
  if (from === undefined || from === to) return [];
  if (to === undefined) {
    return from === 'up' || isTestPath(path)
      ? []
      : [`must not reach ${what}: wiring and configuration lie above every folder`];
  }
  const [fromRank, toRank] = [rankOf(from), rankOf(to)];
  if (fromRank === -1) return [`the folder ${from}/ has no layer: give it one in tools/imports.ts`];
  if (toRank < fromRank || (toRank === fromRank && isTestPath(path))) return [];
  return toRank === fromRank
    ? [`must not reach ${what}: planes meet in PostgreSQL, in a snapshot, or in a function type that main.ts passes in`]
    : [`must not reach ${what}: imports go down only, and ${to}/ lies above ${from}/`];
}

const rankOf = (folder: string): number => layers.findIndex((layer) => layer.includes(folder));

/** The folder of server/src that a path lies in; undefined for main.ts and config.ts. */
function folderOf(path: string): string | undefined {
  const [folder, rest] = path.slice(server.length).split('/', 2);
  return rest === undefined ? undefined : folder;
}

function outOfPackage(path: string, what: string): string[] {
  const home = /^packages\/[^/]+\//.exec(path)?.[0];
  if (home === undefined || !what.startsWith('packages/') || what.startsWith(home)) return [];
  // A test of a client starts the platform that it speaks with.
  if (path.startsWith('packages/cli/') || (path.startsWith('packages/sdk/') && isTestPath(path))) return [];
  return [`must not reach ${what} by its path: a package is imported by its name`];
}

/** Everything a file imports, and every global or imported name that a law could be about. */
export function reaches(file: SourceFile): Reach[] {
  const { program, lineOf } = parse(file);
  const found: Reach[] = [];
  walk(program, (node, parent) => {
    for (const what of reachedBy(node, parent, file.path)) found.push({ line: lineOf(node.start), what });
  });
  return found;
}

function reachedBy(node: Node, parent: Node | undefined, path: string): string[] {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
    case 'ImportExpression':
    case 'TSImportType': {
      const specifier = nameOf(node['source'] ?? node['argument']);
      return specifier === undefined ? [] : [resolveSpecifier(path, specifier)];
    }
    case 'MemberExpression':
      return [`${dotted(node['object'])}.${nameOf(node['property']) ?? '?'}`];
    case 'TaggedTemplateExpression':
      return (dotted(node['tag']) ?? '').split('.').at(-1) === 'sql' ? ['sql``'] : [];
    case 'NewExpression':
      return isDateOfNow(node) ? ['new Date()'] : [];
    case 'CallExpression':
      if (isDateOfNow(node)) return ['Date()'];
      return isStatementFromText(node) ? ['sql.unsafe(…)'] : [];
    case 'Identifier':
      return isOwnName(node, parent) ? [String(node['name'])] : [];
    default:
      return [];
  }
}

function isDateOfNow(node: Node): boolean {
  return nameOf(node['callee']) === 'Date' && Array.isArray(node['arguments']) && node['arguments'].length === 0;
}

/** `sql.unsafe('set local …')` says what it does; any other argument was put together. */
function isStatementFromText(node: Node): boolean {
  const [statement] = node['arguments'] as readonly unknown[];
  const callee = dotted(node['callee']) ?? '';
  return /(?:^|\.)(?:sql|pool)\.unsafe$/.test(callee) && !(isNode(statement) && statement.type === 'Literal');
}

/** `socket.setTimeout` and `{ setTimeout: … }` are names of something else; `crypto.randomBytes` is what it says. */
function isOwnName(node: Node, parent: Node | undefined): boolean {
  const isProperty = parent?.type === 'MemberExpression' && parent['property'] === node && parent['computed'] !== true;
  const isKey = parent?.type === 'Property' && parent['key'] === node && parent['shorthand'] !== true;
  return (!isProperty && !isKey) || /^(?:random|getRandom|unsafe_)/.test(String(node['name']));
}

function dotted(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'MemberExpression') return `${dotted(node['object']) ?? '?'}.${nameOf(node['property']) ?? '?'}`;
  return node.type === 'ThisExpression' ? 'this' : nameOf(node);
}

function resolveSpecifier(path: string, specifier: string): string {
  return specifier.startsWith('.') ? join(dirname(path), specifier) : specifier;
}

function barrels(file: SourceFile): Violation[] {
  if (packageEntry.test(file.path)) return [];
  const { program, lineOf } = parse(file);
  const message = 'exports what another file defines: only the entry of a package does; import it from where it is';
  return (program['body'] as readonly Node[])
    .filter(
      ({ type, source }) => type === 'ExportAllDeclaration' || (type === 'ExportNamedDeclaration' && isNode(source)),
    )
    .map((node) => ({ path: file.path, line: lineOf(node.start), message }));
}

function namelessFolder({ path }: SourceFile): Violation {
  const folder = bannedFolders.exec(path)?.[1] ?? '';
  return { path, line: 0, message: `a folder called ${folder}/ says nothing: name it for what is in it` };
}

function lostTargets(files: readonly SourceFile[]): Violation[] {
  const exists = (prefix: string): boolean => files.some(({ path }) => path.startsWith(prefix));
  const named = [
    ...laws.flatMap((law) => [...law.from, ...(law.except ?? [])]),
    ...layers.flat().map((folder) => `${server}${folder}/`),
  ];
  return [...new Set(named)]
    .filter((prefix) => !exists(prefix))
    .map((prefix) => ({
      path: 'tools/imports.ts',
      line: 0,
      message: `a law names ${prefix}, which is not there any more`,
    }));
}
