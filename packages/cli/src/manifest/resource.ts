/** The form in which a file and the platform are compared: a flat list of objects with addresses. */
import type { ResourceKind } from './schema.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface Resource {
  readonly kind: ResourceKind;
  /** `acme/orders/v1`; unique within the kind. */
  readonly name: string;
  /** Path parameters of the collection it is created in. */
  readonly parent: Readonly<Record<string, string>>;
  /** Its own path parameter: its slug, or its id if it has no other name. */
  readonly self: string;
  /** From a file: only the given fields. From the platform: all. */
  readonly fields: Fields;
  /** The text of the OpenAPI file: sent unchanged, so that violations name its lines. */
  readonly document?: { readonly path: string; readonly text: string };
}

/** The unique address of an object: `version acme/orders/v1`. */
export const addressOf = (resource: Pick<Resource, 'kind' | 'name'>): string => `${resource.kind} ${resource.name}`;

export const tenantResource = (slug: string, fields: Fields): Resource => ({
  kind: 'tenant',
  name: slug,
  parent: {},
  self: slug,
  fields,
});

export const apiResource = (tenant: string, slug: string, fields: Fields): Resource => ({
  kind: 'api',
  name: `${tenant}/${slug}`,
  parent: { tenant },
  self: slug,
  fields,
});

export const childResource = (
  kind: 'version' | 'plan',
  tenant: string,
  api: string,
  name: string,
  fields: Fields,
): Resource => ({
  kind,
  name: `${tenant}/${api}/${name}`,
  parent: { tenant, api },
  self: name,
  fields,
});

export const appResource = (tenant: string, slug: string, fields: Fields): Resource => ({
  kind: 'app',
  name: `${tenant}/${slug}`,
  parent: { tenant },
  self: slug,
  fields,
});

/** An app subscribes to an API once: the two are its name. `self` is its id, which a file does not know. */
export const subscriptionResource = (
  tenant: string,
  app: string,
  api: string,
  self: string,
  fields: Fields,
): Resource => ({
  kind: 'subscription',
  name: `${tenant}/${app} to ${api}`,
  parent: { tenant },
  self,
  fields,
});
