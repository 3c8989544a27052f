/**
 * The scopes that a path needs in every way that an upstream may read it. Beside the operation that the document names, every
 * operation counts that a reading of the path leads to (readings.ts). The exceptions are operations that the document itself
 * puts second: `/orders/{id}` beside `/orders/export`.
 */
import type { RouteOperation } from '@tulou/contract';
import { addTo, emptyNode, type Node, type OperationIndex } from './operations.ts';
import { decoded, fold, readingsOf, type Segment } from './readings.ts';
import { canonicalTemplate, covers, fits, partsOf, type Parts } from './templates.ts';

/** The result of the guard for a method and a path. */
export interface Verdict<O> {
  readonly operation: O | undefined;
  /** Names of the scopes that a caller must hold. */
  readonly scopes: readonly string[];
}

const none: readonly string[] = [];
/** The budget for the readings of one path. */
const guardVisitsMax = 4096;

export class OperationGuard<O extends RouteOperation> {
  readonly #index: OperationIndex<O>;
  readonly #strict: boolean;
  readonly #folded: Node<O> = emptyNode();
  readonly #segments = new Map<O, readonly Parts[]>();
  /** Methods whose operations do not all need the same scopes. */
  readonly #varied: ReadonlySet<string>;
  #visits = 0;

  /** `strict`: only operations of the document are forwarded. */
  constructor(operations: readonly O[], index: OperationIndex<O>, strict: boolean) {
    this.#index = index;
    this.#strict = strict;
    this.#varied = variedMethods(operations);
    for (const operation of operations) {
      const segments = canonicalTemplate(operation.path).split('/').slice(1).map(partsOf);
      this.#segments.set(operation, segments);
      const folded = segments.filter((parts) => parts.length > 1 || parts[0] !== '');
      addTo(
        this.#folded,
        folded.map((parts) => parts.map((part) => fold(decoded(part)))),
        operation,
      );
    }
  }

  /** `path` is canonical. A text: the reason why no reading of it can be trusted. */
  judge(method: string, path: string): Verdict<O> | string {
    const operation = this.#index.match(method, path);
    if (operation === undefined && this.#strict) return { operation, scopes: none };
    const own = operation?.scopes ?? none;
    const upper = method.toUpperCase();
    // All operations of the method need the same scopes, so no reading leads to other scopes.
    const isUniform = operation !== undefined && !this.#varied.has(groupOf(upper));
    if (isUniform && !path.includes('%')) return { operation, scopes: own };
    const readings = readingsOf(path, this.#strict);
    if (typeof readings === 'string') return readings;
    if (isUniform) return { operation, scopes: own };
    const found = new Set<O>();
    this.#visits = 0;
    for (const one of upper === 'HEAD' ? ['HEAD', 'GET'] : [upper])
      for (const segments of readings) this.#collect(this.#folded, one, segments, 0, found);
    if (this.#visits > guardVisitsMax) return 'The path has too many readings.';
    return { operation, scopes: this.#scopesOf(operation, own, found, path) };
  }

  #scopesOf(operation: O | undefined, own: readonly string[], found: ReadonlySet<O>, path: string): readonly string[] {
    let scopes = own;
    for (const other of found) {
      const more = (other.scopes ?? none).filter((name) => !scopes.includes(name));
      if (more.length > 0 && !this.#isSecond(other, operation, path)) scopes = [...scopes, ...more];
    }
    return scopes;
  }

  /** Whether the path in its given form also matches `other`, and the document puts the narrower `operation` first. */
  #isSecond(other: O, operation: O | undefined, path: string): boolean {
    if (operation === undefined || operation === other) return operation === other;
    const [wide = [], narrow = []] = [this.#segments.get(other), this.#segments.get(operation)];
    const segments = path.split('/').slice(1);
    return (
      wide.length === segments.length &&
      wide.length === narrow.length &&
      wide.every((parts, at) => fits(segments[at] ?? '', parts) && covers(parts, narrow[at] ?? [])) &&
      // Templates that cover each other are equal: neither comes first.
      !wide.every((parts, at) => covers(narrow[at] ?? [], parts))
    );
  }

  #collect(node: Node<O>, method: string, segments: readonly Segment[], at: number, found: Set<O>): void {
    this.#visits += 1;
    if (this.#visits > guardVisitsMax) return;
    const segment = segments[at];
    if (segment === undefined) {
      for (const operation of node.methods?.get(method) ?? []) found.add(operation);
      return;
    }
    for (const text of segment) {
      if (text === '') this.#collect(node, method, segments, at + 1, found);
      const literal = node.literals?.get(text);
      if (literal !== undefined) this.#collect(literal, method, segments, at + 1, found);
    }
    for (const { parts, node: below } of node.patterns ?? []) {
      this.#visits += 1;
      if (segment.some((text) => fits(text, parts))) this.#collect(below, method, segments, at + 1, found);
    }
  }
}

/** Frameworks answer HEAD with the handler of GET. */
const groupOf = (method: string): string => (method === 'HEAD' ? 'GET' : method);

function variedMethods(operations: readonly RouteOperation[]): Set<string> {
  const scopesOf = new Map<string, string>();
  const varied = new Set<string>();
  for (const { method, scopes = none } of operations) {
    const name = groupOf(method.toUpperCase());
    const text = scopes.toSorted().join(' ');
    if ((scopesOf.get(name) ?? text) !== text) varied.add(name);
    scopesOf.set(name, text);
  }
  return varied;
}
