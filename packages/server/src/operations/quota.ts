/** Bounds on how many objects a tenant may have. */
import { Problem } from '@tulou/contract';
import type { Fragment } from '../store/pool.ts';
import type { TenantTx } from '../store/store.ts';

/**
 * Throws `quota_exceeded` where the rows that `counted` selects are `objectsMax` already. `what`: `keys of this app`.
 * Begun before the insert that it guards, and awaited with it, it shares its round trip.
 */
export async function holdQuota(tx: TenantTx, counted: Fragment, objectsMax: number, what: string): Promise<void> {
  const [row] = await tx.sql<{ objects: number }[]>`
    select count(*)::int as objects from (${counted} limit ${objectsMax}) as counted`;
  if ((row?.objects ?? 0) < objectsMax) return;
  throw new Problem('quota_exceeded', { detail: `There are ${objectsMax} ${what}, and no more may be.` });
}
