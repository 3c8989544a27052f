/** Rows of subscriptions, as the developer's tenant stores them. */
import { Problem, type Id, type Output } from '@tulou/contract';
import type { subscriptions } from '@tulou/contract/operations/subscriptions';
import type { TenantTx } from '../../store/store.ts';
import type { SubscriptionState } from './state.ts';

export interface SubscriptionRow {
  readonly id: Id<'subscription'>;
  readonly app_id: Id<'app'>;
  readonly app_slug: string;
  readonly provider: string;
  readonly provider_slug: string;
  readonly api_id: Id<'api'>;
  readonly api_slug: string;
  readonly plan_id: Id<'plan'>;
  readonly plan_slug: string;
  readonly state: SubscriptionState;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The subscription with this id. Throws `not_found`. */
export async function findSubscription(tx: TenantTx, id: string): Promise<SubscriptionRow> {
  const [row] = await tx.sql<SubscriptionRow[]>`
    select * from subscriptions where tenant_id = ${tx.tenantUuid} and id = ${id}`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** A subscription as the developer's tenant sees it. */
export function viewSubscription(row: SubscriptionRow): Output<typeof subscriptions.get> {
  return {
    id: row.id,
    app: row.app_slug,
    app_id: row.app_id,
    api: `${row.provider_slug}/${row.api_slug}`,
    api_id: row.api_id,
    plan: row.plan_slug,
    plan_id: row.plan_id,
    state: row.state,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
