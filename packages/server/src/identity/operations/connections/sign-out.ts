/** Ends what the people of a connection have open, at the issuer and at the gateways. */
import { idFromUuid, limits } from '@tulou/contract';
import type { Clock } from '../../../kernel/clock.ts';
import { crossTenants, type SystemTx, type TenantTx } from '../../../store/store.ts';
import { nilTenantUuid } from '../../../operations/idempotency.ts';
import { present, publish } from '../../../snapshot/publish.ts';

/** Clocks of nodes may differ by this much. */
const skewSeconds = 60;

/** Has the gateways refuse what was issued to these people until now. */
function deny(crossing: SystemTx, users: readonly string[], clock: Clock): void {
  const now = Math.floor(clock.now() / 1000);
  const until = now + limits.accessTokenSecondsMax + skewSeconds;
  const tenant = idFromUuid('tenant', nilTenantUuid);
  publish(
    crossing,
    users.map((user) => present({ kind: 'denial', key: `user:${user}`, tenant, before: now + 1, until })),
  );
}

/**
 * Takes effect on access tokens of members who have come another way, when their tenant begins to let them in by its own
 * provider only. For other tenants they get new ones.
 */
export async function denyOthers(tx: TenantTx, clock: Clock): Promise<void> {
  await crossTenants(tx, 'people belong to the platform', async (crossing) => {
    const rows = await crossing.sql<{ id: string }[]>`
      select u.id from members m join users u on u.tenant_id = ${nilTenantUuid} and u.id = m.user_id
      where m.tenant_id = ${tx.tenantUuid} and u.connection is null`;
    deny(
      crossing,
      rows.map(({ id }) => id),
      clock,
    );
  });
}

/** Returns who they are. */
export function signOutAll(tx: TenantTx, connection: string, clock: Clock): Promise<readonly string[]> {
  return crossTenants(tx, 'people of a connection belong to the platform', async (crossing) => {
    const { sql } = crossing;
    const rows = await sql<{ id: string }[]>`
      select id from users
      where tenant_id = ${nilTenantUuid} and tenant = ${tx.tenantUuid} and connection = ${connection} order by id`;
    const users = rows.map(({ id }) => id);
    await sql`
      with own as (
        select kind, id_hash from identity_artifacts where tenant_id = ${nilTenantUuid} and account = any(${users})
        order by kind, id_hash for update
      )
      delete from identity_artifacts a using own o
      where a.tenant_id = ${nilTenantUuid} and a.kind = o.kind and a.id_hash = o.id_hash`;
    await sql`delete from sign_ins where tenant_id = ${nilTenantUuid} and user_id = any(${users})`;
    deny(crossing, users, clock);
    return users;
  });
}
