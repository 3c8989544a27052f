/** The operations of a document, as routing, metering and the portal know them. */
import { limits } from '@tulou/contract';
import { isObject, member, type Json } from './json.ts';
import { methods } from './grammar.ts';
import { deref } from './references.ts';
import type { FoundOperation } from './found.ts';
import { requirementsOf, scopesOf, type Requirement, type Schemes } from './security.ts';

export interface OpenapiOperation {
  /** The document's `operationId`, or one made of method and path: `get_orders_id`. Unique in the document. */
  readonly id: string;
  /** In capitals, as on the wire. */
  readonly method: string;
  /** A template: `/orders/{id}`. */
  readonly path: string;
  readonly summary?: string;
  /** The needs of a caller: one of these, each a set of schemes with scopes. Absent where the document says nothing. */
  readonly security?: readonly Requirement[];
  /** Scopes that a token must hold, all of them; see `scopesOf`. Absent where none are asked for. */
  readonly scopes?: readonly string[];
}

/** Every operation under `paths`, in the order of the document. Tolerates what is not well formed: it is left out. */
export function findOperations(root: Json): FoundOperation[] {
  const paths = member(root, 'paths');
  if (!isObject(paths)) return [];
  return Object.entries(paths).flatMap(([template, value]) =>
    template.startsWith('x-') ? [] : operationsOf(root, template, value),
  );
}

function operationsOf(root: Json, template: string, value: Json): FoundOperation[] {
  const ownPath = ['paths', template];
  const behind = deref(root, ownPath, value);
  return methods.flatMap((method) => {
    // Fields beside a `$ref` of a path item count too, and first (OpenAPI leaves open which; the nearer one is meant).
    for (const { path, value: item } of [{ path: ownPath, value }, ...(behind === undefined ? [] : [behind])]) {
      const operation = member(item, method);
      // `get:` with nothing behind it is an operation that nothing is said of.
      if (isObject(item) && (isObject(operation) || operation === null))
        return [{ template, method, path: [...path, method], value: operation ?? {}, item, itemPath: path }];
    }
    return [];
  });
}

/** The security of an operation: its own, or that of the document. */
export function securityOf(root: Json, { value }: FoundOperation): Requirement[] | undefined {
  return requirementsOf(value['security']) ?? requirementsOf(member(root, 'security'));
}

/** An operation that is published, with the template that it is routed by. */
export interface Listed {
  readonly operation: FoundOperation;
  readonly path: string;
}

/** The operations in the form that leaves this package. */
export function listOperations(root: Json, listed: readonly Listed[], schemes: Schemes): OpenapiOperation[] {
  const taken = new Set<string>();
  const given = listed.map(({ operation }) => {
    const id = operation.value['operationId'];
    if (!isUsableId(id) || taken.has(id)) return undefined;
    taken.add(id);
    return id;
  });
  return listed.map(({ operation, path }, index) => {
    const { method, template, value } = operation;
    const security = securityOf(root, operation);
    const scopes = scopesOf(security ?? [], schemes);
    return {
      id: given[index] ?? derivedId(method, template, taken),
      method: method.toUpperCase(),
      path,
      ...(typeof value['summary'] === 'string' ? { summary: value['summary'] } : {}),
      ...(security === undefined ? {} : { security }),
      ...(scopes.length === 0 ? {} : { scopes }),
    };
  });
}

function isUsableId(id: Json | undefined): id is string {
  return typeof id === 'string' && id !== '' && wrongName(id, limits.operationIdCharactersMax) === undefined;
}

/** The reason why usage reports cannot show a text, as the end of a sentence; undefined where it can. */
export function wrongName(text: string, charactersMax: number): string | undefined {
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return 'has a control character in it. Remove it.';
  if (text.length <= charactersMax) return undefined;
  return `has ${text.length.toLocaleString('en')} characters; at most ${charactersMax.toLocaleString('en')} are taken. Shorten it.`;
}

/** Leaves room for a number behind it. */
const derivedCharactersMax = limits.operationIdCharactersMax - 10;

/** `get_orders_id`; with a number behind it where that is taken. */
function derivedId(method: string, template: string, taken: Set<string>): string {
  const words = template.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const base = [method, ...words].join('_').slice(0, derivedCharactersMax);
  let id = base;
  for (let n = 2; taken.has(id); n += 1) id = `${base}_${n}`;
  taken.add(id);
  return id;
}
