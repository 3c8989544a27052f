/** Ends everything that users have open: sessions, codes, refresh tokens, grants of apps, and their access tokens. */
import type { Clock } from '../../kernel/clock.ts';
import { denyUsers } from '../../snapshot/denials.ts';
import type { TenantTx } from '../../store/store.ts';

/** Users of one issuer, named by its tenant. */
export interface Users {
  readonly tenantUuid: string;
  readonly users: readonly string[];
}

/** Takes effect with the commit, at the issuer and at every gateway. */
export async function signOutEverywhere(tx: TenantTx, { tenantUuid, users }: Users, clock: Clock): Promise<void> {
  // Rows are locked in one order, so that two sign-outs at once wait for each other instead of deadlocking.
  await tx.sql`
    with own as (
      select kind, id_hash from identity_artifacts where tenant_id = ${tenantUuid} and account = any(${[...users]})
      order by kind, id_hash for update
    )
    delete from identity_artifacts a using own o
    where a.tenant_id = ${tenantUuid} and a.kind = o.kind and a.id_hash = o.id_hash`;
  await tx.sql`delete from sign_ins where tenant_id = ${tenantUuid} and user_id = any(${[...users]})`;
  denyUsers(tx, users, clock.now());
}
