/** Ends all that a person has open: sessions, codes, refresh tokens, what apps were allowed. */
import type { Clock } from '../../kernel/clock.ts';
import type { SystemTx } from '../../store/store.ts';
import type { IssuerRef } from '../keys/keys.ts';
import type { Publish } from '../publish.ts';
import { denyUser } from '../tokens/denials.ts';

/** From the commit on nothing of it is good any more, at the issuer and at the gateways. */
export async function signOutEverywhere(
  tx: SystemTx,
  { tenantUuid }: IssuerRef,
  user: string,
  { publish, clock }: { readonly publish: Publish; readonly clock: Clock },
): Promise<void> {
  // In one order, so that two at once wait for each other instead of deadlocking.
  await tx.sql`
    with own as (
      select kind, id_hash from identity_artifacts where tenant_id = ${tenantUuid} and account = ${user}
      order by kind, id_hash for update
    )
    delete from identity_artifacts a using own o
    where a.tenant_id = ${tenantUuid} and a.kind = o.kind and a.id_hash = o.id_hash`;
  await tx.sql`delete from sign_ins where tenant_id = ${tenantUuid} and user_id = ${user}`;
  denyUser(tx, publish, user, clock.now());
}
