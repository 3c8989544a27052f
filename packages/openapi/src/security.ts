/** The demands that the `security` of a document makes on a caller: scopes of a token, and the kinds of credential. */
import type { Findings } from './findings.ts';
import { isList, isObject, member, type Json } from './json.ts';
import { didYouMean } from './nearest.ts';
import type { FoundOperation } from './found.ts';
import { deref } from './references.ts';

/** One alternative: schemes, each with its scopes. */
export type Requirement = Readonly<Record<string, readonly string[]>>;

/** The kinds of credential that a gateway of Tulou knows. */
type Kind = 'token' | 'key';

export interface Schemes {
  readonly names: ReadonlySet<string>;
  /** Schemes whose requirements list scopes: `oauth2` and `openIdConnect`. */
  readonly scoped: ReadonlySet<string>;
  readonly kinds: ReadonlyMap<string, Kind>;
}

/** The security schemes of a document. */
export function schemesOf(root: Json): Schemes {
  const schemes = member(member(root, 'components'), 'securitySchemes');
  const scoped = new Set<string>();
  const kinds = new Map<string, Kind>();
  const entries = isObject(schemes) ? Object.entries(schemes) : [];
  for (const [name, value] of entries) {
    const scheme = deref(root, ['components', 'securitySchemes', name], value)?.value;
    const type = scheme?.['type'];
    const http = type === 'http' ? String(scheme?.['scheme']).toLowerCase() : '';
    if (type === 'oauth2' || type === 'openIdConnect') scoped.add(name);
    if (scoped.has(name) || http === 'bearer' || http === 'dpop') kinds.set(name, 'token');
    else if (type === 'apiKey') kinds.set(name, 'key');
  }
  return { names: new Set(entries.map(([name]) => name)), scoped, kinds };
}

/** The alternatives of a `security`; undefined where it says nothing. An empty scheme (`key:`) has no scopes. */
export function requirementsOf(value: Json | undefined): Requirement[] | undefined {
  if (!isList(value)) return undefined;
  return value.map((requirement) =>
    Object.fromEntries(
      Object.entries(isObject(requirement) ? requirement : {}).map(([scheme, scopes]) => [scheme, scopesIn(scopes)]),
    ),
  );
}

/** Control characters cannot be stored; no scope that an API defines has any. */
const named = (scope: Json): string =>
  String(scope)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, '\ufffd');

function scopesIn(scopes: Json): string[] {
  if (typeof scopes === 'string')
    return scopes
      .split(' ')
      .filter((scope) => scope !== '')
      .map(named);
  return isList(scopes) ? scopes.filter((scope) => scope !== null).map(named) : [];
}

/**
 * Whether the scopes of a scheme are a token's. A scheme that is not declared has scopes only if it is of that kind: no other
 * kind had any before OpenAPI 3.1, and a gateway that ignored them would let calls pass.
 */
function holdsScopes(name: string, scopes: readonly string[], { names, scoped }: Schemes): boolean {
  return scoped.has(name) || (!names.has(name) && scopes.length > 0);
}

/**
 * Scopes that a token must hold. OpenAPI's requirements are alternatives, and a gateway that tried them all could accept
 * one that was meant for another kind of credential: the first that names a scheme with scopes counts, with the scopes of
 * all such schemes in it.
 */
export function scopesOf(security: readonly Requirement[], schemes: Schemes): string[] {
  const asked = security.map((requirement) =>
    Object.entries(requirement).filter(([name, scopes]) => holdsScopes(name, scopes, schemes)),
  );
  const first = asked.find((entries) => entries.length > 0) ?? [];
  return [...new Set(first.flatMap(([, scopes]) => scopes))];
}

/** The credential that callers of these operations show; undefined where the document says nothing that a gateway can check. */
export function accessOf(securities: readonly (readonly Requirement[])[], schemes: Schemes): Kind | 'any' | undefined {
  const wanted = new Set<Kind>();
  for (const requirement of securities.flat()) {
    const asked = Object.entries(requirement).flatMap(([name, scopes]) =>
      holdsScopes(name, scopes, schemes) ? ['token' as const] : (schemes.kinds.get(name) ?? []),
    );
    // If one requirement asks for both, the token carries the scopes.
    const [first] = asked;
    if (first !== undefined) wanted.add(asked.includes('token') ? 'token' : first);
  }
  if (wanted.size === 2) return 'any';
  return [...wanted][0];
}

/** Notes every `security` that cannot be read in one way only, and each scheme that is not declared, once. */
export function checkSecurity(root: Json, operations: readonly FoundOperation[], findings: Findings): void {
  const { names } = schemesOf(root);
  const undeclared = new Map<string, { readonly path: readonly string[]; uses: number }>();
  const inheriting = operations.filter(({ value }) => (value['security'] ?? null) === null).map(({ path }) => path);
  const places = [
    { path: [] as readonly string[], value: member(root, 'security'), costs: inheriting },
    ...operations.map(({ path, value }) => ({ path, value: value['security'], costs: [path] })),
  ];
  for (const { path, value, costs } of places) {
    if (value === undefined || value === null) continue;
    if (!isList(value)) findings.cost(costs, [...path, 'security'], sayShape(costs.length), 'key');
    else for (const [index, one] of value.entries()) look([...path, 'security', String(index)], one, costs);
  }
  for (const [name, { path, uses }] of undeclared) findings.add(path, sayUnknownScheme(name, names, uses), 'key');

  function look(path: readonly string[], requirement: Json, costs: readonly (readonly string[])[]): void {
    if (requirement === null) return;
    if (!isObject(requirement)) return findings.cost(costs, path, sayShape(costs.length));
    for (const [name, scopes] of Object.entries(requirement)) {
      if (isObject(scopes)) findings.cost(costs, [...path, name], sayShape(costs.length), 'key');
      if (names.has(name)) continue;
      const seen = undeclared.get(name) ?? { path: [...path, name], uses: 0 };
      undeclared.set(name, { path: seen.path, uses: seen.uses + 1 });
    }
    return undefined;
  }
}

const sayShape = (operations: number): string =>
  '`security` must be a list of objects, such as `- login: [read]`, and this cannot be read in one way only. ' +
  `${operations === 1 ? 'The operation is' : `${operations} operations are`} not published.`;

function sayUnknownScheme(name: string, names: ReadonlySet<string>, uses: number): string {
  const near = didYouMean(name, names);
  const there =
    names.size === 0
      ? 'none is declared there'
      : `there are ${[...names]
          .slice(0, 10)
          .map((known) => `\`${known}\``)
          .join(', ')}`;
  const often = uses === 1 ? '' : ` ${uses.toLocaleString('en')} places use it.`;
  return `The security scheme \`${name}\` is not declared under \`components/securitySchemes\`; ${there}.${often}${near}`;
}
