/** From path templates to targets: a tree of segments, compiled once from a table. A fixed segment wins over `{name}`. */
import { assert } from '../kernel/assert.ts';

export interface Route<T> {
  readonly method: string;
  /** `/tenants/{tenant}/members`: each segment is fixed text or one `{name}`. */
  readonly path: string;
  readonly target: T;
}

/** The result of routing a request: a target with the path's parameters, only the methods that the path knows, or nothing. */
export type Match<T> =
  | { readonly kind: 'target'; readonly target: T; readonly params: Readonly<Record<string, string>> }
  | { readonly kind: 'methods'; readonly allow: readonly string[] }
  | { readonly kind: 'nothing' };

export type Router<T> = (method: string, path: string) => Match<T>;

interface Node<T> {
  readonly fixed: Map<string, Node<T>>;
  any: Node<T> | undefined;
  readonly methods: Map<string, { readonly target: T; readonly names: readonly string[] }>;
}

const node = <T>(): Node<T> => ({ fixed: new Map(), any: undefined, methods: new Map() });

/** Compiles a table. Two routes of the same method and shape are a defect. */
export function compileRouter<T>(routes: readonly Route<T>[]): Router<T> {
  const root = node<T>();
  for (const route of routes) add(root, route);
  return (method, path) => {
    const values = segmentsOf(path);
    const found = values && find(root, values, 0, []);
    if (found === undefined) return { kind: 'nothing' };
    // RFC 9110 §9.3.2: HEAD is GET without the content.
    const entry = found.end.methods.get(method) ?? (method === 'HEAD' ? found.end.methods.get('GET') : undefined);
    if (entry === undefined) return { kind: 'methods', allow: allowed(found.end) };
    const params = Object.fromEntries(entry.names.map((name, i) => [name, found.values[i] ?? '']));
    return { kind: 'target', target: entry.target, params };
  };
}

function add<T>(root: Node<T>, route: Route<T>): void {
  const names: string[] = [];
  let at = root;
  for (const segment of route.path.split('/').slice(1)) {
    const name = /^\{(\w+)\}$/.exec(segment)?.[1];
    const next = (name === undefined ? at.fixed.get(segment) : at.any) ?? node<T>();
    if (name === undefined) at.fixed.set(segment, next);
    else {
      at.any = next;
      names.push(name);
    }
    at = next;
  }
  assert(!at.methods.has(route.method), `one route for ${route.method} ${route.path}`);
  at.methods.set(route.method, { target: route.target, names });
}

function find<T>(
  at: Node<T>,
  path: readonly string[],
  depth: number,
  values: readonly string[],
): { end: Node<T>; values: readonly string[] } | undefined {
  const segment = path[depth];
  if (segment === undefined) return at.methods.size > 0 ? { end: at, values } : undefined;
  const fixed = at.fixed.get(segment);
  return (
    (fixed && find(fixed, path, depth + 1, values)) ??
    (at.any && segment !== '' ? find(at.any, path, depth + 1, [...values, segment]) : undefined)
  );
}

function segmentsOf(path: string): readonly string[] | undefined {
  try {
    return path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function allowed<T>(end: Node<T>): readonly string[] {
  const methods = [...end.methods.keys()];
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].toSorted();
}
