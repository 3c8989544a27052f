/**
 * Finds the operation of an OpenAPI document that a call belongs to. Path templates become a trie of segments. A literal
 * precedes a parameter (OpenAPI 3.1 §4.8.8.2), and more literal text precedes less. An unknown path is no operation, never an
 * error.
 */
import type { RouteOperation } from '@tulou/contract';
import { bySpecificity, canonicalTemplate, fits, partsOf, type Parts } from './templates.ts';

export interface Node<O> {
  literals: Map<string, Node<O>> | undefined;
  /** Segments with parameters, the most specific first. */
  patterns: { readonly parts: Parts; readonly node: Node<O> }[] | undefined;
  /** By method. Several operations: their templates are equal except for the names of parameters. */
  methods: Map<string, O[]> | undefined;
}

/** The budget of one match: a provider's own templates must not slow calls of other providers. */
const visitsMax = 512;

/**
 * A compiled set of operations. The cost of compiling grows with the document, the cost of a match with the segments of the
 * path.
 */
export class OperationIndex<O extends RouteOperation> {
  readonly #root: Node<O> = emptyNode();
  /** The number of nodes and patterns that the last match visited. */
  visits = 0;

  constructor(operations: readonly O[]) {
    for (const operation of operations) {
      const path = canonicalTemplate(operation.path);
      const segments = (path.startsWith('/') ? path.slice(1) : path).split('/');
      addTo(this.#root, segments.map(partsOf), operation);
    }
  }

  /** The operation of `method` at `path` (which starts with `/`, or is empty; no query). HEAD falls back to GET. */
  match(method: string, path: string): O | undefined {
    this.visits = 0;
    const found = this.#walk(this.#root, method, path, path.charCodeAt(0) === slash ? 1 : 0);
    return found ?? (method === 'HEAD' ? this.match('GET', path) : undefined);
  }

  #walk(node: Node<O>, method: string, path: string, from: number): O | undefined {
    this.visits += 1;
    if (this.visits > visitsMax) return undefined;
    if (from > path.length) return node.methods?.get(method)?.[0];
    const end = path.indexOf('/', from);
    const stop = end === -1 ? path.length : end;
    const segment = path.slice(from, stop);
    const literal = node.literals?.get(segment);
    const found = literal === undefined ? undefined : this.#walk(literal, method, path, stop + 1);
    if (found !== undefined || node.patterns === undefined) return found;
    for (const pattern of node.patterns) {
      this.visits += 1;
      if (this.visits > visitsMax) return undefined;
      if (!fits(segment, pattern.parts)) continue;
      const below = this.#walk(pattern.node, method, path, stop + 1);
      if (below !== undefined) return below;
    }
    return undefined;
  }
}

const slash = 47;
export const emptyNode = <O>(): Node<O> => ({ literals: undefined, patterns: undefined, methods: undefined });

/** Adds an operation below `root` at the node of its segments. */
export function addTo<O extends RouteOperation>(root: Node<O>, segments: readonly Parts[], operation: O): void {
  let node = root;
  for (const parts of segments) node = childFor(node, parts);
  node.methods ??= new Map();
  const method = operation.method.toUpperCase();
  const known = node.methods.get(method);
  if (known === undefined) node.methods.set(method, [operation]);
  else known.push(operation);
}

function childFor<O>(node: Node<O>, parts: Parts): Node<O> {
  if (parts.length === 1) {
    const [text = ''] = parts;
    node.literals ??= new Map();
    const known = node.literals.get(text) ?? emptyNode<O>();
    node.literals.set(text, known);
    return known;
  }
  node.patterns ??= [];
  const same = node.patterns.find((pattern) => bySpecificity(pattern.parts, parts) === 0);
  if (same !== undefined) return same.node;
  const fresh = { parts, node: emptyNode<O>() };
  node.patterns.push(fresh);
  node.patterns.sort((a, b) => bySpecificity(a.parts, b.parts));
  return fresh.node;
}
