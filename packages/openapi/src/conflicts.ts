/**
 * Operations that one address could mean. Which of them a gateway and the service behind it choose need not be the same, so
 * where their scopes differ none of them is published.
 */
import type { Findings } from './findings.ts';
import { quote } from './json.ts';
import type { FoundOperation } from './operations.ts';
import { looseReading, overlap, rankOf, type Route } from './templates.ts';

/** An operation with its route and its scopes. */
export interface Routed {
  readonly operation: FoundOperation;
  readonly route: Route;
  readonly scopes: readonly string[];
}

type LineOf = (path: readonly string[]) => number;

/** How many operations of one rank are compared with each other. */
const comparedMax = 2000;

/** Notes conflicts. Returns the operations that another with the same scopes stands for: they are not routed themselves. */
export function findConflicts(routed: readonly Routed[], findings: Findings, lineOf: LineOf): Set<Routed> {
  const shadowed = new Set<Routed>();
  const ranks = Map.groupBy(routed, ({ operation, route }) => `${operation.method} ${rankOf(route)}`);
  for (const group of ranks.values()) if (group.length > 1) compareRank(group, shadowed, findings, lineOf);
  const readings = Map.groupBy(routed, ({ operation, route }) => `${operation.method} ${looseReading(route)}`);
  for (const group of readings.values()) {
    const apart = new Set(group.map(({ route }) => shapeOf(route)));
    if (apart.size > 1) refuseTwins(group, findings, lineOf);
  }
  return shadowed;
}

function compareRank(group: readonly Routed[], shadowed: Set<Routed>, findings: Findings, lineOf: LineOf): void {
  for (const [index, later] of group.slice(0, comparedMax).entries()) {
    const first = group.slice(0, index).find(({ route }) => overlap(route, later.route));
    if (first === undefined) continue;
    const same = sameScopes(first, later);
    if (same && shapeOf(first.route) === shapeOf(later.route)) shadowed.add(later);
    else if (!same) refusePair(first, later, 'match the same addresses', findings, lineOf);
  }
}

function refuseTwins(group: readonly Routed[], findings: Findings, lineOf: LineOf): void {
  const [first, ...others] = group;
  if (first === undefined) return;
  const why = 'are one address to frameworks that ignore letter case, a last `/` or percent-encoding';
  for (const other of others) if (!sameScopes(first, other)) refusePair(first, other, why, findings, lineOf);
}

function refusePair(first: Routed, later: Routed, why: string, findings: Findings, lineOf: LineOf): void {
  const { method, template, path } = later.operation;
  findings.cost(
    [first.operation.path, later.operation.path],
    path,
    `\`${method}\` ${quote(template)} and \`${method}\` ${quote(first.operation.template)} in line ` +
      `${lineOf(first.operation.path)} ${why}, but need different scopes. Neither is published. Tell their paths ` +
      `apart, or give both the same scopes.`,
    'key',
  );
}

const sameScopes = (a: Routed, b: Routed): boolean =>
  a.scopes.length === b.scopes.length && a.scopes.every((scope) => b.scopes.includes(scope));

/** The same for routes that differ in the names of variables only. */
const shapeOf = ({ segments }: Route): string =>
  segments.map((segment) => segment.map((piece) => piece ?? '{}').join('')).join('/');
