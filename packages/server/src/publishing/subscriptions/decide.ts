/** The decisions of a provider about a subscriber, one line each. */
import type { subscribers } from '@tulou/contract/operations/subscriptions';
import type { Handler, TenantCall, Written } from '../../operations/handler.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { TenantTx } from '../../store/store.ts';
import { ownSlug } from '../../operations/directory.ts';
import type { PublishingDeps } from '../deps.ts';
import { mailDecision } from './notices.ts';
import { lockPair, writeState } from './crossing.ts';
import { stateAfter, type MoveName } from './state.ts';
import { findSubscriber, viewSubscriber, type SubscriberRow } from './subscriber.ts';

type View = ReturnType<typeof viewSubscriber>;

export const approveSubscriber: Handler<typeof subscribers.approve, PublishingDeps> = (
  _scope,
  { params },
  deps,
  call,
) => call.commit((tx) => decide(tx, params.subscriber, 'approve', deps));
export const rejectSubscriber: Handler<typeof subscribers.reject, PublishingDeps> = (_scope, { params }, deps, call) =>
  call.commit((tx) => decide(tx, params.subscriber, 'reject', deps));
export const suspendSubscriber: Handler<typeof subscribers.suspend> = (_scope, { params }, { clock }, call) =>
  call.commit((tx) => move(tx, params.subscriber, 'suspend', clock));
export const resumeSubscriber: Handler<typeof subscribers.resume> = (_scope, { params }, { clock }, call) =>
  call.commit((tx) => move(tx, params.subscriber, 'resume', clock));
export const deleteSubscriber: Handler<typeof subscribers.delete> = (_scope, { params }, { clock }, call) =>
  call.commit(async (tx) => ({ ...(await move(tx, params.subscriber, 'end', clock, call)), output: undefined }));

/** The suspension applies to the developer on this API, and outlives the subscription. */
async function sanction({ sql, tenantUuid }: TenantTx, id: string, now: Date): Promise<void> {
  await sql`update subscribers set sanctioned_at = ${now} where tenant_id = ${tenantUuid} and id = ${id}`;
}

/** Ends the suspension, also in the rows of subscriptions that have ended. */
async function absolve({ sql, tenantUuid }: TenantTx, { id, developer, api_id }: SubscriberRow): Promise<void> {
  await sql`
    update subscribers set sanctioned_at = null
    where tenant_id = ${tenantUuid} and developer = ${developer} and api_id = ${api_id} and (id = ${id} or state = 'ended')`;
}

async function decide(
  tx: TenantTx,
  id: string,
  name: 'approve' | 'reject',
  deps: PublishingDeps,
): Promise<Written<View>> {
  const written = await move(tx, id, name, deps.clock);
  const { developer } = await findSubscriber(tx, id);
  const request = { ...written.output, api: `${await ownSlug(tx)}/${written.output.api}` };
  await mailDecision(tx, developer, request, name === 'approve' ? 'approved' : 'rejected', deps);
  return written;
}

async function move(tx: TenantTx, id: string, name: MoveName, clock: Clock, call?: TenantCall): Promise<Written<View>> {
  const { developer } = await findSubscriber(tx, id);
  const pair = { id, developer, provider: tx.tenantUuid };
  await lockPair(tx, pair);
  const before = await findSubscriber(tx, id);
  call?.expect(viewSubscriber(before));
  const now = new Date(clock.now());
  await writeState(tx, pair, stateAfter(name, before.state), now);
  if (name === 'suspend') await sanction(tx, id, now);
  if (name === 'resume') await absolve(tx, before);
  const after = viewSubscriber(await findSubscriber(tx, id));
  return { output: after, target: before.id, before: viewSubscriber(before), after };
}
