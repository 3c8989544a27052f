/** Writes down what happened, in the transaction in which it does. */
import type { EventType } from '@tulou/contract/operations/events';
import type { Clock } from '../kernel/clock.ts';
import { newId, type Random } from '../kernel/random.ts';
import type { SystemTx, TenantTx } from '../store/store.ts';

export interface EventFact {
  readonly type: EventType;
  /** Id of the object that it is about. */
  readonly target: string;
  /** The object after it, as its reader sees it: never with a secret. */
  readonly data: object;
}

export interface EmitDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/** Records an event for this tenant. */
export async function emit(
  tx: TenantTx | SystemTx,
  tenantUuid: string,
  { type, target, data }: EventFact,
  { clock, random }: EmitDeps,
): Promise<void> {
  await tx.sql`
    insert into events (tenant_id, id, type, target, data, at)
    values (${tenantUuid}, ${newId('event', clock, random)}, ${type}, ${target}, ${JSON.stringify(data)}::text::jsonb,
            ${new Date(clock.now())})`;
}
