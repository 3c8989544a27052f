/** From what is there to a file that `apply` takes back without change. Secrets are no fields of these objects. */
import { stringify } from 'yaml';
import type { Fields, Resource } from './resource.ts';
import { kinds, type ResourceKind } from './schema.ts';

export interface WrittenDocument {
  /** Relative to the file. */
  readonly path: string;
  readonly text: string;
}

export interface WrittenManifest {
  readonly text: string;
  readonly documents: readonly WrittenDocument[];
}

/** Writes the file, in the order of names. `folder`: OpenAPI documents go there, beside the file; undefined: they stand in it. */
export function writeManifest(resources: readonly Resource[], folder: string | undefined): WrittenManifest {
  const live = resources.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const documents: WrittenDocument[] = [];
  const place = (version: Resource): unknown => {
    const { openapi } = version.fields;
    if (folder === undefined || openapi === null || openapi === undefined) return openapi ?? undefined;
    const path = `${folder}/${version.name.replaceAll('/', '_')}.yaml`;
    documents.push({ path, text: yamlOf(openapi) });
    return path;
  };
  const tenants = live.filter((one) => one.kind === 'tenant').map((one) => tenantEntry(one, live, place));
  return { text: yamlOf({ tenants }), documents };
}

/** No aliases: a reader of the file should not have to look things up. */
const yamlOf = (value: unknown): string => stringify(value, { aliasDuplicateObjects: false, lineWidth: 110 });

type Place = (version: Resource) => unknown;

function tenantEntry(tenant: Resource, live: readonly Resource[], place: Place): Fields {
  const own = live.filter((one) => one.parent['tenant'] === tenant.self);
  const list = (kind: ResourceKind, entry: (one: Resource) => Fields = fieldsOf): Fields[] =>
    own.filter((one) => one.kind === kind).map(entry);
  return filled({
    ...fieldsOf(tenant),
    apis: list('api', (api) => apiEntry(api, own, place)),
    apps: list('app'),
    subscriptions: list('subscription'),
  });
}

function apiEntry(api: Resource, own: readonly Resource[], place: Place): Fields {
  const parts = own.filter((one) => one.parent['api'] === api.self);
  const versions = parts
    .filter((one) => one.kind === 'version')
    .map((one) => filled({ ...fieldsOf(one), openapi: place(one) }));
  return filled({ ...fieldsOf(api), versions, plans: parts.filter((one) => one.kind === 'plan').map(fieldsOf) });
}

/** The fields that a file can say, without those that are as a new object has them. */
function fieldsOf({ kind, fields }: Resource): Fields {
  const shape: Readonly<Record<string, { safeParse(value: unknown): { success: boolean; data?: unknown } }>> =
    kinds[kind].shape.shape;
  const known = Object.entries(shape).filter(([name]) => name in fields);
  return Object.fromEntries(
    known
      .filter(([name, schema]) => JSON.stringify(schema.safeParse(undefined).data) !== JSON.stringify(fields[name]))
      .map(([name]) => [name, fields[name]]),
  );
}

/** Without what is empty. */
const filled = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);
