/** `$ref`: inside the document only (Tulou fetches nothing), to something that is there and is what is needed there. */
import type { Findings } from './findings.ts';
import { isObject, member, pathOfPointer, pointerOf, quote, valueAt, type Json, type JsonObject } from './json.ts';
import { nearest } from './nearest.ts';
import type { Reference } from './shapes.ts';

/** What stands under each key of `components`. */
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

/** Looks behind every reference that the grammar has met. `names`: what else than a pointer a `$ref` may say. */
export function checkReferences(
  root: Json,
  references: readonly Reference[],
  names: ReadonlySet<string>,
  findings: Findings,
): void {
  for (const reference of references) {
    const wrong = judge(root, reference, names);
    if (wrong !== undefined) findings.add(reference.path, wrong);
  }
}

function judge(root: Json, { target, wants }: Reference, names: ReadonlySet<string>): string | undefined {
  if (typeof target !== 'string') return '`$ref` must be a text, such as "#/components/schemas/Order".';
  if (names.has(target)) return undefined;
  if (!target.startsWith('#')) return sayOutside(target);
  const path = pathOfReference(target);
  if (path === undefined)
    return `${quote(target)} is not a JSON pointer. References look like "#/components/schemas/Order".`;
  if (valueAt(root, path) === undefined) return sayMissing(root, target, path);
  const kind = path.length === 3 && path[0] === 'components' ? kindOfSection[path[1] ?? ''] : undefined;
  if (kind !== undefined && kind !== wants)
    return `${quote(target)} leads to a ${kind} Object, but a ${wants} Object is needed here.`;
  return inCircle(root, target) ? `${quote(target)} leads back to itself and never to content.` : undefined;
}

function sayOutside(target: string): string {
  const bare = /^[A-Za-z_]\w*$/.test(target)
    ? ` If it names a part of this document, write "#/components/schemas/${target}".`
    : '';
  return (
    `${quote(target)} leads out of this document. Tulou reads one document and fetches nothing: bundle it first, ` +
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
