/** Rows of subscribers: subscriptions as the provider's tenant stores them. */
import { Problem, type Id, type Output } from '@tulou/contract';
import type { subscribers } from '@tulou/contract/operations/subscriptions';
import type { TenantTx } from '../../store/store.ts';
import type { SubscriptionState } from './state.ts';

export interface SubscriberRow {
  readonly id: Id<'subscription'>;
  readonly developer: string;
  readonly developer_slug: string;
  readonly app_id: Id<'app'>;
  readonly app_slug: string;
  readonly api_id: Id<'api'>;
  readonly api_slug: string;
  readonly plan_id: Id<'plan'>;
  readonly plan_slug: string;
  readonly state: SubscriptionState;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The subscriber with this id. Throws `not_found`. */
export async function findSubscriber(tx: TenantTx, id: string): Promise<SubscriberRow> {
  const [row] = await tx.sql<SubscriberRow[]>`
    select * from subscribers where tenant_id = ${tx.tenantUuid} and id = ${id}`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** How many subscriptions of an API, or of one of its plans, have not ended. */
export async function countSubscribers(tx: TenantTx, apiId: string, planId?: string): Promise<number> {
  const [row] = await tx.sql<{ open: number }[]>`
    select count(*)::int as open from subscribers
    where tenant_id = ${tx.tenantUuid} and api_id = ${apiId} and state in ('pending', 'active', 'suspended')
      ${planId === undefined ? tx.sql`` : tx.sql`and plan_id = ${planId}`}`;
  return row?.open ?? 0;
}

/** A subscription as the provider's tenant sees it. */
export function viewSubscriber(row: SubscriberRow): Output<typeof subscribers.get> {
  return {
    id: row.id,
    app: `${row.developer_slug}/${row.app_slug}`,
    app_id: row.app_id,
    api: row.api_slug,
    api_id: row.api_id,
    plan: row.plan_slug,
    plan_id: row.plan_id,
    state: row.state,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
