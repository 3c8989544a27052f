/**
 * Operations that one address could mean. Which of them a gateway and the service behind it choose need not be the same, so
 * where their scopes differ none of them is published.
 */
import type { Findings } from './findings.ts';
import { quote } from './json.ts';
import type { FoundOperation } from './found.ts';
import { looseReading, overlap, rankOf, type Route } from './templates.ts';

/** An operation with its route and its scopes. */
export interface Routed {
  readonly operation: FoundOperation;
  readonly route: Route;
  readonly scopes: readonly string[];
}

type LineOf = (path: readonly string[]) => number;

/** How much is spent on comparing segments of text and variables in one document; past it, two count as the same. */
const stepsMax = 5_000_000;

/** Notes conflicts. Returns the operations that an earlier one with the same scopes replaces: they are not routed. */
export function findConflicts(routed: readonly Routed[], findings: Findings, lineOf: LineOf): Set<Routed> {
  const shadowed = new Set<Routed>();
  const budget = { steps: stepsMax };
  const ranks = Map.groupBy(routed, ({ operation, route }) => `${operation.method} ${rankOf(route)}`);
  for (const group of ranks.values())
    for (const [first, later] of overlaps(group, budget)) {
      const isSame = sameScopes(first, later);
      if (isSame && shapeOf(first.route) === shapeOf(later.route)) shadowed.add(later);
      else if (!isSame) refuse([first, later], 'match the same addresses', findings, lineOf);
    }
  const readings = Map.groupBy(routed, ({ operation, route }) => `${operation.method} ${looseReading(route)}`);
  for (const group of readings.values()) if (areTwins(group)) refuse(group, looselyTheSame, findings, lineOf);
  return shadowed;
}

const looselyTheSame = 'are one address to frameworks that ignore letter case, a last `/` or percent-encoding';

/** Pairs of one rank that have an address in common. Where no segment mixes text and variables, all have the same ones. */
function* overlaps(group: readonly Routed[], budget: { steps: number }): Generator<readonly [Routed, Routed]> {
  for (const [index, later] of group.entries()) {
    const isMixed = later.route.segments.some((segment) => segment.length > 1);
    for (const first of group.slice(0, isMixed ? index : Math.min(index, 1)))
      if (budget.steps <= 0 || overlap(first.route, later.route, budget)) yield [first, later];
  }
}

/** Whether different routes that may be read as one need different scopes. */
function areTwins(group: readonly Routed[]): boolean {
  const [first, ...others] = group;
  if (first === undefined) return false;
  const shapes = new Set(group.map(({ route }) => shapeOf(route)));
  return shapes.size > 1 && others.some((other) => !sameScopes(first, other));
}

/** None of the group is published: whichever is called, the service may read another. */
function refuse(group: readonly Routed[], why: string, findings: Findings, lineOf: LineOf): void {
  const [first] = group;
  const last = group.findLast((one) => first !== undefined && !sameScopes(first, one));
  if (first === undefined || last === undefined) return;
  const { method, template, path } = last.operation;
  findings.cost(
    group.map(({ operation }) => operation.path),
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
