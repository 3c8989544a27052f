/** Ends the subscriptions between a tenant and others, on both sides, before the tenant is purged. */
import type { Clock } from '../../kernel/clock.ts';
import { gone, publish } from '../../snapshot/publish.ts';
import type { SystemTx } from '../../store/store.ts';

export async function endSubscriptions(tx: SystemTx, tenantUuid: string, clock: Clock): Promise<void> {
  const now = new Date(clock.now());
  const ended = await tx.sql<{ id: string; developer: string }[]>`
    update subscriptions set state = 'ended', updated_at = ${now}
    where provider = ${tenantUuid} and state <> 'ended' returning id, tenant_id as developer`;
  await tx.sql`
    update subscribers set state = 'ended', updated_at = ${now} where developer = ${tenantUuid} and state <> 'ended'`;
  publish(
    tx,
    ended.map(({ id, developer }) => gone('subscription', id, developer)),
  );
}
