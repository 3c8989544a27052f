/**
 * How each kind of object enters and leaves a thread's links. A kind of the contract without a line here, or a line without
 * `place` or `drop`, does not compile: a removal without effect would keep a revoked right in force.
 */
import { api } from './kinds/api.ts';
import { app } from './kinds/app.ts';
import { client } from './kinds/client.ts';
import { denial } from './kinds/denial.ts';
import { installation } from './kinds/installation.ts';
import { issuer } from './kinds/issuer.ts';
import { key } from './kinds/key.ts';
import { plan } from './kinds/plan.ts';
import { subscription } from './kinds/subscription.ts';
import { tenant } from './kinds/tenant.ts';
import { version } from './kinds/version.ts';
import type { Links, Placement } from './links.ts';
import type { PlainKind, ThreadChange } from './messages.ts';

export type Placements = { readonly [K in PlainKind]: Placement<K> };

export const placements: Placements = {
  tenant,
  api,
  version,
  plan,
  app,
  subscription,
  key,
  client,
  installation,
  issuer,
  denial,
};

/** Makes one change. An object replaces the earlier object of its key. */
export function applyChange(links: Links, change: ThreadChange): void {
  if (!('object' in change)) return placements[change.kind].drop(links, change.key);
  const { object, index } = change;
  const placement = placements[object.kind] as Placement<PlainKind>;
  placement.drop(links, object.key);
  return placement.place(links, object, index);
}
