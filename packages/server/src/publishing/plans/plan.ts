/** Rows of plans. */
import { Problem, type Id, type Output } from '@tulou/contract';
import type { plans } from '@tulou/contract/operations/plans';
import type { TenantTx } from '../../store/store.ts';
import type { ApiRow } from '../apis/api.ts';
import type { PlanFacts } from '../../snapshot/compile.ts';

export interface PlanRow extends PlanFacts {
  readonly id: Id<'plan'>;
  readonly name: string;
  readonly approval: 'auto' | 'manual';
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The plan of an API that an id or slug names. Throws `not_found`. */
export async function findPlan(tx: TenantTx, api: ApiRow, ref: string): Promise<PlanRow> {
  const [row] = await tx.sql<PlanRow[]>`
    select * from plans where tenant_id = ${tx.tenantUuid} and api_id = ${api.id} and (id = ${ref} or slug = ${ref})`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** A plan as its readers see it. */
export function viewPlan(api: ApiRow, row: PlanRow): Output<typeof plans.get> {
  return {
    id: row.id,
    api: api.slug,
    slug: row.slug,
    name: row.name,
    limits: [...row.limits],
    concurrency: row.concurrency,
    approval: row.approval,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
