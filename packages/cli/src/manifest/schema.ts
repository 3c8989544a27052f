/** The schema of a file. It is derived from the bodies of the contract: a new field there is valid here without change. */
import type { Operation } from '@tulou/contract';
import { apis } from '@tulou/contract/operations/apis';
import { apps } from '@tulou/contract/operations/apps';
import { clients } from '@tulou/contract/operations/clients';
import { connections } from '@tulou/contract/operations/connections';
import { installations } from '@tulou/contract/operations/installations';
import { issuers } from '@tulou/contract/operations/issuers';
import { members } from '@tulou/contract/operations/members';
import { plans } from '@tulou/contract/operations/plans';
import { scopes } from '@tulou/contract/operations/scopes';
import { services } from '@tulou/contract/operations/services';
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

const address = z.string().refine((text) => {
  const parts = text.split('/');
  return parts.length === 2 && parts.every((part) => slug.safeParse(part).success);
}, 'the slugs of a tenant and of its object: `acme/orders`');

const secretReference = z
  .strictObject({ env: z.string().regex(/^[A-Za-z_]\w{0,99}$/, 'the name of an environment variable') })
  .describe('`{env: NAME}`: the environment variable that holds the secret. Read when the connection is created');

const scope = z.strictObject(fieldsOf(scopes));

const version = z.strictObject({
  ...fieldsOf(versions),
  openapi: z
    .union([z.string().min(1), z.record(z.string(), z.unknown())])
    .nullable()
    .optional()
    .describe('Path of an OpenAPI document, relative to this file; or the document itself'),
});

const plan = z.strictObject(fieldsOf(plans));
const api = z.strictObject(fieldsOf(apis));
const client = z.strictObject(fieldsOf(clients));
const app = z.strictObject(fieldsOf(apps));
const service = z.strictObject(fieldsOf(services));
const issuer = z.strictObject(bodyOf(issuers.put.body).shape);
const connection = z.strictObject({ ...fieldsOf(connections), client_secret: secretReference.nullable().optional() });
const member = z.strictObject(fieldsOf(members));

const subscription = z.strictObject({
  ...bodyOf(subscriptions.create.body).shape,
  app: slug,
  api: address,
  plan: slug,
});

const installation = z.strictObject({
  ...fieldsOf(installations),
  app: address,
  state: z.enum(['active', 'paused']).default('active'),
});

const tenant = z.strictObject({
  ...fieldsOf(tenants),
  name: bodyOf(tenants.create.body).shape.name.optional(),
  members_may_try: z.boolean().default(false),
});

/** One YAML document. */
export const manifestDocument = z.strictObject({
  tenants: z
    .array(
      tenant.extend({
        services: z.array(service).optional(),
        apis: z
          .array(
            api.extend({
              scopes: z.array(scope).optional(),
              versions: z.array(version).optional(),
              plans: z.array(plan).optional(),
            }),
          )
          .optional(),
        apps: z.array(app.extend({ clients: z.array(client).optional() })).optional(),
        subscriptions: z.array(subscription).optional(),
        installations: z.array(installation).optional(),
        issuer: issuer.nullable().optional(),
        connections: z.array(connection).optional(),
        members: z.array(member).optional(),
      }),
    )
    .min(1),
});

type Names =
  | 'tenant'
  | 'service'
  | 'api'
  | 'scope'
  | 'version'
  | 'plan'
  | 'app'
  | 'client'
  | 'issuer'
  | 'connection'
  | 'member';
/** The kinds of objects in a file. */
export type ResourceKind = Names | 'subscription' | 'installation';

type BodyOperation = Operation<z.ZodObject, z.ZodObject, z.ZodObject | undefined>;

export interface Kind {
  /** The key of its list in a file, within an entry of `within`. `isSingle`: an object instead of a list. */
  readonly key: string;
  readonly within: ResourceKind | undefined;
  readonly isSingle?: true;
  /** Deleted only if the file states the list: these objects decide who has access. */
  readonly isGuarded?: true;
  readonly shape: z.ZodObject;
  readonly operations: {
    readonly create: BodyOperation;
    readonly get: Operation;
    readonly list?: Operation;
    readonly update: BodyOperation;
    readonly delete: Operation;
  };
  /** Fields that are written and never read. */
  readonly writeOnly?: readonly string[];
  /** Operations that lead to a state which no body can set. */
  readonly moves?: Readonly<Record<string, Operation>>;
}

const put = { ...issuers, create: issuers.put, update: issuers.put };

/** The kinds: fields, operations and place in a file. Each after those that it needs. */
export const kinds: Readonly<Record<ResourceKind, Kind>> = {
  tenant: { key: 'tenants', within: undefined, shape: tenant, operations: tenants },
  service: { key: 'services', within: 'tenant', shape: service, operations: services },
  api: { key: 'apis', within: 'tenant', shape: api, operations: apis },
  scope: { key: 'scopes', within: 'api', shape: scope, operations: scopes },
  version: {
    key: 'versions',
    within: 'api',
    shape: version,
    operations: versions,
    writeOnly: ['strict_document'],
  },
  plan: { key: 'plans', within: 'api', shape: plan, operations: plans },
  app: { key: 'apps', within: 'tenant', shape: app, operations: apps },
  client: { key: 'clients', within: 'app', shape: client, operations: clients },
  subscription: { key: 'subscriptions', within: 'tenant', shape: subscription, operations: subscriptions },
  installation: {
    key: 'installations',
    within: 'tenant',
    shape: installation,
    operations: installations,
    moves: { paused: installations.pause, active: installations.resume },
  },
  issuer: { key: 'issuer', within: 'tenant', isSingle: true, isGuarded: true, shape: issuer, operations: put },
  connection: {
    key: 'connections',
    within: 'tenant',
    isGuarded: true,
    shape: connection,
    operations: connections,
    writeOnly: ['client_secret'],
  },
  member: { key: 'members', within: 'tenant', isGuarded: true, shape: member, operations: members },
};

/** Each kind after those that it needs. */
export const kindOrder = Object.keys(kinds) as readonly ResourceKind[];

/** The kinds whose lists are within an entry of this kind. */
export const partsOf = (kind: ResourceKind): readonly ResourceKind[] =>
  kindOrder.filter((one) => kinds[one].within === kind);

/** Nouns that can be created but are not in a file, each with the reason. */
export const leftOut: Readonly<Record<string, string>> = {
  keys: 'an API key is a secret that the platform does not store; create one with `tulou keys create`',
  tokens: 'a control token is a secret that the platform does not store; create one with `tulou tokens create`',
  'operator-tokens': 'an operator token is a secret of the platform, not of a tenant',
  operators: 'an operator belongs to the platform, not to a tenant, and needs an account with a verified address',
  artifacts: 'an artifact is code that each platform stores anew; upload it with `tulou deploy`',
  revisions: 'a revision is made of uploaded code; create it with `tulou deploy`',
  releases: 'a release names revisions of one platform; create it with `tulou deploy` or `tulou releases create`',
  approvals: 'an approval is the decision about the request of one member; the member requests it again',
  domains: 'a domain is proven to each platform again; use `tulou domains create` and publish its challenge',
  users: 'end users are data with passwords and second factors; a backup contains them',
};
