/** The app that subscribes, as the plane `apps` stores it. */
import { Problem, type Id } from '@tulou/contract';
import type { TenantTx } from '../../store/store.ts';

export interface SubscribingApp {
  readonly id: Id<'app'>;
  readonly slug: string;
}

/** Locked until the transaction ends, so that it is not deleted meanwhile. Throws `not_found`. */
export async function lockApp({ sql, tenantUuid }: TenantTx, ref: string): Promise<SubscribingApp> {
  const [row] = await sql<SubscribingApp[]>`
    select id, slug from apps where tenant_id = ${tenantUuid} and (id = ${ref} or slug = ${ref}) for update`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}
