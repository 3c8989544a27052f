/** From existing objects to a file that `apply` accepts without change. These objects have no secret fields. */
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

/** Writes the file, sorted by name. OpenAPI documents go into `folder` beside the file, or into the file if it is undefined. */
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

/** Without aliases, so that each part can be read by itself. */
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

/** The fields that a file may contain, without those that equal the default of a new object. */
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

/** Without empty fields. */
const filled = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)));

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);
