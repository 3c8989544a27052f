/**
 * Finds the operation of an OpenAPI document that a call belongs to, for metering. Path templates become a trie of
 * segments; a literal wins over a parameter (OpenAPI 3.1 §4.8.8.2). An unknown path is no operation, never an error.
 */
import type { RouteOperation } from '@tulou/contract';

interface Node<O> {
  literals: Map<string, Node<O>> | undefined;
  /** `{name}`, or a segment with a parameter inside it: `{name}.json`. */
  patterns: { readonly prefix: string; readonly suffix: string; readonly node: Node<O> }[] | undefined;
  methods: Map<string, O> | undefined;
}

/** What one match may visit: a provider's own templates must not make its calls dear for others. */
const visitsMax = 512;

/** A compiled set of operations. Compiling costs once what there is; matching costs the segments of the path. */
export class OperationIndex<O extends RouteOperation> {
  readonly #root: Node<O> = emptyNode();
  /** Nodes and patterns that the last match looked at. */
  visits = 0;

  constructor(operations: readonly O[]) {
    for (const operation of operations) this.#add(operation);
  }

  /** The operation of `method` at `path` (which starts with `/`, or is empty; no query). HEAD falls back to GET. */
  match(method: string, path: string): O | undefined {
    this.visits = 0;
    const found = this.#walk(this.#root, method, path, path.charCodeAt(0) === slash ? 1 : 0);
    return found ?? (method === 'HEAD' ? this.match('GET', path) : undefined);
  }

  #add(operation: O): void {
    let node = this.#root;
    const path = operation.path.startsWith('/') ? operation.path.slice(1) : operation.path;
    for (const segment of path.split('/')) node = childFor(node, segment);
    node.methods ??= new Map();
    node.methods.set(operation.method.toUpperCase(), operation);
  }

  #walk(node: Node<O>, method: string, path: string, from: number): O | undefined {
    this.visits += 1;
    if (this.visits > visitsMax) return undefined;
    if (from > path.length) return node.methods?.get(method);
    const end = path.indexOf('/', from);
    const stop = end === -1 ? path.length : end;
    const segment = path.slice(from, stop);
    const literal = node.literals?.get(segment);
    const found = literal === undefined ? undefined : this.#walk(literal, method, path, stop + 1);
    if (found !== undefined || node.patterns === undefined) return found;
    for (const pattern of node.patterns) {
      this.visits += 1;
      if (this.visits > visitsMax) return undefined;
      if (!fits(segment, pattern.prefix, pattern.suffix)) continue;
      const below = this.#walk(pattern.node, method, path, stop + 1);
      if (below !== undefined) return below;
    }
    return undefined;
  }
}

const slash = 47;
const emptyNode = <O>(): Node<O> => ({ literals: undefined, patterns: undefined, methods: undefined });

/** A parameter is at least one character (it can't be an empty segment). */
function fits(segment: string, prefix: string, suffix: string): boolean {
  return segment.length > prefix.length + suffix.length && segment.startsWith(prefix) && segment.endsWith(suffix);
}

function childFor<O>(node: Node<O>, segment: string): Node<O> {
  const open = segment.indexOf('{');
  const close = segment.lastIndexOf('}');
  if (open === -1 || close < open) {
    node.literals ??= new Map();
    const known = node.literals.get(segment) ?? emptyNode<O>();
    node.literals.set(segment, known);
    return known;
  }
  const prefix = segment.slice(0, open);
  const suffix = segment.slice(close + 1);
  node.patterns ??= [];
  const same = node.patterns.find((pattern) => pattern.prefix === prefix && pattern.suffix === suffix);
  if (same !== undefined) return same.node;
  const fresh = { prefix, suffix, node: emptyNode<O>() };
  node.patterns.push(fresh);
  // The more a segment says by itself, the more it means: `{id}.json` before `{id}`.
  node.patterns.sort((a, b) => b.prefix.length + b.suffix.length - (a.prefix.length + a.suffix.length));
  return fresh.node;
}
