/**
 * The gateway's configuration as a value. Control compiles each object when its row changes, in the same transaction;
 * gateways fetch the objects whose `seq` is greater than their last one. Objects are as normalised as the rows behind
 * them (a subscription is not expanded into routes), so that the cost of a change is its own size.
 */
import { z } from 'zod';
import { apiKind } from './kinds/api.ts';
import { appKind } from './kinds/app.ts';
import { clientKind } from './kinds/client.ts';
import { denialKind } from './kinds/denial.ts';
import { installationKind } from './kinds/installation.ts';
import { issuerKind } from './kinds/issuer.ts';
import { keyObjectKind } from './kinds/key.ts';
import { planKind } from './kinds/plan.ts';
import { subscriptionKind } from './kinds/subscription.ts';
import { tenantKind } from './kinds/tenant.ts';
import { versionKind } from './kinds/version.ts';

/**
 * Every kind of object, by the name that its lines carry. A gateway that does not know a kind keeps its objects and
 * counts them: an older gateway is not broken by a newer control.
 */
export const snapshotKinds = {
  tenant: tenantKind,
  api: apiKind,
  version: versionKind,
  plan: planKind,
  app: appKind,
  subscription: subscriptionKind,
  key: keyObjectKind,
  client: clientKind,
  installation: installationKind,
  issuer: issuerKind,
  denial: denialKind,
} as const;

/** The key of each schema is the `kind` of its objects. */
type Named<Kinds> = { readonly [K in keyof Kinds]: z.ZodType<{ readonly kind: K; readonly key: string }> };
snapshotKinds satisfies Named<typeof snapshotKinds>;

export type SnapshotKind = keyof typeof snapshotKinds;
export type SnapshotOf<K extends SnapshotKind> = { [Each in K]: z.output<(typeof snapshotKinds)[Each]> }[K];
export type SnapshotObject = SnapshotOf<SnapshotKind>;

/** Whether this program knows the kind. */
export const isSnapshotKind = (kind: string): kind is SnapshotKind => Object.hasOwn(snapshotKinds, kind);

type Schema = (typeof snapshotKinds)[SnapshotKind];

/** Any object of any kind that this program knows. */
export const snapshotObject = z.discriminatedUnion('kind', Object.values(snapshotKinds) as [Schema, ...Schema[]]);

/**
 * One line of the feed, NDJSON. `object` is null if it was deleted. `seq` rises with every commit and has no
 * order inside one commit; it starts over only under a new `epoch` (a restored backup), which forces a full read.
 */
export const snapshotChange = z.object({
  seq: z.int().min(1),
  kind: z.string(),
  key: z.string(),
  tenant: z.string(),
  object: z.unknown(),
});
export type SnapshotChange = { seq: number; kind: string; key: string; tenant: string; object: unknown };

/**
 * First line of an answer of `GET /internal/v1/snapshot?epoch=&since=&wait_ms=`; the changes follow, a line each, then
 * `{"end":<count>}`, without which the answer is cut short and must be discarded.
 * `full`: what the gateway holds beyond these lines must be dropped.
 */
export const snapshotHead = z.object({
  epoch: z.string(),
  seq: z.int().min(0),
  full: z.boolean(),
  count: z.int().min(0),
});
export type SnapshotHead = z.output<typeof snapshotHead>;
