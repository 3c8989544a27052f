/** The form in which a file and the platform are compared: a flat list of objects with addresses. */
import type { ResourceKind } from './schema.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface Resource {
  readonly kind: ResourceKind;
  /** `acme/orders/v1`; unique within the kind, together with `ordinal`. */
  readonly name: string;
  /** Clients and connections may share a name: the second one is 2. */
  readonly ordinal?: number;
  /** Path parameters of the collection it is created in. */
  readonly parent: Readonly<Record<string, string>>;
  /** Its own path parameter: its slug, or its id if it has no other name. */
  readonly self: string;
  /** From a file: only the given fields. From the platform: all. */
  readonly fields: Fields;
  /** The text of the OpenAPI document, unchanged, and the path of its file if it has one of its own. */
  readonly document?: { readonly path?: string; readonly text: string };
  /** From a file: where it is. */
  readonly place?: { readonly file: string; readonly line: number };
  /** From a file, of a tenant: the guarded kinds whose lists the file states. */
  readonly states?: readonly ResourceKind[];
  /** Values of environment variables; undefined if the variable is not set. */
  readonly secrets?: Readonly<Record<string, string | undefined>>;
}

type Parent = Resource['parent'];

/** The unique address of an object: `version acme/orders/v1`. */
export const addressOf = ({ kind, name, ordinal = 1 }: Pick<Resource, 'kind' | 'name' | 'ordinal'>): string =>
  ordinal === 1 ? `${kind} ${name}` : `${kind} ${name} #${ordinal}`;

/** The address of the object that contains this one; undefined for a tenant. */
export function parentAddress({ kind, parent }: Pick<Resource, 'kind' | 'parent'>): string | undefined {
  const { tenant = '', api, app } = parent;
  if (kind === 'tenant') return undefined;
  if (api !== undefined) return `api ${tenant}/${api}`;
  return app === undefined ? `tenant ${tenant}` : `app ${tenant}/${app}`;
}

const text = (fields: Fields, name: string): string => String(fields[name] ?? '');

/** The part of an address after the parent: what is unique there, and known before the object exists. */
const labels: Readonly<Record<ResourceKind, (fields: Fields, parent: Parent) => string>> = {
  tenant: (fields) => text(fields, 'slug'),
  service: (fields) => `/${text(fields, 'slug')}`,
  api: (fields) => `/${text(fields, 'slug')}`,
  scope: (fields) => `/${text(fields, 'name')}`,
  version: (fields) => `/${text(fields, 'name')}`,
  plan: (fields) => `/${text(fields, 'slug')}`,
  app: (fields) => `/${text(fields, 'slug')}`,
  client: (fields) => `/${text(fields, 'name')} (${text(fields, 'environment')})`,
  subscription: (fields) => `/${text(fields, 'app')} to ${text(fields, 'api')}`,
  installation: (fields) => ` of ${text(fields, 'app')}`,
  issuer: () => '',
  connection: (fields) => `/${text(fields, 'name')}`,
  member: (fields) => `/${text(fields, 'email')}`,
};

/** Kinds whose path parameter is their name; that of the others is an id, which a file does not know. */
const named: readonly ResourceKind[] = ['tenant', 'service', 'api', 'scope', 'version', 'plan', 'app'];

/** An object of a file or of the platform. */
export function resourceOf(kind: ResourceKind, parent: Parent, fields: Fields): Resource {
  const { tenant = '', api, app } = parent;
  const within = [tenant, api, app].filter((one) => one !== undefined).join('/');
  const label = labels[kind](fields, parent);
  const self = named.includes(kind) ? label.replace(/^\//, '') : text(fields, 'id');
  return { kind, name: `${within}${label}`, parent, self, fields };
}

/** Numbers the objects of one name, in their order. Only clients and connections can share a name. */
export function numbered(resources: readonly Resource[]): Resource[] {
  const counts = new Map<string, number>();
  return resources.map((one) => {
    if (one.kind !== 'client' && one.kind !== 'connection') return one;
    const ordinal = (counts.get(addressOf(one)) ?? 0) + 1;
    counts.set(addressOf(one), ordinal);
    return ordinal === 1 ? one : { ...one, ordinal };
  });
}

/** The path parameters of the objects in its lists. */
export const paramsWithin = ({ kind, parent, self }: Resource): Parent => ({ ...parent, [kind]: self });
