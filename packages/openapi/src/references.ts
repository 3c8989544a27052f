/** `$ref`: inside the document only (Tulou fetches nothing), to something that is there and is what is needed there. */
import type { Findings } from './findings.ts';
import { isObject, member, pathOfPointer, pointerOf, quote, valueAt, type Json, type JsonObject } from './json.ts';
import { nearest } from './nearest.ts';
import type { Reference } from './shapes.ts';

/** The kind of object under each key of `components`. */
const kindOfSection: Readonly<Record<string, string>> = {
  schemas: 'Schema',
  responses: 'Response',
  parameters: 'Parameter',
  examples: 'Example',
  requestBodies: 'Request Body',
  headers: 'Header',
  securitySchemes: 'Security Scheme',
  links: 'Link',
  callbacks: 'Callback',
  pathItems: 'Path Item',
};

/** The value behind an object that may be a reference, with its path; undefined where it leads nowhere or in a circle. */
export function deref(
  root: Json,
  path: readonly string[],
  value: Json | undefined,
): { path: readonly string[]; value: JsonObject } | undefined {
  const seen = new Set<string>();
  let at = path;
  let found = value;
  for (;;) {
    const target = member(found, '$ref');
    if (target === undefined) return isObject(found) ? { path: at, value: found } : undefined;
    const next = typeof target === 'string' && !seen.has(target) ? pathOfReference(target) : undefined;
    if (next === undefined) return undefined;
    seen.add(String(target));
    [at, found] = [next, valueAt(root, next)];
  }
}

/** The path that a reference inside the document points to, or undefined where it is no such reference. */
function pathOfReference(target: string): string[] | undefined {
  if (!target.startsWith('#')) return undefined;
  try {
    return pathOfPointer(decodeURIComponent(target.slice(1)));
  } catch {
    return undefined;
  }
}

/** Names and bases that a `$ref` may use in OpenAPI 3.1. */
export interface SchemaNames {
  /** Texts other than pointers that a `$ref` may be: anchors, and the `$id`s of schemas. */
  readonly names: ReadonlySet<string>;
  /** Where schemas with an `$id` are: a pointer inside one begins there. */
  readonly bases: ReadonlySet<string>;
}

/** Looks behind every reference that the grammar has met. Those that leave the document are one finding together. */
export function checkReferences(
  root: Json,
  references: readonly Reference[],
  names: SchemaNames,
  findings: Findings,
): void {
  const outside: Reference[] = [];
  for (const reference of references) {
    const wrong = judge(root, reference, names);
    if (wrong === leavesDocument) outside.push(reference);
    else if (wrong !== undefined && isRouted(reference))
      findings.cost(
        [reference.path.slice(0, 2).map(String)],
        reference.path,
        `${wrong} Its operations are not published.`,
      );
    else if (wrong !== undefined) findings.add(reference.path, wrong);
  }
  reportOutside(outside, findings);
}

/** Whether operations are behind a reference. */
const isRouted = ({ path, wants }: Reference): boolean => wants === 'Path Item' && path[0] === 'paths';

function reportOutside(outside: readonly Reference[], findings: Findings): void {
  const routed = outside.find(isRouted);
  const first = routed ?? outside[0];
  if (first === undefined) return;
  const message = sayOutside(String(first.target), outside.length);
  if (routed === undefined) findings.add(first.path, message);
  else findings.refuse(first.path, message);
}

const leavesDocument = Symbol('leaves the document');

function judge(
  root: Json,
  reference: Reference,
  { names, bases }: SchemaNames,
): string | typeof leavesDocument | undefined {
  const { target, wants } = reference;
  if (typeof target !== 'string') return '`$ref` must be a text, such as "#/components/schemas/Order".';
  if (names.has(target) || isNamed(target, names)) return undefined;
  if (!target.startsWith('#')) return leavesDocument;
  const path = pathOfReference(target);
  if (path === undefined)
    return `${quote(target)} is not a JSON pointer. References look like "#/components/schemas/Order".`;
  if (valueAt(root, path) === undefined) {
    const isBelow = basesOf(reference, bases).some((base) => valueAt(root, [...base, ...path]) !== undefined);
    return isBelow ? undefined : sayMissing(root, target, path);
  }
  const kind = path.length === 3 && path[0] === 'components' ? kindOfSection[path[1] ?? ''] : undefined;
  if (kind !== undefined && kind !== wants)
    return `${quote(target)} leads to a ${kind} Object, but a ${wants} Object is needed here.`;
  return inCircle(root, target) ? `${quote(target)} leads back to itself and never to content.` : undefined;
}

/** `$id`s may be addresses, and references relative to them: their last part is compared. */
function isNamed(target: string, names: ReadonlySet<string>): boolean {
  const [document = ''] = target.split('#', 1);
  if (document === '' || names.size === 0) return false;
  if (names.has(document)) return true;
  const last = document.replace(/^.*\//, '');
  return [...names].some((name) => name.endsWith(`/${last}`));
}

/** The schemas with an `$id` around a reference. */
function basesOf({ path }: Reference, bases: ReadonlySet<string>): string[][] {
  if (bases.size === 0) return [];
  const keys = path.map(String);
  return keys.map((_, length) => keys.slice(0, length)).filter((base) => bases.has(pointerOf(base)));
}

function sayOutside(target: string, count: number): string {
  const bare = /^[A-Za-z_]\w*$/.test(target)
    ? ` If it names a part of this document, write "#/components/schemas/${target}".`
    : '';
  const others = count === 1 ? '' : `, and ${(count - 1).toLocaleString('en')} more references with it`;
  return (
    `${quote(target)} leads out of this document${others}. Tulou reads one document and fetches nothing: bundle it first, ` +
    `for example with \`npx @redocly/cli bundle openapi.yaml -o bundled.yaml\`.${bare}`
  );
}

function sayMissing(root: Json, target: string, path: readonly string[]): string {
  const depth = path.findIndex((_, index) => valueAt(root, path.slice(0, index + 1)) === undefined);
  const around = path.slice(0, depth);
  const where = around.length === 0 ? 'the document' : `\`${around.join('/')}\``;
  const there = valueAt(root, around);
  const close = isObject(there) ? nearest(path[depth] ?? '', Object.keys(there)) : undefined;
  const better = close === undefined ? undefined : [...around, close, ...path.slice(depth + 1)];
  const swagger = path[0] === 'definitions' ? ` In OpenAPI 3 schemas are under "#/components/schemas/".` : '';
  const suggestion =
    better !== undefined && valueAt(root, better) !== undefined ? ` Did you mean "#${pointerOf(better)}"?` : swagger;
  return `${quote(target)} leads to nothing: there is no \`${path[depth] ?? ''}\` in ${where}.${suggestion}`;
}

/** A circle through content is well (a tree's node has nodes); one of references only has no end. */
function inCircle(root: Json, target: string): boolean {
  const seen = new Set<string>();
  for (let next: Json | undefined = target; typeof next === 'string' && next.startsWith('#');) {
    if (seen.has(next)) return true;
    seen.add(next);
    const path = pathOfReference(next);
    next = path === undefined ? undefined : member(valueAt(root, path), '$ref');
  }
  return false;
}
