import type { SystemTx, TenantTx } from '../../store/store.ts';

/** The actor of the last of these operations on an object, as the audit trail of the tenant names it. */
export async function lastActor(
  { sql }: SystemTx | TenantTx,
  tenantUuid: string,
  target: string,
  operations: readonly string[],
): Promise<string | undefined> {
  const [row] = await sql<{ actor: string }[]>`
    select actor from audit where tenant_id = ${tenantUuid} and target = ${target} and operation = any(${operations}::text[])
    order by seq desc limit 1`;
  return row?.actor;
}
