/** The operations of a document, as routing, metering and the portal know them. */
import { limits } from '@tulou/contract';
import { isList, isObject, member, type Json, type JsonObject } from './json.ts';
import { methods } from './grammar.ts';
import { deref } from './references.ts';

export interface OpenapiOperation {
  /** The document's `operationId`, or one made of method and path: `get_orders_id`. Unique in the document. */
  readonly id: string;
  /** In capitals, as on the wire. */
  readonly method: string;
  /** A template: `/orders/{id}`. */
  readonly path: string;
  readonly summary?: string;
  /** What a caller needs: one of these, each a set of schemes with scopes. Absent where the document says nothing. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  /** Scopes that a token must hold, all of them; see `scopesOf`. Absent where none are asked for. */
  readonly scopes?: readonly string[];
}

/** An operation in its document. */
export interface FoundOperation {
  readonly template: string;
  readonly method: (typeof methods)[number];
  /** From the root of the document; through `components` where the path item is a reference. */
  readonly path: readonly string[];
  readonly value: JsonObject;
  /** The path item it belongs to, and where that is. */
  readonly item: JsonObject;
  readonly itemPath: readonly string[];
}

/** Every operation under `paths`, in the order of the document. Tolerates what is not well formed: it is left out. */
export function findOperations(root: Json): FoundOperation[] {
  const paths = member(root, 'paths');
  if (!isObject(paths)) return [];
  return Object.entries(paths).flatMap(([template, value]) =>
    template.startsWith('/') ? operationsOf(root, template, value) : [],
  );
}

function operationsOf(root: Json, template: string, value: Json): FoundOperation[] {
  const ownPath = ['paths', template];
  const behind = deref(root, ownPath, value);
  return methods.flatMap((method) => {
    // Fields beside a `$ref` of a path item count too, and first (OpenAPI leaves open which; the nearer one is meant).
    for (const { path, value: item } of [{ path: ownPath, value }, ...(behind === undefined ? [] : [behind])]) {
      const operation = member(item, method);
      if (isObject(item) && isObject(operation))
        return [{ template, method, path: [...path, method], value: operation, item, itemPath: path }];
    }
    return [];
  });
}

/** The operations in the form that leaves this folder. The document must have passed all checks. */
export function listOperations(root: Json, found: readonly FoundOperation[]): OpenapiOperation[] {
  const taken = new Set(
    found.flatMap(({ value }) => (typeof value['operationId'] === 'string' ? [value['operationId']] : [])),
  );
  const documentSecurity = requirementsOf(member(root, 'security'));
  const scoped = scopedSchemes(root);
  return found.map(({ template, method, value }) => {
    const security = requirementsOf(value['security']) ?? documentSecurity;
    const scopes = scopesOf(security ?? [], scoped);
    return {
      id: typeof value['operationId'] === 'string' ? value['operationId'] : derivedId(method, template, taken),
      method: method.toUpperCase(),
      path: template,
      ...(typeof value['summary'] === 'string' ? { summary: value['summary'] } : {}),
      ...(security === undefined ? {} : { security }),
      ...(scopes.length === 0 ? {} : { scopes }),
    };
  });
}

/** Leaves room for a number behind it. */
const derivedCharactersMax = limits.operationIdCharactersMax - 10;

/** Names of the security schemes whose requirements list scopes: `oauth2` and `openIdConnect`. */
function scopedSchemes(root: Json): ReadonlySet<string> {
  const schemes = member(member(root, 'components'), 'securitySchemes');
  const entries = isObject(schemes) ? Object.entries(schemes) : [];
  return new Set(
    entries.flatMap(([name, value]) => {
      const type = member(deref(root, ['components', 'securitySchemes', name], value)?.value, 'type');
      return type === 'oauth2' || type === 'openIdConnect' ? [name] : [];
    }),
  );
}

/**
 * What a token must hold. OpenAPI's requirements are alternatives, and a gateway that tried them all could be satisfied by
 * one that was meant for another kind of credential: the first that names a scheme with scopes counts, with the scopes of
 * all such schemes in it.
 */
function scopesOf(
  security: readonly Readonly<Record<string, readonly string[]>>[],
  scoped: ReadonlySet<string>,
): string[] {
  const first = security.find((requirement) => Object.keys(requirement).some((scheme) => scoped.has(scheme)));
  const scopes = Object.entries(first ?? {}).flatMap(([scheme, names]) => (scoped.has(scheme) ? names : []));
  return [...new Set(scopes)];
}

/** `get_orders_id`; with a number behind it where that is taken. */
function derivedId(method: string, template: string, taken: Set<string>): string {
  const words = template.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const base = [method, ...words].join('_').slice(0, derivedCharactersMax);
  let id = base;
  for (let n = 2; taken.has(id); n += 1) id = `${base}_${n}`;
  taken.add(id);
  return id;
}

function requirementsOf(value: Json | undefined): Record<string, string[]>[] | undefined {
  if (!isList(value)) return undefined;
  return value
    .filter(isObject)
    .map((requirement) =>
      Object.fromEntries(
        Object.entries(requirement).map(([scheme, scopes]) => [
          scheme,
          isList(scopes) ? scopes.filter((scope) => typeof scope === 'string') : [],
        ]),
      ),
    );
}
