/** The schema of a file. It is derived from the bodies of the contract: a new field there is valid here without change. */
import { apis } from '@tulou/contract/operations/apis';
import { apps } from '@tulou/contract/operations/apps';
import { plans } from '@tulou/contract/operations/plans';
import { slug } from '@tulou/contract/operations/shared';
import { subscriptions } from '@tulou/contract/operations/subscriptions';
import { tenants } from '@tulou/contract/operations/tenants';
import { versions } from '@tulou/contract/operations/versions';
import { z } from 'zod';

function bodyOf<S extends z.ZodObject>(body: S | undefined): S {
  if (body === undefined) throw new TypeError('an operation of a manifest kind has a body');
  return body;
}

type Table<C extends z.ZodObject, U extends z.ZodObject> = {
  readonly create: { readonly body: C | undefined };
  readonly update: { readonly body: U | undefined };
};

type Said<C extends z.ZodObject, U extends z.ZodObject> = C['shape'] & Omit<U['shape'], keyof C['shape']>;

/** The fields of a new object, in that order, then those that only an update has. */
function fieldsOf<C extends z.ZodObject, U extends z.ZodObject>({ create, update }: Table<C, U>): Said<C, U> {
  const { shape } = bodyOf(create.body);
  const fields: unknown = { ...shape, ...bodyOf(update.body).shape, ...shape };
  return fields as Said<C, U>;
}

const version = z.strictObject({
  ...fieldsOf(versions),
  openapi: z
    .union([z.string().min(1), z.record(z.string(), z.unknown())])
    .nullable()
    .optional()
    .describe('Path of an OpenAPI document, relative to this file; or the document itself'),
});

const plan = z.strictObject(fieldsOf(plans));

const api = z.strictObject({
  ...fieldsOf(apis),
  versions: z.array(version).optional(),
  plans: z.array(plan).optional(),
});

const app = z.strictObject(fieldsOf(apps));

const address = z.string().refine((text) => {
  const parts = text.split('/');
  return parts.length === 2 && parts.every((part) => slug.safeParse(part).success);
}, 'the slugs of a tenant and of its API: `acme/orders`');

const subscription = z.strictObject({
  ...bodyOf(subscriptions.create.body).shape,
  app: slug,
  api: address,
  plan: slug,
});

const tenant = z.strictObject({
  ...bodyOf(tenants.create.body).shape,
  name: bodyOf(tenants.create.body).shape.name.optional(),
  apis: z.array(api).optional(),
  apps: z.array(app).optional(),
  subscriptions: z.array(subscription).optional(),
});

/** One YAML document. */
export const manifestDocument = z.strictObject({ tenants: z.array(tenant).min(1) });

export type ManifestDocument = z.output<typeof manifestDocument>;
export type TenantEntry = ManifestDocument['tenants'][number];

/** The fields of each kind that a file may contain, and the operations that create them. */
export const kinds = {
  tenant: { operations: tenants, shape: tenant.omit({ apis: true, apps: true, subscriptions: true }) },
  api: { operations: apis, shape: api.omit({ versions: true, plans: true }) },
  version: { operations: versions, shape: version },
  plan: { operations: plans, shape: plan },
  app: { operations: apps, shape: app },
  subscription: { operations: subscriptions, shape: subscription },
} as const;

export type ResourceKind = keyof typeof kinds;
