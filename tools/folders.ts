/**
 * Folders of a package, or of a plane of the server, form no cycle: a reader can read each after those below it. A file that
 * lies directly in a package or plane counts by itself: wiring is at the top there, shared types are at the bottom.
 */
import { dirname, join } from 'node:path/posix';
import { isTestPath, isTypeScript, type SourceFile, type Violation } from './source.ts';

const server = 'packages/server/src/';

interface Edge {
  readonly from: string;
  readonly to: string;
  /** The first import of the one by the other. */
  readonly path: string;
  readonly line: number;
  readonly target: string;
}

/** One violation for each cycle of folders, which names the edges that go against the others. */
export function findFolderCycles(files: readonly SourceFile[]): Violation[] {
  const sources = files.filter(
    (file) => isTypeScript(file) && file.path.startsWith('packages/') && !isTestPath(file.path),
  );
  const edges = sources.flatMap(edgesOf);
  const graph = new Map<string, Set<string>>();
  for (const { from, to } of edges) graph.set(from, (graph.get(from) ?? new Set()).add(to));
  return cyclesOf(graph).map((cycle) => violationOf(cycle, edges));
}

/** The unit that a path belongs to: a folder two levels below a package's sources at most, or a file at its top. */
export function unitOf(path: string): string {
  const base = /^packages\/[^/]+\/(?:src|test)\//.exec(path)?.[0];
  if (base === undefined) return path;
  const isServer = base === server;
  const parts = path.slice(base.length).split('/');
  const depth = isServer ? 2 : 1;
  return parts.length <= depth ? path : base + parts.slice(0, depth).join('/');
}

function edgesOf({ path, text }: SourceFile): Edge[] {
  return [...text.matchAll(/from\s+'(\.{1,2}\/[^']+)'/g)].flatMap((match) => {
    const target = join(dirname(path), match[1] ?? '');
    const [from, to] = [unitOf(path), unitOf(target)];
    const line = text.slice(0, match.index).split('\n').length;
    return from === to ? [] : [{ from, to, path, line, target }];
  });
}

/** Strongly connected components of more than one unit (Tarjan). */
function cyclesOf(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (unit: string): void => {
    const at = index.size;
    index.set(unit, at);
    low.set(unit, at);
    stack.push(unit);
    for (const next of graph.get(unit) ?? []) {
      if (!index.has(next)) visit(next);
      if (stack.includes(next)) low.set(unit, Math.min(low.get(unit) ?? at, low.get(next) ?? at));
    }
    if (low.get(unit) !== at) return;
    const component = stack.splice(stack.indexOf(unit));
    if (component.length > 1) found.push(component);
  };
  for (const unit of graph.keys()) if (!index.has(unit)) visit(unit);
  return found;
}

/** Points at the pair of units with the fewest imports one way: the likeliest to turn. */
function violationOf(cycle: readonly string[], edges: readonly Edge[]): Violation {
  const inside = edges.filter(({ from, to }) => cycle.includes(from) && cycle.includes(to));
  const byPair = Map.groupBy(inside, ({ from, to }) => `${from} → ${to}`);
  const weakest = [...byPair.values()].toSorted((a, b) => a.length - b.length)[0]?.[0];
  const names = cycle.map((unit) => unit.replace(server, '')).toSorted();
  return {
    path: weakest?.path ?? '',
    line: weakest?.line ?? 0,
    message: `folder cycle of ${names.join(', ')}: turn this import of ${weakest?.target ?? ''}, or another of them`,
  };
}
