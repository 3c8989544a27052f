/** From a file to a flat list of the objects in it: parsed, validated, with their documents. */
import { limits, type Violation } from '@tulou/contract';
import { dirname, resolve } from 'node:path';
import { readText } from '../contexts.ts';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { say } from '../language/say.ts';
import { documentValue, isDocumentText } from './documents.ts';
import { addressOf, numbered, paramsWithin, resourceOf, type Fields, type Resource } from './resource.ts';
import { kinds, manifestDocument, partsOf, type ResourceKind } from './schema.ts';
import { parseYaml, type Path } from './yaml.ts';

/** Reads a file (`-`: the standard input). Throws with every violation, each with its line. */
export async function readManifest(path: string, io: Io): Promise<Resource[]> {
  const text = path === '-' ? await io.stdin.text() : await readText(resolve(io.cwd, path), io);
  if (text.length > limits.documentBodyBytesMax) throw invalid(path, [{ pointer: '', message: tooLong }]);
  const { documents, violations } = parseYaml(text, manifestDocument);
  if (violations.length > 0) throw invalid(path, violations);
  if (documents.length === 0)
    throw invalid(path, [{ pointer: '', message: 'The file is empty. It must contain `tenants:`.' }]);
  const resources = documents.flatMap(({ value, raw, lineOf }) => {
    const walk: Walk = { place: (at) => ({ file: path, line: lineOf(at) }), io };
    return value.tenants.flatMap((entry, i) =>
      resourcesOf('tenant', { parsed: entry, raw: at(raw, 'tenants', i), parent: {}, path: ['tenants', i] }, walk),
    );
  });
  const all = numbered(resources);
  refuseDoubles(path, all);
  const folder = path === '-' ? io.cwd : dirname(resolve(io.cwd, path));
  const read = await Promise.allSettled(all.map((one) => withDocument(one, folder, io)));
  const failures = read.flatMap((one, i) => (one.status === 'rejected' ? [{ error: one.reason as unknown, i }] : []));
  if (failures.length > 0)
    throw documentsFailure(
      path,
      failures.map(({ error, i }) => faultOf(error, all[i])),
    );
  return read.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

interface DocumentFault {
  readonly failure: Failure;
  readonly resource: Resource | undefined;
}

function faultOf(error: unknown, resource: Resource | undefined): DocumentFault {
  if (error instanceof Failure) return { failure: error, resource };
  throw error;
}

/** All documents that cannot be read: one does not hide the others. */
function documentsFailure(path: string, faults: readonly DocumentFault[]): Failure {
  const [first] = faults;
  if (faults.length === 1 && first !== undefined) return first.failure;
  const violations = faults.map(({ failure, resource }) => {
    const [detail] = failure.facts.violations ?? [];
    const place = detail?.line === undefined ? '' : `, line ${detail.line}`;
    const more = detail === undefined ? '' : `${place}: ${detail.message}`;
    const line = resource?.place?.line;
    const pointer = resource === undefined ? '' : addressOf(resource);
    return { pointer, message: `${failure.message}${more}`, ...(line === undefined ? {} : { line }) };
  });
  return invalid(path, violations);
}

const tooLong =
  `The file is longer than ${limits.documentBodyBytesMax / 1024 / 1024} MiB. Write the tenants to several files, and ` +
  'their OpenAPI documents to files of their own.';

const violationsMax = 100;

const invalid = (path: string, violations: readonly Violation[]): Failure =>
  new Failure(say`${path} is not valid`, {
    exit: 'data',
    violations: violations.slice(0, violationsMax),
    help: 'Nothing was changed. "tulou apply --help" shows an example.',
  });

const at = (raw: unknown, key: string, i: number): Fields => {
  const list = (raw as Fields)[key];
  return ((Array.isArray(list) ? list[i] : undefined) ?? {}) as Fields;
};

interface Walk {
  readonly place: (path: Path) => NonNullable<Resource['place']>;
  readonly io: Io;
}

interface Entry {
  readonly parsed: Fields;
  readonly raw: Fields;
  readonly parent: Resource['parent'];
  readonly path: Path;
}

/** An entry and everything in its lists. */
function resourcesOf(kind: ResourceKind, { parsed, raw, parent, path }: Entry, walk: Walk): Resource[] {
  const parts = partsOf(kind);
  const keys = parts.map((part) => kinds[part].key);
  // Only the given fields, in their parsed form, without defaults.
  const fields = Object.fromEntries(Object.entries(parsed).filter(([name]) => name in raw && !keys.includes(name)));
  const self = { ...resourceOf(kind, parent, fields), place: walk.place(path), ...secretsOf(fields, walk.io) };
  const states = parts.filter((part) => kinds[part].isGuarded === true && kinds[part].key in raw);
  const inner = parts.flatMap((part) => {
    const { key, isSingle } = kinds[part];
    const value = parsed[key] ?? [];
    const within = paramsWithin(self);
    if (isSingle === true && !Array.isArray(value)) {
      const entry = { parsed: value as Fields, raw: raw[key] as Fields, parent: within, path: [...path, key] };
      return resourcesOf(part, entry, walk);
    }
    return (value as readonly Fields[]).flatMap((one, i) =>
      resourcesOf(part, { parsed: one, raw: at(raw, key, i), parent: within, path: [...path, key, i] }, walk),
    );
  });
  return [states.length === 0 ? self : { ...self, states }, ...inner];
}

function secretsOf({ client_secret: secret }: Fields, io: Io): Pick<Resource, 'secrets'> {
  if (typeof secret !== 'object' || secret === null || !('env' in secret)) return {};
  return { secrets: { client_secret: io.env.variable(String(secret.env)) } };
}

function refuseDoubles(path: string, resources: readonly Resource[]): void {
  const groups = Map.groupBy(resources, addressOf);
  const doubles = [...groups].filter(([, list]) => list.length > 1);
  if (doubles.length === 0) return;
  throw invalid(
    path,
    doubles.map(([address, list]) => {
      const line = list[1]?.place?.line;
      return { pointer: address, message: `appears more than once${line === undefined ? '' : ` (line ${line})`}` };
    }),
  );
}

/** Replaces the path of an OpenAPI document by the document. */
async function withDocument(resource: Resource, folder: string, io: Io): Promise<Resource> {
  const { openapi } = resource.fields;
  if (resource.kind !== 'version' || typeof openapi !== 'string') return resource;
  const isText = isDocumentText(openapi);
  const path = resolve(folder, openapi);
  const text = isText ? openapi : await readText(path, io);
  const value = documentValue(text, isText ? addressOf(resource) : path);
  const document = isText ? { text } : { path: openapi, text };
  return { ...resource, fields: { ...resource.fields, openapi: value }, document };
}
