/** What the `security` of a document asks of a caller: scopes of a token, and the kinds of credential. */
import type { Findings } from './findings.ts';
import { isList, isObject, member, type Json } from './json.ts';
import { didYouMean } from './nearest.ts';
import type { FoundOperation } from './operations.ts';
import { deref } from './references.ts';

/** One alternative: schemes, each with its scopes. */
export type Requirement = Readonly<Record<string, readonly string[]>>;

/** The kinds of credential that a gateway of Tulou knows. */
type Kind = 'token' | 'key';

export interface Schemes {
  readonly names: readonly string[];
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
  return { names: entries.map(([name]) => name), scoped, kinds };
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
 * Scopes that a token must hold. OpenAPI's requirements are alternatives, and a gateway that tried them all could accept
 * one that was meant for another kind of credential: the first that names a scheme with scopes counts, with the scopes of
 * all such schemes in it.
 */
export function scopesOf(security: readonly Requirement[], { scoped }: Schemes): string[] {
  const first = security.find((requirement) => Object.keys(requirement).some((scheme) => scoped.has(scheme)));
  const scopes = Object.entries(first ?? {}).flatMap(([scheme, names]) => (scoped.has(scheme) ? names : []));
  return [...new Set(scopes)];
}

/** What callers of these operations show; undefined where the document says nothing that a gateway can check. */
export function accessOf(
  securities: readonly (readonly Requirement[])[],
  { kinds }: Schemes,
): Kind | 'any' | undefined {
  const wanted = new Set<Kind>();
  for (const requirement of securities.flat()) {
    const asked = Object.keys(requirement).flatMap((scheme) => kinds.get(scheme) ?? []);
    // Where both are asked for at once, the token is the one that carries scopes.
    const [first] = asked;
    if (first !== undefined) wanted.add(asked.includes('token') ? 'token' : first);
  }
  if (wanted.size === 2) return 'any';
  return [...wanted][0];
}

/** Notes every `security` that cannot be read in one way only. */
export function checkSecurity(root: Json, operations: readonly FoundOperation[], findings: Findings): void {
  const { names } = schemesOf(root);
  const inheriting = operations.filter(({ value }) => (value['security'] ?? null) === null).map(({ path }) => path);
  const places = [
    { path: [] as readonly string[], value: member(root, 'security'), costs: inheriting },
    ...operations.map(({ path, value }) => ({ path, value: value['security'], costs: [path] })),
  ];
  for (const { path, value, costs } of places) {
    if (value === undefined || value === null) continue;
    if (isList(value))
      for (const [index, one] of value.entries()) checkOne([...path, 'security', String(index)], one, costs);
    else findings.cost(costs, [...path, 'security'], sayShape(costs.length), 'key');
  }

  function checkOne(path: readonly string[], requirement: Json, costs: readonly (readonly string[])[]): void {
    if (requirement === null) return;
    if (!isObject(requirement)) return findings.cost(costs, path, sayShape(costs.length));
    for (const [name, scopes] of Object.entries(requirement)) {
      if (isObject(scopes)) findings.cost(costs, [...path, name], sayShape(costs.length), 'key');
      if (names.includes(name)) continue;
      const message = sayUnknownScheme(name, names);
      if (scopesIn(scopes).length === 0) findings.add([...path, name], message, 'key');
      else findings.cost(costs, [...path, name], `${message} ${sayCost(costs.length)}`, 'key');
    }
    return undefined;
  }
}

const sayCost = (operations: number): string =>
  `Its scopes cannot be checked, so ${operations === 1 ? 'the operation is' : `${operations} operations are`} not published.`;

const sayShape = (operations: number): string =>
  '`security` must be a list of objects, such as `- login: [read]`, and this cannot be read in one way only. ' +
  `${operations === 1 ? 'The operation is' : `${operations} operations are`} not published.`;

function sayUnknownScheme(name: string, names: readonly string[]): string {
  const near = didYouMean(name, names);
  const there =
    names.length === 0
      ? 'none is declared there'
      : `there are ${names
          .slice(0, 10)
          .map((known) => `\`${known}\``)
          .join(', ')}`;
  return `The security scheme \`${name}\` is not declared under \`components/securitySchemes\`; ${there}.${near}`;
}
