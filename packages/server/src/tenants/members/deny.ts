/** Takes effect on the gateways for access tokens that a person holds already. */
import { idFromUuid, limits } from '@tulou/contract';
import type { Clock } from '../../kernel/clock.ts';
import { crossTenants, type TenantTx } from '../../store/store.ts';
import { present, publish } from '../../snapshot/publish.ts';

const nilUuid = '00000000-0000-0000-0000-000000000000';
/** Clocks of nodes may differ by this much. */
const skewSeconds = 60;

/**
 * Has all access tokens refused that were issued to this person until now, for whichever tenant: they say what was right
 * then. The next ones are made anew from the roles of that moment. Ids of people are never given twice, at whatever issuer.
 */
export function denyPerson(tx: TenantTx, userId: string, clock: Clock): Promise<void> {
  const now = Math.floor(clock.now() / 1000);
  return crossTenants(tx, 'people belong to the platform', async (crossing) =>
    publish(crossing, [
      present({
        kind: 'denial',
        key: `user:${userId}`,
        tenant: idFromUuid('tenant', nilUuid),
        before: now + 1,
        until: now + limits.accessTokenSecondsMax + skewSeconds,
      }),
    ]),
  );
}
