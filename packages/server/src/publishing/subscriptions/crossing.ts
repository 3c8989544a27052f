/**
 * The only place that writes the two rows of a subscription, in one commit: the row of the developer (`subscriptions`) and the
 * row of the provider (`subscribers`). Callers work in their own tenant and pass data that they have read there. They get no
 * data of the other tenant that their own row does not hold already. The row of the provider is always locked first;
 * statements that are sent together run in their order.
 */
import { idFromUuid, Problem } from '@tulou/contract';
import type { Fragment } from '../../store/pool.ts';
import { crossTenants, type SystemTx, type TenantTx } from '../../store/store.ts';
import { subscriptionChange } from '../../snapshot/compile.ts';
import { publish } from '../../snapshot/publish.ts';
import { stateOnPlan, type SubscriptionState } from './state.ts';

/** UUIDs of both tenants: the developer who subscribes and the provider of the API. */
export interface Pair {
  readonly id: string;
  readonly developer: string;
  readonly provider: string;
}

export interface Opening extends Pair {
  readonly developerSlug: string;
  readonly providerSlug: string;
  readonly app: { readonly id: string; readonly slug: string };
  readonly api: { readonly id: string; readonly slug: string };
  readonly plan: { readonly id: string };
}

interface OfferedPlan {
  readonly id: string;
  readonly slug: string;
  readonly approval: 'auto' | 'manual';
}

/**
 * Writes a new subscription. Its state follows from the plan, and from a suspension that is in force. Throws `conflict` if
 * the app already has a subscription to this API.
 */
export function openPair(tx: TenantTx, opening: Opening, now: Date): Promise<void> {
  return crossTenants(tx, 'a subscription is a row of the developer and one of the provider', async (crossing) => {
    const { sql } = crossing;
    const { id, developer, provider, app, api } = opening;
    const plan = await offeredPlan(crossing, provider, api.id, opening.plan.id);
    const state = (await isSanctioned(crossing, opening)) ? 'suspended' : stateOnPlan(plan.approval, 'new');
    const ours = sql`
      insert into subscriptions (tenant_id, id, app_id, app_slug, provider, provider_slug, api_id, api_slug, plan_id,
                                 plan_slug, state, created_at, updated_at)
      values (${developer}, ${id}, ${app.id}, ${app.slug}, ${provider}, ${opening.providerSlug}, ${api.id}, ${api.slug},
              ${plan.id}, ${plan.slug}, ${state}, ${now}, ${now})
      on conflict do nothing`;
    const theirs = sql`
      insert into subscribers (tenant_id, id, developer, developer_slug, app_id, app_slug, api_id, api_slug, plan_id,
                               plan_slug, state, created_at, updated_at)
      values (${provider}, ${id}, ${developer}, ${opening.developerSlug}, ${app.id}, ${app.slug}, ${api.id}, ${api.slug},
              ${plan.id}, ${plan.slug}, ${state}, ${now}, ${now})`;
    const [written] = await Promise.all([ours, theirs]);
    if (written.count === 0) {
      throw new Problem('conflict', { detail: 'The app has a subscription to this API already.' });
    }
    tell(crossing, opening, { app_id: app.id, api_id: api.id, plan_id: plan.id, state });
  });
}

/** Whether the provider has suspended this developer on the API. A suspension survives a new app or a new subscription. */
async function isSanctioned({ sql }: SystemTx, { developer, provider, api }: Opening): Promise<boolean> {
  const rows = await sql`
    select from subscribers
    where tenant_id = ${provider} and developer = ${developer} and api_id = ${api.id} and sanctioned_at is not null
    limit 1`;
  return rows.length === 1;
}

/** Locks both rows until the end of the transaction, so that later reads of them stay valid. */
export function lockPair(tx: TenantTx, { id, developer, provider }: Pair): Promise<void> {
  return crossTenants(tx, 'both rows of a subscription change together', async ({ sql }) => {
    await Promise.all([
      sql`select from subscribers where tenant_id = ${provider} and id = ${id} for update`,
      sql`select from subscriptions where tenant_id = ${developer} and id = ${id} for update`,
    ]);
  });
}

/** Moves a locked subscription to another state. */
export function writeState(tx: TenantTx, pair: Pair, state: SubscriptionState, now: Date): Promise<void> {
  return crossTenants(tx, 'both rows of a subscription change together', (crossing) =>
    write(crossing, pair, crossing.sql`state = ${state}`, now),
  );
}

/** Moves a locked subscription to another plan of the same API, if the provider still offers it. */
export function writePlan(
  tx: TenantTx,
  pair: Pair & { readonly api_id: string; readonly state: SubscriptionState },
  planId: string,
  now: Date,
): Promise<void> {
  return crossTenants(
    tx,
    'the plan is the provider’s, and both rows of a subscription change together',
    async (crossing) => {
      const plan = await offeredPlan(crossing, pair.provider, pair.api_id, planId);
      const state = stateOnPlan(plan.approval, pair.state);
      const set = crossing.sql`plan_id = ${plan.id}, plan_slug = ${plan.slug}, state = ${state}`;
      await write(crossing, pair, set, now);
    },
  );
}

/** Locks the API, so that its plans are not deleted while a subscription to them is being written. */
async function offeredPlan({ sql }: SystemTx, provider: string, apiId: string, planId: string): Promise<OfferedPlan> {
  const [, [plan]] = await Promise.all([
    sql`select from apis where tenant_id = ${provider} and id = ${apiId} for key share`,
    sql<OfferedPlan[]>`
      select id, slug, approval from plans where tenant_id = ${provider} and api_id = ${apiId} and id = ${planId}`,
  ]);
  if (plan === undefined) throw new Problem('not_found');
  return plan;
}

interface Facts {
  readonly app_id: string;
  readonly api_id: string;
  readonly plan_id: string;
  readonly state: SubscriptionState;
}

async function write(crossing: SystemTx, pair: Pair, set: Fragment, now: Date): Promise<void> {
  const { sql } = crossing;
  await sql`
    update subscribers set ${set}, updated_at = ${now} where tenant_id = ${pair.provider} and id = ${pair.id}`;
  const [row] = await sql<Facts[]>`
    update subscriptions set ${set}, updated_at = ${now}
    where tenant_id = ${pair.developer} and id = ${pair.id} returning app_id, api_id, plan_id, state`;
  // If the app was deleted after the subscription had ended, the row of the developer no longer exists.
  if (row !== undefined) tell(crossing, pair, row);
}

function tell(crossing: SystemTx, { id, developer }: Pair, facts: Facts): void {
  const owner = { tenant: idFromUuid('tenant', developer), tenantUuid: developer };
  publish(crossing, [subscriptionChange(owner, { id, ...facts })]);
}
